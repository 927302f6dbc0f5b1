"""The Models page: what was made, its lineage, and taking it away. The address (?model=2) is the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from engine.core.text import separator
from engine.exports import EXPORTS
from engine.exports.common.declaration import ExportFormat
from engine.exports.destinations import DESTINATIONS, way_to
from engine.services.jobs import lifecycle
from engine.services.models import taken, tuned, weights
from engine.shapes.exports.made import DestinationView, ExportView, ProofNumbers
from engine.shapes.models import ExportNeeds, TunedView
from webui.components import PolledFunction, view
from webui.forms import param_form
from webui.guard import guarded
from webui.i18n import t
from webui.pages.evidence import evidence_of_model
from webui.pages.giving import merging_of_models, pushing_of_exports, serving_of_models
from webui.pages.jobs import method_label, objective_named
from webui.pages.scoring import scoring_of_data
from webui.pages.shapes import ExportFormView, ListedTuned, ModelsList, NamedTuned, NotOffered, WantedForm
from webui.site import Site

Function = Callable[..., Any]
AT_ONCE = 60  # cards; more where somebody scrolls down


def export_forms(lang: str, model: TunedView) -> list[ExportFormView]:
    """The forms in which a model can be taken away, with their settings."""
    return [_form(lang, form) for form in EXPORTS if form.key in model["export_needs"]]


def _form(lang: str, form: ExportFormat) -> ExportFormView:
    return {
        "key": form.key,
        "label": form.label.in_(lang),
        "help": form.help.in_(lang),
        "stands_alone": form.stands_alone,
        "runs_in": [one.label.in_(lang) for one in DESTINATIONS if any(_serves(form, way.form) for way in one.ways)],
        "params": [param_form(param, lang, "export") for param in form.params],
    }


def not_offered(lang: str, model: TunedView) -> list[NotOffered]:
    """Forms for such a result which this one cannot be had in, with the reason and what serves nearly the same."""
    refused = model["export_refused"]
    return [
        {"label": form.label.in_(lang), "reason": refused[form.key][lang], "instead": _instead(lang, form, model)}
        for form in EXPORTS
        if form.key in refused
    ]


def _instead(lang: str, form: ExportFormat, model: TunedView) -> str:
    """What serves the places of a form that cannot be had."""

    def here(key: str) -> ExportFormat | None:
        return next((one for one in EXPORTS if one.key in model["export_needs"] and _serves(one, key)), None)

    places = [one for one in DESTINATIONS if any(_serves(form, way.form) for way in one.ways)]
    ways = [way_to(one, lambda key: here(key) is not None, talks=model["talks"]) for one in places]
    named = [
        found.label.in_(lang) if (found := here(way.form)) else t(lang, "models.instead_api") for way in ways if way
    ]
    return separator(lang).join(dict.fromkeys(named))


def _serves(form: ExportFormat, key: str) -> bool:
    return key == form.key or key in form.also


def _exports(site: Site) -> tuple[tuple[Function, ...], Function]:
    """What the page asks of exports, and what it asks again and again."""
    ctx = site.ctx

    def model_export(model_id: int, forms: list[WantedForm], package: Literal["zip", "folder"]) -> int:
        return tuned.make_export(ctx, int(model_id), forms, package)

    def export_needs(model_id: int, form: str, params: dict[str, Any]) -> ExportNeeds:
        return tuned.export_needs(ctx, int(model_id), str(form), params)

    def model_exports(model_id: int) -> list[ExportView]:
        return taken.list_exports(ctx, int(model_id))

    def model_export_cancel(job_id: int) -> None:
        lifecycle.cancel_job(ctx, int(job_id))

    def export_proof(job_id: int, number: int) -> ProofNumbers:
        return taken.export_numbers(ctx, int(job_id), int(number))

    def model_destinations(model_id: int) -> list[DestinationView]:
        return taken.destinations_of(ctx, int(model_id))

    asked = (model_export, export_needs, model_export_cancel, export_proof, model_destinations)
    return asked, model_exports


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx = site.ctx

    def shown(model: TunedView) -> NamedTuned:
        return {
            **model,
            "method_label": method_label(lang, model["method"]),
            "objective_label": objective_named(model["lineage"].get("spec") or {}).label.in_(lang),
            "not_offered": not_offered(lang, model),
            "exports": export_forms(lang, model),
        }

    def listed(before: int | None) -> list[ListedTuned]:
        found = tuned.list_tuned(ctx, AT_ONCE, before)
        return [{**model, "method_label": method_label(lang, model["method"])} for model in found]

    def models_list() -> ModelsList:
        return {"count": tuned.count_tuned(ctx), "rows": listed(None)}

    def models_more(before: int) -> list[ListedTuned]:
        return listed(int(before))

    def model_view(model_id: int) -> NamedTuned:
        return shown(tuned.tuned_view(ctx, int(model_id)))

    def model_rename(model_id: int, name: str) -> None:
        tuned.rename_tuned(ctx, int(model_id), str(name))

    def model_delete(model_id: int) -> None:
        tuned.delete_tuned(ctx, int(model_id))

    def model_use_weights(model_id: int, which: Literal["best", "last"]) -> None:
        weights.use_weights(ctx, int(model_id), str(which))

    guard = guarded(lang)
    exports, model_exports = _exports(site)
    functions: tuple[Function, ...] = (
        models_more, model_view, model_rename, model_delete, model_use_weights, *exports, *scoring_of_data(site),
        *evidence_of_model(site), *merging_of_models(site), *pushing_of_exports(site), *serving_of_models(site),
    )  # fmt: skip
    polled = [PolledFunction(guard(models_list)), PolledFunction(guard(model_exports), seconds=2)]
    view("models", functions=[guard(function) for function in functions], polled=polled)
