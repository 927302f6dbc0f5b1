"""Jobs that go on with a tuned model: what of a form follows from it, and what keeps it from being gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.core.shapes import Faults
from engine.jobs.spec import JobSpec
from engine.models.tuned.integrity import result_change
from engine.planner.going_on import kept_settings, start_faults
from storage.queries.tuned_models import get_tuned
from storage.tables import TunedModel


def with_start(ctx: Context, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form that names a tuned model to go on with, with the method and the settings that it leaves open filled in from it."""
    tuned_id = raw.get("starts_from")
    if type(tuned_id) is not int:
        return raw
    with ctx.db.read() as s:
        tuned = get_tuned(s, tuned_id)
    return raw if tuned is None else _filled(raw, tuned)


def _filled(raw: Mapping[str, Any], tuned: TunedModel) -> Mapping[str, Any]:
    method = raw.get("method") or tuned.method
    try:
        kept = kept_settings(tuned) if method == tuned.method else None
    except Fault:
        kept = None
    given = raw.get("method_params") or {}
    filled = {**raw, "method": method, "base_model": raw.get("base_model") or tuned.base_model_id}
    return filled if kept is None or not isinstance(given, Mapping) else {**filled, "method_params": {**kept, **given}}


def gone_start(s: Session, spec: JobSpec) -> Faults:
    """The fault of a tuned model to go on with that is not there, by field."""
    gone = spec.starts_from is not None and get_tuned(s, spec.starts_from) is None
    return {"starts_from": {"code": "start.gone", "params": {}}} if gone else {}


def misfitting_start(settings: Settings, s: Session, spec: JobSpec) -> Faults:
    """What else keeps a job from going on with it, by field. Looks at files: not for a writer."""
    tuned = None if spec.starts_from is None else get_tuned(s, spec.starts_from)
    if tuned is None:
        return {}
    if faults := start_faults(spec, tuned):
        return faults
    fault = result_change(settings, tuned)
    return {"starts_from": fault.as_dict()} if fault else {}


def start_hash(s: Session, spec: JobSpec) -> str:
    """The weights that a spec goes on with, as they are now; empty where it begins with the base."""
    tuned = None if spec.starts_from is None else get_tuned(s, spec.starts_from)
    return "" if tuned is None else tuned.weights_hash
