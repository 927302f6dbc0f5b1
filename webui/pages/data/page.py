"""The Data page: bring data, say how its columns are read, look at what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.core.errors import Fault
from engine.services.data import datasets
from engine.services.data import imports as data_imports
from engine.services.data.fit import fit_of, fits
from engine.services.models import base_models
from engine.shapes.data import (
    DatasetBrief,
    DatasetView,
    ImportStateView,
    ImportWish,
    JobStarted,
    MappingPreview,
)
from engine.shapes.fit import FitView
from engine.shapes.models import BaseModelView
from webui.components import view
from webui.guard import guarded
from webui.i18n import t
from webui.pages.data import export, findings, making, ranking, report, review, rows, shape, sources, versions
from webui.pages.data.shapes import DataValue
from webui.site import Site

Function = Callable[..., Any]
PAGE_ROWS = 10
_PARTS = (sources, making, ranking, report, rows, findings, shape, versions, export, review)


@contextmanager
def _fields_named(lang: str) -> Iterator[None]:
    """Faults of a mapping name their fields as the page does, and keep the key of the field that they are about."""
    try:
        yield
    except Fault as fault:
        named = {key: t(lang, f"data.field.{fault.params[key]}") for key in ("field", "other") if key in fault.params}
        key = {"field_key": fault.params["field"]} if "field" in fault.params else {}
        raise Fault(fault.code, **(fault.params | named | key)) from fault


def _library(site: Site) -> list[Function]:
    """What the list of data sets calls."""
    ctx = site.ctx

    def all_datasets() -> list[DatasetBrief]:
        return datasets.list_datasets(ctx)

    def data_fits() -> dict[str, FitView]:
        return fits(ctx)

    def use_sample(key: str) -> int:
        return datasets.ensure_sample(ctx, key)

    def rename_dataset(dataset: int, name: str) -> DatasetView:
        datasets.rename_dataset(ctx, dataset, name)
        return datasets.dataset_view(ctx, dataset)

    def delete_dataset(dataset: int) -> None:
        datasets.delete_dataset(ctx, dataset)

    return [all_datasets, data_fits, use_sample, rename_dataset, delete_dataset]


def _one(site: Site, lang: str) -> list[Function]:
    """What a data set's own view calls."""
    ctx = site.ctx

    def one_dataset(dataset: int) -> DatasetView:
        return datasets.dataset_view(ctx, dataset)

    def data_fit(dataset: int, model: int | None) -> FitView:
        return fit_of(ctx, dataset, model)

    def preview(dataset: int, choice: ImportWish) -> MappingPreview:
        keys = ("shape", "mapping", "templates", "encoding", "options", "arrange", "splits")
        wanted: dict[str, Any] = {key: choice.get(key) for key in keys} | {"mapping": choice.get("mapping") or {}}
        wanted["tidy"] = choice.get("tidy") or ()
        with _fields_named(lang):
            return datasets.preview_mapping(ctx, dataset, limit=5, **wanted)

    def import_rows(dataset: int, choice: ImportWish) -> DatasetView | JobStarted:
        with _fields_named(lang):
            return data_imports.start_import(ctx, dataset, choice)

    def import_state(dataset: int) -> ImportStateView | None:
        return data_imports.import_state(ctx, dataset)

    def cancel_import(dataset: int) -> None:
        data_imports.cancel_import(ctx, dataset)

    def resume_import(dataset: int) -> None:
        data_imports.resume_import(ctx, dataset)

    def models() -> list[BaseModelView]:
        return [model for model in base_models.list_base_models(ctx) if model["status"] in base_models.PLANNED]

    imports: list[Function] = [import_rows, import_state, cancel_import, resume_import]
    return [one_dataset, data_fit, preview, *imports, models]


def _functions(site: Site, lang: str) -> list[Function]:
    parts = [function for part in _PARTS for function in part.functions(site, lang)]
    return [*_library(site), *_one(site, lang), *parts]


def build(site: Site, lang: str) -> None:
    """Draw the page; `?dataset=3` in the address shows one data set."""
    wrap = guarded(lang)

    def value() -> DataValue:
        return {"max_upload_mb": site.ctx.settings.max_upload_mb, "page_rows": PAGE_ROWS}

    view(
        "data",
        value,
        functions=[wrap(function) for function in _functions(site, lang)],
        elem_id="data-page",
    )
