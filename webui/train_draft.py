"""The Train page's draft: what the wizard keeps between visits, and how it comes from a job's settings. Pure."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any, cast

from engine.methods import METHODS
from engine.objectives import OBJECTIVES, usual_objective
from engine.objectives.declaration import Objective
from engine.services.data.suggested_objective import made_for, suggested_objective
from webui.forms import per_method_keys
from webui.train_shapes import WizardDraft

STEPS = ("model", "data", "budget", "method", "review")
VERSION = 1


def fresh_draft(**chosen: Any) -> WizardDraft:
    """An empty draft with a key of its own: starting the same draft twice makes one job.

    `own`: settings were made by hand, so no plan may replace them unasked; `plan`: the one that was picked by hand;
    `by_objective`: {objective: {"training", "training_by"}}, settings that wait until that objective is chosen again;
    `again`: {"job", "name"} of the job that the settings come from, so that the review shows what is special in them.
    """
    fresh = {
        "version": VERSION,
        "key": uuid.uuid4().hex,
        "step": "model",
        "base_model": None,
        "dataset": None,
        "starts_from": None,
        "objective": usual_objective().key,
        "method": METHODS[0].key,
        "method_params_by": {},
        "training": {},
        "training_by": {},
        "by_objective": {},
        "budget": {},
        "own": False,
        "plan": None,
        "again": None,
        "name": "",
        "sample_prompts": "",
    }
    return cast(WizardDraft, fresh | {key: value for key, value in chosen.items() if value is not None})


def _objective(raw: Mapping[str, Any]) -> Objective | None:
    """What a draft or a spec optimises; None where it names none that this version knows."""
    return next((one for one in OBJECTIVES if one.key == raw.get("objective")), None)


def with_objective(draft: WizardDraft, key: str) -> WizardDraft:
    """The draft with another objective: what was typed for the earlier one waits until it is chosen again."""
    before = draft["objective"]
    if key == before:
        return draft
    waiting = {**draft["by_objective"], before: {"training": draft["training"], "training_by": draft["training_by"]}}
    back = waiting.pop(key, {"training": {}, "training_by": {}})
    changed = {**draft, "objective": key, **back, "by_objective": waiting}
    return cast(WizardDraft, changed)


def for_rows(draft: WizardDraft, kind: str | None) -> WizardDraft:
    """The draft with the objective that suits rows of that kind; its own where they are made for it."""
    chosen, suited = _objective(draft), suggested_objective(kind)
    if suited is None or (chosen is not None and made_for(chosen, kind)):
        return draft
    return with_objective(draft, suited.key)


def draft_of(raw: Mapping[str, Any]) -> WizardDraft:
    """A draft that asks for what `raw` (a stored spec or an imported one) asks for, at the last step."""
    method = str(raw.get("method") or METHODS[0].key)
    objective = _objective(raw) or usual_objective()
    own = per_method_keys(objective)
    training = dict(raw.get("training") or {})
    return fresh_draft(
        step="review",
        own=True,
        base_model=raw.get("base_model"),
        dataset=raw.get("dataset"),
        starts_from=raw.get("starts_from"),
        objective=objective.key,
        method=method,
        method_params_by={method: dict(raw.get("method_params") or {})},
        training={key: value for key, value in training.items() if key not in own},
        training_by={method: {key: value for key, value in training.items() if key in own}},
        budget={key: value for key, value in (raw.get("budget") or {}).items() if value is not None},
        name=str(raw.get("name") or ""),
        sample_prompts="\n".join(str(one) for one in raw.get("sample_prompts") or ()),
    )


def going_on(draft: WizardDraft, raw: Mapping[str, Any]) -> WizardDraft:
    """The draft of a job that goes on with a tuned model, by the method and the settings that its weights need.

    Args:
        raw: a form in which all that follows from that model is filled in.
    """
    method = str(raw.get("method") or draft["method"])
    params = {**draft["method_params_by"], method: dict(raw.get("method_params") or {})}
    of_model = {"base_model": raw.get("base_model"), "method": method, "method_params_by": params, "own": True}
    return cast(WizardDraft, {**draft, **of_model, "starts_from": raw.get("starts_from")})


def settled_draft(stored: Mapping[str, Any]) -> WizardDraft:
    """A stored draft made usable: unknown versions start afresh, missing fields get their default."""
    if not stored or stored.get("version") != VERSION or stored.get("step") not in STEPS:
        return fresh_draft()
    by_hand = any(stored.get(key) for key in ("method_params_by", "training", "training_by"))
    kept = {key: value for key, value in stored.items() if key != "objective" or _objective(stored)}
    return cast(WizardDraft, {**fresh_draft(own=by_hand), **kept})


def start_key(draft_key: str, raw: Mapping[str, Any]) -> str:
    """The key under which a start is made once: the same draft with the same settings is the same job.

    Settings changed in another tab after the start are another job, never silently the old one.
    """
    settings = json.dumps(raw, sort_keys=True, ensure_ascii=False, default=str)
    return f"{draft_key}:{hashlib.sha256(settings.encode()).hexdigest()[:16]}"
