"""The Data page: answers that are drawn, ranked, and become rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.data import datasets
from engine.services.data.ranking import choice, drawing, gathering, judging
from engine.services.jobs import lifecycle
from engine.shapes.annotation import (
    DrawnView,
    GatheredRows,
    GatherWish,
    RankedView,
    RankQueue,
    RankTask,
)
from webui.form_shapes import FormChoice
from webui.forms import param_form
from webui.i18n import t
from webui.pages.data.shapes import DrawForm, DrawWriter
from webui.pages.shelf import named_model
from webui.site import Site


def functions(site: Site, lang: str) -> list[Callable[..., Any]]:
    """What this part of the page calls."""
    ctx = site.ctx

    def rank_form() -> DrawForm:
        return _form(site, lang)

    def rank_draw(values: dict[str, Any], key: str) -> int:
        return drawing.start_drawing(ctx, values, key)

    def rank_drawings() -> list[DrawnView]:
        return drawing.drawings(ctx)

    def rank_drawing(job: int | None) -> DrawnView:
        return drawing.drawing_of(ctx, job)

    def rank_next(job: int | None, rater: str) -> RankQueue:
        return judging.rank_queue(ctx, job, rater)

    def rank_again(prompt: int, rater: str) -> RankTask:
        return judging.rank_task(ctx, prompt, rater)

    def rank_keep(prompt: int, rater: str, ranks: list[int], best: str | None) -> RankQueue:
        return judging.keep_ranking(ctx, prompt, rater, ranks, best)

    def rank_outcome(job: int | None) -> RankedView:
        return gathering.ranked_view(ctx, job)

    def rank_gather(job: int | None, wish: GatherWish) -> GatheredRows:
        return gathering.gather(ctx, job, wish)

    def rank_stop(job: int) -> None:
        lifecycle.stop_job(ctx, job)

    def rank_resume(job: int) -> None:
        lifecycle.resume_job(ctx, job)

    looks: list[Callable[..., Any]] = [rank_form, rank_drawings, rank_drawing, rank_next, rank_again, rank_outcome]
    return [*looks, rank_draw, rank_keep, rank_gather, rank_stop, rank_resume]


def _form(site: Site, lang: str) -> DrawForm:
    """The settings, with the models and data sets that are here."""
    params = [param_form(param, lang, "rank") for param in choice.PARAMS if param.kind != "data"]
    sets = [one for one in datasets.list_datasets(site.ctx) if one["status"] == "ready" and one["kind"] != "text"]
    for param in params:
        if param["source"] == "dataset":
            listed: list[FormChoice] = [{"value": one["id"], "label": one["name"]} for one in sets]
            param["choices"] = [{"value": None, "label": t(lang, "rank.no_dataset")}, *listed]
    found = drawing.local_writers(site.ctx)
    writers: list[DrawWriter] = [
        {"key": one["key"], "label": named_model(lang, one["label"], one["missing_bytes"])} for one in found
    ]
    return {"params": params, "writers": writers}
