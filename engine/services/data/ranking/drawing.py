"""Prompts, and the job that draws answers to them: started, listed, followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import LONGEST_NAME
from engine.data.operations.shaping.portions import evenly
from engine.data.rows.index import RowIndex
from engine.data.rows.row import Row, kind_of, uses_tools
from engine.jobs.kinds.draw_answers import DRAW_ANSWERS
from engine.jobs.lanes import lane_for
from engine.jobs.queue import enqueue
from engine.services.data.making.writers import ENDPOINT, LocalWriter, writer_of, writers
from engine.services.data.ranking.choice import DrawChoice, read_choice
from engine.services.data.versions.version_files import version_file
from engine.shapes.annotation import DrawnView
from engine.shapes.making import WriterView
from storage.job_tables import RESUMABLE, Job
from storage.queries import datasets, jobs
from storage.queries.ranked import rankings
from storage.ranking_tables import RankedPrompt

_LISTED = 20
Messages = list[dict[str, Any]]


def local_writers(ctx: Context) -> list[WriterView]:
    """The models of this machine that can answer."""
    return [one for one in writers(ctx) if one["key"] != ENDPOINT]


def start_drawing(ctx: Context, values: Mapping[str, Any], key: str) -> int:
    """Queue the job that draws; the same `key` again gives the same job. Its prompts are kept at once.

    Raises:
        SpecError: with every fault of the settings, by "rank.<key>".
        Fault: what `read_choice` says; "rank.text_rows", "rank.no_prompts", or why a model cannot be used.
        NotFound: a model or the data set is not there.
    """
    choice = read_choice(values)
    chosen = [_local(ctx, one) for one in choice.writers]
    prompts = _prompts(ctx, choice)
    if not prompts:
        raise Fault("rank.no_prompts")
    spec = {**asdict(choice), "writers": list(choice.writers), "prompts": len(prompts)}
    lane = lane_for("auto")
    with ctx.db.write() as s:
        name = _name(prompts[0]) if choice.dataset is None else datasets.get(s, choice.dataset).name  # type: ignore[union-attr]
        job = enqueue(
            s, DRAW_ANSWERS, name=name, spec=spec, lane=lane, idempotency_key=key[:64], base_model_id=chosen[0].base.id
        )
        if not rankings.prompts_of(s, job):
            for place, prompt in enumerate(prompts):
                s.add(
                    RankedPrompt(
                        source=rankings.PAGE, job_id=job, place=place, prompt=prompt, dataset_id=choice.dataset
                    )
                )
    return job


def _local(ctx: Context, key: str) -> LocalWriter:
    found = writer_of(ctx, key)
    if not isinstance(found, LocalWriter):
        raise Fault("rank.no_writer")
    return found


def _name(prompt: Messages) -> str:
    return " ".join(str(prompt[-1]["content"]).split())[: LONGEST_NAME // 2] or "–"


def _prompts(ctx: Context, choice: DrawChoice) -> list[Messages]:
    """Those that were typed, then those of the data set's rows, evenly spread; each once."""
    found: list[Messages] = [[{"role": "user", "content": text}] for text in choice.prompts]
    if choice.dataset is not None:
        with ctx.db.read() as s:
            row = datasets.get(s, choice.dataset)
        if row is None:
            raise NotFound(dataset=choice.dataset)
        if row.kind == "text":
            raise Fault("rank.text_rows", name=row.name)
        found += _of_rows(ctx, choice)
    once = {repr(prompt): prompt for prompt in found}
    return list(islice(once.values(), choice.most))


def _of_rows(ctx: Context, choice: DrawChoice) -> list[Messages]:
    """Of training rows alone: what is held out stays unseen."""
    index = RowIndex.open(version_file(ctx, int(choice.dataset or 0))[1])
    train = index.places_in("train")
    rows = index.rows(train[evenly(len(train), min(len(train), choice.most))])
    return [prompt for row in rows if (prompt := prompt_of(row))]


def prompt_of(row: Row) -> Messages:
    """The conversation of a row up to its last question; empty where there is none, or tools are used."""
    if uses_tools(row):
        return []
    before = list(row["messages"] if kind_of(row) == "chat" else row.get("prompt", ()))
    while before and before[-1]["role"] != "user":
        before.pop()
    return [{"role": one["role"], "content": one.get("content") or ""} for one in before]


def drawings(ctx: Context) -> list[DrawnView]:
    """The newest jobs that draw answers, the newest first, and behind them the playground's votes, where there are any."""
    with ctx.db.read() as s:
        counts = rankings.counts(s)
        found = jobs.newest_jobs(s, _LISTED, (DRAW_ANSWERS.key,))
    views = [_view(job, counts.get(job.id, (0, 0))) for job in found]
    return [*views, _votes(counts[None])] if None in counts else views


def drawing_of(ctx: Context, job_id: int | None) -> DrawnView:
    """How far one is; None: the playground's votes. Raises NotFound."""
    with ctx.db.read() as s:
        counts = rankings.counts(s)
        job = None if job_id is None else jobs.get_job(s, job_id)
    if job_id is None:
        return _votes(counts.get(None, (0, 0)))
    if job is None or job.kind != DRAW_ANSWERS.key:
        raise NotFound(job=job_id)
    return _view(job, counts.get(job.id, (0, 0)))


def _view(job: Job, counts: tuple[int, int]) -> DrawnView:
    plain = {key: getattr(job, key) for key in ("name", "status", "step", "seconds_left", "error")}
    more = {"job": job.id, "total": job.total_steps, "resumable": job.status in RESUMABLE}
    return cast(DrawnView, plain | more | {"prompts": counts[0], "ranked": counts[1]})


def _votes(counts: tuple[int, int]) -> DrawnView:
    return {
        "job": None, "name": "", "status": None, "step": 0, "total": None, "seconds_left": None, "error": None, "resumable": False,
        "prompts": counts[0], "ranked": counts[1],
    }  # fmt: skip
