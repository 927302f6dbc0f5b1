"""The Data page: operations that give a data set its shape, and rows in other words by a local model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.services.data.annotation import annotation_queue, rewriting
from engine.services.data.versions import shaping
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.shapes.models import BaseModelView
from engine.shapes.versions import DataShape
from webui.form_shapes import ParamForm
from webui.forms import param_form
from webui.pages.data.shapes import RewriteState
from webui.pages.shelf import named_model
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def shape_now(dataset: int, column: str | None = None) -> DataShape:
        return shaping.shape_of_now(ctx, dataset, column)

    def rewrite_form() -> list[ParamForm]:
        return _form(site, lang)

    def rewrite_state(dataset: int) -> RewriteState:
        waiting = annotation_queue.queue(ctx, limit=0, dataset=dataset)["total"]
        return {"job": rewriting.rewrite_of(ctx, dataset), "waiting": waiting}

    def rewrite_start(dataset: int, values: Mapping[str, Any]) -> int:
        return rewriting.start_rewrite(ctx, dataset, values)

    def rewrite_cancel(job: int) -> None:
        lifecycle.cancel_job(ctx, job)

    return [shape_now, rewrite_form, rewrite_state, rewrite_start, rewrite_cancel]


def _form(site: Site, lang: str) -> list[ParamForm]:
    """The settings of a rewriting, with the models that are here."""
    models = [one for one in base_models.list_base_models(site.ctx) if one["status"] in base_models.PLANNED]
    params = [param_form(param, lang, "rewrite") for param in rewriting.PARAMS if param.kind != "data"]
    for param in params:
        if param["source"] == "model":
            param["choices"] = [{"value": one["id"], "label": _named(one, lang)} for one in models]
            here = [one for one in models if one["status"] == "ready"] or models
            param["default"] = here[0]["id"] if here else None
    return params


def _named(model: BaseModelView, lang: str) -> str:
    size = model["facts"]["bytes"] if model["facts"] else None
    missing = (size or 0) if model["status"] == "known" else None
    return named_model(lang, model["name"], missing)
