"""The Train page: model, data, budget, method, review, start. The draft lives in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from engine.core.errors import TunesmithError
from engine.core.shapes import Change
from engine.methods import METHODS
from engine.objectives import OBJECTIVES
from engine.services.app import drafts, learning
from engine.services.data import datasets
from engine.services.data.fit import fits
from engine.services.jobs import lifecycle, spec_files
from engine.services.jobs.going_on import with_start
from engine.services.models import base_models
from engine.services.planning import dry_runs, estimates, plan_search, spec_repair, speed_probe
from engine.services.rewards import suggesting, trying
from engine.services.rewards.shapes import RewardTrial, RewardTrialView, SuggestedRewards
from engine.shapes.app import MethodCost
from engine.shapes.data import DataRow
from engine.shapes.fit import FitView
from engine.shapes.jobs import RawJob
from engine.shapes.planning import DryRunView, PlanOffers, ProbeView
from engine.shapes.plans import PlanView
from engine.shapes.rows import ExampleTokens
from webui import browser
from webui.components import view
from webui.draft_shapes import BY_ADDRESS, TRAIN, asked_ids, in_shape
from webui.forms import small_forms, wizard_forms
from webui.guard import guarded
from webui.pages import shelf
from webui.reward_forms import RewardForms, reward_forms
from webui.site import Site
from webui.train_draft import draft_of, for_rows, fresh_draft, going_on, settled_draft, start_key, with_objective
from webui.train_shapes import (
    ArrivedDraft,
    LoadedWizard,
    MethodSettings,
    ReadDraft,
    WizardDraft,
    WizardLists,
    WizardValue,
)

Function = Callable[..., Any]


def _lists(site: Site) -> WizardLists:
    """What can be chosen now."""
    return {
        "models": base_models.list_base_models(site.ctx),
        "datasets": [one for one in datasets.list_datasets(site.ctx) if one["status"] == "ready"],
        "devices": estimates.devices(site.ctx),
        "catalogue": plan_search.catalogue(),
    }


def _arrive(site: Site, query: Mapping[str, str]) -> ArrivedDraft:
    """The draft to go on with, the one that the address replaced (if any), and what could not be taken over."""
    opened = drafts.open_draft(site.ctx, TRAIN, lambda kept: in_shape(TRAIN, settled_draft(kept)), browser.here())
    stored, warned = cast(WizardDraft, opened.form), opened.warnings
    asked = asked_ids(query)
    if "from_job" in asked:
        try:
            raw, warnings = spec_files.draft_from_job(site.ctx, asked["from_job"])
        except TunesmithError as error:
            return {"draft": stored, "replaced": None, "warnings": [*warned, error.as_dict()]}
        draft = draft_of(raw)
        draft["again"] = {"job": asked["from_job"], "name": str(raw.get("name") or "")}
        return {"draft": draft, "replaced": stored, "warnings": [*warned, *warnings]}
    chosen: dict[str, Any] = {field: asked[key] for key, field in BY_ADDRESS.items() if key in asked}
    if query.get("method") in {method.key for method in METHODS}:
        chosen |= {"method": query["method"], "own": True}
    draft = cast(WizardDraft, {**stored, **chosen})
    if "starts_from" in asked:
        draft = going_on(draft, with_start(site.ctx, {"starts_from": asked["starts_from"]}))
    if query.get("objective") in {objective.key for objective in OBJECTIVES}:
        draft = with_objective(draft, query["objective"])
    elif "dataset" in chosen:
        suited = for_rows(draft, datasets.kind_of(site.ctx, chosen["dataset"]))
        if suited["objective"] != draft["objective"]:
            draft = cast(WizardDraft, {**suited, "step": "data"})  # where it is said
    return {"draft": draft, "replaced": None, "warnings": warned}


def _choices(site: Site, lang: str) -> list[Function]:
    """What the first steps call."""
    ctx = site.ctx

    def load_wizard(query: Mapping[str, str]) -> LoadedWizard:
        arrived = _arrive(site, query)
        drafts.note_draft(ctx, TRAIN, arrived["draft"], browser.here())
        return {**arrived, **_lists(site)}

    def lists() -> WizardLists:
        return _lists(site)

    def add_folder(path: str) -> int:
        return base_models.add_folder(ctx, path)

    def get_starter() -> int:
        return base_models.ensure_starter(ctx)

    def resize_model(model: int) -> int:
        return base_models.resize_model(ctx, int(model), lang)

    def use_sample(key: str) -> int:
        return datasets.ensure_sample(ctx, key)

    def wizard_fits(model: int | None, objective: str) -> dict[str, FitView]:
        return fits(ctx, model, objective)

    def peek(dataset: int) -> list[DataRow]:
        return datasets.dataset_rows(ctx, dataset, offset=0, limit=2, split="train")["rows"]

    return [load_wizard, lists, add_folder, get_starter, resize_model, use_sample, wizard_fits, peek]


def _plans(site: Site) -> list[Function]:
    """What the memory estimate, the review and the start call."""
    ctx = site.ctx

    def save(draft: WizardDraft) -> None:
        drafts.save_draft(ctx, TRAIN, draft, browser.here())

    def start_over() -> WizardDraft:
        draft = fresh_draft()
        drafts.save_draft(ctx, TRAIN, draft, browser.here())
        return draft

    def plan_now(raw: RawJob) -> PlanView:
        return estimates.plan(ctx, raw)

    def offers_now(raw: RawJob) -> PlanOffers:
        return plan_search.offers(ctx, raw)

    def method_costs(raw: RawJob, settings: dict[str, MethodSettings]) -> dict[str, MethodCost]:
        return learning.costs(ctx, raw, settings)

    def mends(raw: RawJob) -> dict[str, Change]:
        return spec_repair.repairs_for(ctx, raw)

    def show_tokens(raw: RawJob) -> list[ExampleTokens]:
        return estimates.token_preview(ctx, raw, n=3)

    def begin(raw: RawJob, key: str) -> int:
        job = lifecycle.start_job(ctx, raw, key=start_key(key, raw))
        drafts.clear_draft(ctx, TRAIN, browser.here())
        return job

    return [save, start_over, plan_now, offers_now, method_costs, mends, show_tokens, begin]


def _checks(site: Site) -> list[Function]:
    """Being surer before the start: a dry run, and a few real steps."""
    ctx = site.ctx

    def start_check(raw: RawJob) -> int:
        return dry_runs.start_dry_run(ctx, raw)

    def check_of(raw: RawJob) -> DryRunView | None:
        return dry_runs.dry_run_of(ctx, raw)

    def start_probe(raw: RawJob) -> int:
        return speed_probe.start_probe(ctx, raw)

    def probe_of(raw: RawJob) -> ProbeView | None:
        return speed_probe.probe_of(ctx, raw)

    def cancel_check(job: int) -> None:
        lifecycle.cancel_job(ctx, int(job))

    return [start_check, check_of, start_probe, probe_of, cancel_check]


def _files(site: Site) -> list[Function]:
    """Settings as a file, out and in."""
    ctx = site.ctx

    def write_yaml(raw: RawJob) -> str:
        return spec_files.draft_yaml(ctx, raw)

    def read_yaml(text: str) -> ReadDraft:
        raw, warnings = spec_files.draft_from_yaml(ctx, text)
        return {"draft": draft_of(raw), "warnings": warnings}

    return [write_yaml, read_yaml]


def _rewards(site: Site, lang: str) -> list[Function]:
    """What an objective that learns by rewards is asked: what they are, and what they say of real answers."""
    ctx = site.ctx

    def rewards_form() -> RewardForms:
        return reward_forms(ctx, lang)

    def try_rewards(wish: RewardTrial) -> RewardTrialView:
        return trying.try_rewards(ctx, wish, site.chat)

    def sample_for_rewards(dataset: int, model: int) -> int:
        return trying.sample_for_rewards(ctx, dataset, model)

    def suggest_rewards(dataset: int) -> SuggestedRewards:
        return suggesting.suggested_rewards(ctx, dataset)

    return [rewards_form, try_rewards, sample_for_rewards, suggest_rewards]


def build(site: Site, lang: str) -> None:
    """Draw the wizard; `?from_job=7`, `?dataset=3`, `?model=1` and `?method=lora` fill it in."""
    wrap = guarded(lang)
    functions = [
        *_choices(site, lang),
        *_plans(site),
        *_checks(site),
        *_files(site),
        *_rewards(site, lang),
        *shelf.functions(site),
    ]

    def value() -> WizardValue:
        return {"forms": small_forms(wizard_forms(lang))}

    view(
        "train",
        value,
        functions=[wrap(function) for function in functions],
        elem_id="train-page",
    )
