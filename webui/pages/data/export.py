"""The Data page: take a version away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.data.writers import settings
from engine.services.data import export
from engine.services.data.versions import versions
from engine.services.jobs import lifecycle
from engine.shapes.data import ExportAnswer, ExportState
from engine.shapes.versions import VersionView
from webui.forms import param_form
from webui.pages.data.shapes import ExportFormOfData, ExportVersion
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def export_form(dataset: int) -> ExportFormOfData:
        return {
            "params": [param_form(param, lang, "export") for param in settings.PARAMS],
            "original": export.can_be_original(ctx, dataset),
            "versions": [_version(one) for one in versions.versions_of(ctx, dataset)],
        }

    def export_start(dataset: int, values: dict[str, Any], version: int) -> ExportAnswer:
        return export.start_export(ctx, dataset, values, version)

    def export_state(job: int) -> ExportState:
        return export.export_state(ctx, job)

    def export_cancel(job: int) -> None:
        lifecycle.cancel_job(ctx, job)

    return [export_form, export_start, export_state, export_cancel]


def _version(one: VersionView) -> ExportVersion:
    return {"number": one["number"], "rows": one["rows"], "in_use": one["in_use"]}
