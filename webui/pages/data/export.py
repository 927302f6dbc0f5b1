"""The Data page: take a version away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.data.writers import settings
from engine.services.data import export
from engine.services.data.versions import versions
from engine.services.jobs import lifecycle
from webui.forms import param_form
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def export_form(dataset: int) -> dict[str, Any]:
        shown = ("number", "rows", "in_use")
        return {
            "params": [param_form(param, lang, "export") for param in settings.PARAMS],
            "original": export.can_be_original(ctx, dataset),
            "versions": [{key: one[key] for key in shown} for one in versions.versions_of(ctx, dataset)],
        }

    def export_start(dataset: int, values: dict[str, Any], version: int) -> dict[str, Any]:
        return export.start_export(ctx, dataset, values, version)

    def export_state(job: int) -> dict[str, Any]:
        return export.export_state(ctx, job)

    def export_cancel(job: int) -> None:
        lifecycle.cancel_job(ctx, job)

    return [export_form, export_start, export_state, export_cancel]
