"""The Data page: versions, their lineage and what differs between two; operations that make new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from engine.core.params import Param
from engine.core.text import catalogue
from engine.data.operations import OPERATIONS
from engine.data.operations.base import Operation
from engine.data.quality import CHECKS
from engine.services.data import datasets, rows
from engine.services.data.versions import compare, preview, versions
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.shapes.versions import (
    ChangeOfRow,
    MadeVersion,
    OperationPreview,
    VersionDifference,
    VersionView,
)
from webui.form_shapes import OperationForm
from webui.forms import operation_form
from webui.pages.data.shapes import SaidVersion, VersionJob, Versions
from webui.site import Site

PAGE_CHANGES = 10
_OF_JOB = ("status", "step", "total_steps", "error", "result")
_BY_KEY = {operation.key: operation for operation in OPERATIONS}
Choices = Mapping[str, Sequence[tuple[Any, str]]]


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    return [*_operations(site, lang), *_versions(site, lang)]


def _operations(site: Site, lang: str) -> list[Callable[..., Any]]:
    ctx = site.ctx

    def operations(dataset: int) -> list[OperationForm]:
        view = datasets.dataset_view(ctx, dataset)
        choices = _choices(site, dataset, view["kind"] or "")
        splits = {"train": view["train_rows"], "val": view["val_rows"], "test": view["test_rows"]}
        return [_form(one, lang, choices, splits) for one in OPERATIONS if view["kind"] in one.kinds]

    def preview_operation(dataset: int, key: str, values: dict[str, Any]) -> OperationPreview:
        return preview.preview(ctx, dataset, key, values)

    def apply_operation(dataset: int, key: str, values: dict[str, Any], base: int | None = None) -> MadeVersion:
        return versions.apply(ctx, dataset, key, values, base=base)

    def version_job(job: int) -> VersionJob:
        found = lifecycle.job_view(ctx, job)
        return cast(VersionJob, {key: value for key, value in found.items() if key in _OF_JOB})

    def cancel_version(job: int) -> None:
        lifecycle.cancel_job(ctx, job)

    return [operations, preview_operation, apply_operation, version_job, cancel_version]


def _choices(site: Site, dataset: int, kind: str) -> Choices:
    """What a setting can name: columns of the rows, other data sets of the same kind, models."""
    ready = [one for one in datasets.list_datasets(site.ctx) if one["status"] == "ready" and one["id"] != dataset]
    sets = [one for one in ready if one["kind"] == kind]
    models = [one for one in base_models.list_base_models(site.ctx) if one["status"] in base_models.PLANNED]
    return {
        "column": [(name, name) for name in rows.columns_of(site.ctx, dataset)],
        "dataset": [(one["id"], one["name"]) for one in sets],
        "model": [(one["id"], one["name"]) for one in models],
    }


def _form(operation: Operation, lang: str, choices: Choices, splits: Mapping[str, int]) -> OperationForm:
    """The form with its choices filled in and defaults that suit so many rows.

    `missing` names what a needed setting finds none of ("column" ...).
    """
    form = operation_form(operation, lang)
    suiting = operation.fitting(splits)
    for param in form["params"]:
        param["default"] = suiting.get(param["key"], param["default"])
        if not param["source"]:
            continue
        found = [*param["choices"]]
        found += [{"value": value, "label": label} for value, label in choices[param["source"]]]
        param["choices"] = found
        if found and param["default"] in (None, "") and not param["optional"] and param["kind"] == "choice":
            param["default"] = found[0]["value"]
    needed = [param for param in form["params"] if param["source"] and not param["optional"]]
    return {**form, "missing": next((param["source"] for param in needed if not param["choices"]), None)}


def _versions(site: Site, lang: str) -> list[Callable[..., Any]]:
    ctx = site.ctx

    def all_versions(dataset: int) -> Versions:
        found = [_said(one, lang) for one in versions.versions_of(ctx, dataset)]
        return {"versions": found, "job": versions.job_under_way(ctx, dataset)}

    def use_version(dataset: int, number: int) -> None:
        versions.use_version(ctx, dataset, number)

    def compare_versions(dataset: int, a: int, b: int, what: ChangeOfRow, offset: int) -> VersionDifference:
        return compare.compare(ctx, dataset, a, b, what, offset, PAGE_CHANGES)

    return [all_versions, use_version, compare_versions]


def _said(version: VersionView, lang: str) -> SaidVersion:
    """The version with its operation in words, and its settings as [[name, value in words]]."""
    key, texts = version["operation"], catalogue(lang)
    operation = _BY_KEY.get(key)
    named = texts.get(f"data.version.by.{key}") or texts["data.version.by.other"]
    label = operation.label.in_(lang) if operation else named
    params = operation.params if operation else ()
    return {
        **version,
        "label": label,
        "settings": [_setting(one, version["params"], lang) for one in params if _told(one, version)],
    }


def _told(param: Param, version: VersionView) -> bool:
    return version["params"].get(param.key) not in (None, "", [])


def _setting(param: Param, params: Mapping[str, Any], lang: str) -> tuple[str, str]:
    value = params[param.key]
    if param.kind == "data":
        return param.label.in_(lang), _gathered(value, lang)
    return param.label.in_(lang), _value(param, value, lang)


def _gathered(value: Any, lang: str) -> str:
    """What a page gathered: the check that it comes from, or how many rows it names."""
    if isinstance(value, str):
        return next((check.label.in_(lang) for check in CHECKS if check.key == value), value)
    if isinstance(value, dict):
        return str(value.get("count", len(value)))
    return str(len(value)) if isinstance(value, list) else str(value)


def _value(param: Param, value: Any, lang: str) -> str:
    if isinstance(value, bool):
        return catalogue(lang)["train.form.yes" if value else "train.form.no"]
    if isinstance(value, list):
        return ", ".join(_value(param, one, lang) for one in value)
    return param.choices[value].in_(lang) if value in param.choices else str(value)
