"""The Models page: what was made, its lineage, and taking it away. The address (?model=2) is the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, cast

from engine.core.errors import Fault
from engine.exports import impossible, offered
from engine.exports.common.declaration import ExportFormat
from engine.exports.wishes import files_of
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.services.jobs import lifecycle
from engine.services.models import tuned, weights
from engine.shapes.models import ExportNeeds, TunedView
from webui.components import PolledFunction, view
from webui.forms import param_form
from webui.guard import guarded
from webui.pages.evidence import evidence_of_model
from webui.pages.giving import merging_of_models
from webui.pages.jobs import method_label, objective_named
from webui.pages.scoring import scoring_of_data
from webui.pages.shapes import ExportFormView, ExportJobView, ListedTuned, ModelsList, NamedTuned, NotOffered
from webui.site import Site

AT_ONCE = 60  # cards; more where somebody scrolls down
_EXPORT_COLUMNS = ("id", "name", "status", "phase", "phase_label", "step", "total_steps", "fraction", "seconds_left", "started_at",
                   "finished_at", "queue_place", "stalled", "error")  # fmt: skip


def export_forms(lang: str, model: TunedView) -> list[ExportFormView]:
    """The forms in which a model can be taken away, with their settings."""
    method = _method(model)
    return [_form(lang, form) for form in offered(method, model["format"], scores=not model["talks"])] if method else []


def _form(lang: str, form: ExportFormat) -> ExportFormView:
    return {
        "key": form.key,
        "label": form.label.in_(lang),
        "help": form.help.in_(lang),
        "stands_alone": form.stands_alone,
        "params": [param_form(param, lang, "export") for param in form.params],
    }


def not_offered(lang: str, model: TunedView) -> list[NotOffered]:
    """Forms for such a result which this one cannot be had in: [{"label", "reason"}]."""
    if (method := _method(model)) is None:
        return []
    scores = not model["talks"]
    found = [
        (form, form.refusal(method, model["format"], scores=scores))
        for form in impossible(method, model["format"], scores=scores)
    ]
    return [{"label": form.label.in_(lang), "reason": reason.in_(lang)} for form, reason in found if reason]


def _method(model: TunedView) -> Method | None:
    """The model's method; None where this version does not know it."""
    try:
        return method_of(model["method"])
    except Fault:
        return None


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

    def model_export(model_id: int, form: str, params: dict[str, Any]) -> int:
        return tuned.start_export(ctx, int(model_id), str(form), params)

    def export_needs(model_id: int, form: str, params: dict[str, Any]) -> ExportNeeds:
        return tuned.export_needs(ctx, int(model_id), str(form), params)

    def export_job(job_id: int) -> ExportJobView:
        job = lifecycle.job_view(ctx, int(job_id))
        told = {key: value for key, value in job.items() if key in _EXPORT_COLUMNS}
        return cast(
            ExportJobView, told | {"bytes": sum(one.get("bytes", 0) for one in files_of(job["result"])) or None}
        )

    guard = guarded(lang)
    functions: tuple[Callable[..., Any], ...] = (
        models_more, model_view, model_rename, model_delete, model_use_weights, model_export, export_needs, *scoring_of_data(site),
        *evidence_of_model(site), *merging_of_models(site),
    )  # fmt: skip
    polled = [PolledFunction(guard(models_list)), PolledFunction(guard(export_job))]
    view("models", functions=[guard(function) for function in functions], polled=polled)
