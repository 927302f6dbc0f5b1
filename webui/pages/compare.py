"""The Compare page: choose methods and one budget, follow the leaderboard. The address (?comparison=3, ?new=1) is the state."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from engine.core.errors import Fault
from engine.evaluation.comparison import spec
from engine.evaluation.comparison.objective_measures import OBJECTIVE_MEASURES
from engine.evaluation.metrics import METRICS
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method
from engine.methods.common.rates import RATE, rates_of
from engine.objectives import objective_of, usual_objective
from engine.objectives.declaration import KINDS, Objective
from engine.rewards.reward_model import REWARD_MODEL
from engine.services.app import drafts
from engine.services.comparisons import comparisons, views
from engine.services.data import datasets
from engine.services.data.fit import fit_of
from engine.services.models import base_models
from engine.services.planning import estimates
from engine.services.rewards.choices import reward_choices
from engine.shapes.comparisons import (
    ComparedAnswers,
    ComparisonBrief,
    ComparisonCosts,
    ComparisonView,
    Curves,
    EntrantKey,
    RawComparison,
)
from engine.shapes.fit import FitView
from engine.shapes.leaderboard import LeaderboardRow
from webui import browser
from webui.components import PolledFunction, view
from webui.draft_shapes import BY_ADDRESS, COMPARE, CompareDraft, asked_ids, in_shape
from webui.forms import param_form
from webui.guard import guarded
from webui.i18n import t
from webui.pages.scoring import judging
from webui.pages.shapes import CompareForms, CompareStart, EntrantForm, MetricColumn
from webui.site import Site
from webui.train_draft import start_key

Function = Callable[..., Any]
_OWN = ("learning_rate", "schedule", "warmup", "weight_decay", "quantisation")
_LEAST_CHOSEN = 3


def entrant_label(lang: str, method: str | None, variant: str | None, objective: str | None = None) -> str:
    """The name of an objective, a method or a variant; a key that this version does not know stands for itself."""
    try:
        if objective:
            return objective_of(objective).label.in_(lang)
        known = method_of(str(method))
    except Fault:
        return f"{method}.{variant}" if variant else str(method)
    named = next((one for one in known.variants if one.key == variant), None)
    return (named or known).label.in_(lang)


def entrant_forms(lang: str) -> list[EntrantForm]:
    """Everything that can be chosen, with what may be set for it alone."""
    found: list[EntrantForm] = []
    for method, variant in spec.offered():
        own = [param for param in usual_objective().params_for(method.defaults) if param.key in _OWN]
        set_by_variant = dict(variant.training) | dict(variant.values) if variant else {}
        params = [param_form(one, lang, "method") for one in method.params]
        params += [param_form(one, lang, "training") for one in own if method.capabilities.trains]
        found.append(
            {
                "key": f"{method.key}.{variant.key}" if variant else method.key,
                "method": method.key,
                "variant": variant.key if variant else None,
                "label": (variant or method).label.in_(lang),
                "tagline": (variant or method).tagline.in_(lang),
                "recommended": method.recommended and variant is None,
                "trains": method.capabilities.trains,
                "params": [{**one, "default": set_by_variant.get(one["key"], one["default"])} for one in params],
                "rates": [] if RATE in set_by_variant else [list(pair) for pair in rates_of(method)],
                "objective": None,
                "kinds": sorted(usual_objective().learns_from),
                "always": False,
            }
        )
    return found + objective_forms(lang)


def objective_forms(lang: str) -> list[EntrantForm]:
    """Objectives that can be compared on the same rows, by the usual method; the one that they are held against is the last."""
    method = next(one for one in METHODS if one.recommended)
    known = {one.key: one for kind in KINDS for one in spec.offered_objectives(kind) if one.makes_bundles}
    ordered = sorted(known.values(), key=lambda one: one.control)
    return [_objective_form(one, method, lang) for one in ordered]


def _objective_form(objective: Objective, method: Method, lang: str) -> EntrantForm:
    shared = {param.key for param in usual_objective().params}
    own = [one for one in objective.params_of(method) if one.key in _OWN or one.key not in shared]
    params = [param_form(one, lang, "training") for one in own if one.kind != "data"]
    return {
        "key": spec.entrant_key(method.key, None, objective.key),
        "method": method.key,
        "variant": None,
        "label": objective.label.in_(lang),
        "tagline": objective.tagline.in_(lang),
        "recommended": not objective.rare or objective.control,
        "trains": True,
        "params": params,
        "rates": [],
        "objective": objective.key,
        "kinds": sorted(objective.learns_from),
        "always": objective.control,
    }


def metric_columns(lang: str) -> list[MetricColumn]:
    """The columns of the leaderboard that say how good something is."""
    return _metrics(lang) + [
        {
            "key": one.key,
            "label": one.label.in_(lang),
            "help": one.help.in_(lang),
            "better": one.better,
            "only": "objectives",
            "loss": False,
            "style": one.style,
            "decimals": one.decimals,
            "curve": "",
        }
        for one in OBJECTIVE_MEASURES
    ]


def _metrics(lang: str) -> list[MetricColumn]:
    return [
        {
            "key": metric.key,
            "label": metric.label.in_(lang),
            "help": metric.help.in_(lang),
            "better": metric.better,
            "only": "",
            "loss": metric.needs == "loss",
            "style": metric.style,
            "decimals": metric.decimals,
            "curve": metric.curve,
        }
        for metric in METRICS
    ]


def _fresh(chosen: list[str]) -> dict[str, Any]:
    return {"key": uuid.uuid4().hex, "name": "", "base_model": None, "dataset": None, "chosen": chosen, "own": {},
            "shared": {}, "device": "auto", "memory_mb": None, "judged_by": []}  # fmt: skip


def _settled(stored: Mapping[str, Any]) -> CompareDraft:
    """A stored draft made whole. Raises Fault where it has not the shape of one."""
    return cast(CompareDraft, in_shape(COMPARE, {**_fresh(_recommended()), **stored}))


def _objective_for(kind: str | None) -> str:
    """What rows of a kind would be learnt by: the usual objective, or the first of those that are compared on them."""
    if kind is None or kind in usual_objective().learns_from:
        return usual_objective().key
    return next((one.key for one in spec.offered_objectives(kind)), usual_objective().key)


def _recommended() -> list[str]:
    """Those that a newcomer should see side by side, few-shot among them: it is the row to beat."""
    methods = [method for method, variant in spec.offered() if variant is None]
    wanted = [m.key for m in methods if m.recommended or not m.capabilities.trains]
    return wanted if len(wanted) >= _LEAST_CHOSEN else [m.key for m in methods[:_LEAST_CHOSEN]]


def _form(site: Site, lang: str) -> list[Function]:
    """What the form calls."""
    ctx = site.ctx

    def compare_start(query: Mapping[str, str]) -> CompareStart:
        known = {one["key"] for one in entrant_forms(lang)}
        opened = drafts.open_draft(ctx, COMPARE, _settled, browser.here())
        asked = asked_ids(query)
        chosen = {"chosen": [key for key in opened.form["chosen"] if key in known]}
        ids = {field: asked[key] for key, field in BY_ADDRESS.items() if key in asked}
        return {
            "draft": cast(CompareDraft, {**opened.form, **chosen, **ids}),
            "warnings": opened.warnings,
            "models": base_models.list_base_models(ctx),
            "datasets": [one for one in datasets.list_datasets(ctx) if one["status"] == "ready"],
            "devices": estimates.devices(ctx),
            "reward_models": reward_choices(ctx)["reward_models"],
            "reward_key": REWARD_MODEL.key,
        }

    def compare_save(draft: CompareDraft) -> None:
        drafts.save_draft(ctx, COMPARE, draft, browser.here())

    def compare_plan(raw: RawComparison) -> ComparisonCosts:
        return comparisons.plan_comparison(ctx, raw)

    def compare_fit(model: int | None, dataset: int) -> FitView:
        kind = datasets.dataset_view(ctx, dataset)["kind"]
        return fit_of(ctx, dataset, model, _objective_for(kind))

    def compare_begin(raw: RawComparison, key: str) -> int:
        made = comparisons.start_comparison(ctx, raw, key=start_key(key, raw), lang=lang)
        drafts.clear_draft(ctx, COMPARE, browser.here())
        return made

    return [compare_start, compare_save, compare_plan, compare_fit, compare_begin]


def _board(site: Site, lang: str) -> tuple[list[Function], list[Function]]:
    """What the list and the leaderboard call, and what they ask again and again."""
    ctx = site.ctx

    def label(row: EntrantKey | LeaderboardRow) -> str:
        if row["key"] == "base":
            return t(lang, "compare.base")
        return entrant_label(lang, row.get("method"), row.get("variant"), row.get("objective"))

    def compare_list() -> list[ComparisonBrief]:
        rows = views.list_comparisons(ctx)
        return [{**row, "entrants": [{**one, "label": label(one)} for one in row["entrants"]]} for row in rows]

    def compare_view(comparison: int) -> ComparisonView:
        found = views.comparison_view(ctx, int(comparison))
        rows: list[LeaderboardRow] = [{**row, "label": label(row)} for row in found["rows"]]
        return {**found, "rows": rows}

    def compare_curves(comparison: int) -> dict[str, Curves]:
        return views.comparison_curves(ctx, int(comparison))

    def compare_answers(comparison: int) -> list[ComparedAnswers]:
        return views.comparison_answers(ctx, int(comparison))

    def compare_export(comparison: int, form: Literal["csv", "markdown"]) -> str:
        def say(key: str) -> str:
            return t(lang, f"compare.{key}")

        return views.export_comparison(ctx, int(comparison), form, say=say, lang=lang)

    return [compare_answers, compare_export], [compare_list, compare_view, compare_curves]


def _acts(site: Site, lang: str) -> list[Function]:
    """What changes a comparison."""
    ctx = site.ctx

    def compare_stop(comparison: int) -> None:
        comparisons.stop_comparison(ctx, int(comparison))

    def compare_seed(comparison: int) -> None:
        comparisons.add_seed(ctx, int(comparison), lang=lang)

    def compare_join(comparison: int, method: str, variant: str | None, objective: str | None = None) -> None:
        joining = {"method": method, "variant": variant, "objective": objective}
        comparisons.add_entrant(ctx, int(comparison), joining, lang=lang)

    def compare_again(comparison: int, job: int) -> None:
        comparisons.run_again(ctx, int(comparison), int(job))

    def compare_delete(comparison: int) -> None:
        comparisons.delete_comparison(ctx, int(comparison))

    return [compare_stop, compare_seed, compare_join, compare_again, compare_delete]


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    guard, (reading, asked) = guarded(lang), _board(site, lang)
    functions = [guard(function) for function in (*_form(site, lang), *reading, *_acts(site, lang), *judging(site))]
    polled = [PolledFunction(guard(function)) for function in asked]

    def forms() -> CompareForms:
        shared = [param_form(one, lang, "shared") for one in spec.PARAMS]
        return {"entrants": entrant_forms(lang), "shared": shared, "metrics": metric_columns(lang)}

    view("compare", forms, functions=functions, polled=polled, elem_id="compare-page")
