"""The Models page: what was made, its lineage, and taking it away. The address (?model=2) is the state."""

from __future__ import annotations

from typing import Any

from engine.core.errors import Fault
from engine.methods import method_of
from engine.services.jobs import lifecycle
from engine.services.models import tuned
from webui.components import view
from webui.guard import guarded
from webui.pages.jobs import method_label
from webui.site import Site

Row = dict[str, Any]
_EXPORT_COLUMNS = ("id", "name", "status", "phase", "phase_label", "step", "total_steps", "fraction", "seconds_left", "started_at",
                   "finished_at", "queue_place", "stalled", "error")  # fmt: skip


def offered(method: str) -> list[str]:
    """The forms in which a method's models can be taken away, by what the method can do."""
    try:
        known = method_of(method)
    except Fault:
        return []
    forms = [] if known.saves == "full" else ["adapter"]  # the result as it is
    return [*forms, "merged"] if known.capabilities.merge or known.saves == "full" else forms


def no_merge(lang: str, model: Row) -> str | None:
    """Why there is no merged form to take away, in the page's language; None where there is one."""
    try:
        reason = tuned.why_not_merged(model["method"])
    except Fault:
        return None
    return None if reason is None or model["format"] == "full" else reason.in_(lang)


def build(site: Site, lang: str) -> None:
    """Draw the page of one language."""
    ctx = site.ctx

    def shown(model: Row) -> Row:
        method = model["method"]
        words = {"method_label": method_label(lang, method), "no_merge": no_merge(lang, model)}
        return model | words | {"exports": offered(method)}

    def models_list() -> list[Row]:
        return [shown(model) for model in tuned.list_tuned(ctx)]

    def model_view(model_id: int) -> Row:
        return shown(tuned.tuned_view(ctx, int(model_id)))

    def model_rename(model_id: int, name: str) -> None:
        tuned.rename_tuned(ctx, int(model_id), str(name))

    def model_delete(model_id: int) -> None:
        tuned.delete_tuned(ctx, int(model_id))

    def model_export(model_id: int, form: str) -> int:
        return tuned.start_export(ctx, int(model_id), "adapter" if form == "adapter" else "merged")

    def export_job(job_id: int) -> Row:
        job = lifecycle.job_view(ctx, int(job_id))
        return {key: job[key] for key in _EXPORT_COLUMNS} | {"bytes": (job.get("result") or {}).get("bytes")}

    guard = guarded(lang)
    functions = (models_list, model_view, model_rename, model_delete, model_export, export_job)
    view("models", functions=[guard(function) for function in functions])
