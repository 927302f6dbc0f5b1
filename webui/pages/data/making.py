"""The Data page: rows made from documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.core.shapes import CodedMessage
from engine.services.data import datasets
from engine.services.data.annotation import annotation_queue
from engine.services.data.making import choice, documents, forecast, making, writers
from engine.services.jobs import lifecycle
from engine.shapes.making import ForecastView, MadeRowsView, MakingView, WriterView
from webui.form_shapes import FormChoice, ParamForm
from webui.forms import param_form
from webui.i18n import t
from webui.pages.data.shapes import MakingForm
from webui.pages.shelf import named_model
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def make_form() -> MakingForm:
        return {"params": _form(site, lang), "writers": writers.writers(ctx), "endings": documents.document_endings()}

    def make_view(documents_key: str, characters: int) -> MakingView:
        return making.making_view(ctx, documents_key, choice.passage_length(characters))

    def make_reading(job: int) -> CodedMessage | bool:
        return documents.reading_ended(ctx, job)

    def make_forecast(documents_key: str, values: dict[str, Any]) -> ForecastView:
        return forecast.forecast(ctx, documents.making_of(ctx.settings, documents_key), values)

    def make_start(documents_key: str, values: dict[str, Any]) -> int:
        return making.start_making(ctx, documents_key, values)

    def make_state(job: int) -> MadeRowsView:
        return making.made_rows_of(ctx, job)

    def make_jobs() -> list[MadeRowsView]:
        return making.made_rows(ctx)

    def make_waiting() -> int:
        return annotation_queue.waiting(ctx)

    def make_stop(job: int) -> None:
        lifecycle.stop_job(ctx, job)

    def make_resume(job: int) -> None:
        lifecycle.resume_job(ctx, job)

    acts: list[Callable[..., Any]] = [make_start, make_stop, make_resume]
    return [make_form, make_view, make_reading, make_forecast, make_state, make_jobs, make_waiting, *acts]


def _form(site: Site, lang: str) -> list[ParamForm]:
    """The settings, with the writers and data sets that are here."""
    params = [param_form(param, lang, "making") for param in choice.PARAMS if param.kind != "data"]
    found = writers.writers(site.ctx)
    sets = [one for one in datasets.list_datasets(site.ctx) if one["status"] == "ready" and one["kind"] == "chat"]
    for param in params:
        if param["key"] == "writer":
            param["kind"] = "choice"
            param["choices"] = [{"value": one["key"], "label": _named(one, lang)} for one in found]
            param["default"] = found[0]["key"] if found else None
        if param["source"] == "dataset":
            targets: list[FormChoice] = [{"value": one["id"], "label": one["name"]} for one in sets]
            param["choices"] = [{"value": None, "label": t(lang, "make.no_target")}, *targets]
    return params


def _named(writer: WriterView, lang: str) -> str:
    name = named_model(lang, writer["label"], writer["missing_bytes"])
    return f"{name} ({writer['host']})" if writer["host"] else name
