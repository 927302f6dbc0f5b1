"""Rows from documents: what was brought, the job that makes them, and how far it is. Each row waits for a person's eye."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.made.asking import LANGUAGES, usual_wording
from engine.data.made.kinds import MADE_KINDS
from engine.jobs.kinds.make_rows import MAKE_ROWS, MAKE_ROWS_AFAR
from engine.jobs.lanes import lane_for
from engine.jobs.queue import enqueue, same_job
from engine.services.data.making.choice import read_choice
from engine.services.data.making.documents import document_views, making_of
from engine.services.data.making.endpoint import Endpoint
from engine.services.data.making.writers import writer_of
from engine.shapes.making import MadeRowsView, MakingView, PassageView
from storage.job_tables import RESUMABLE, Job
from storage.queries import datasets as dataset_queries
from storage.queries import jobs as queries

_KINDS = (MAKE_ROWS.key, MAKE_ROWS_AFAR.key)
_EXAMPLES = 5
_LISTED = 5


def making_view(ctx: Context, key: str, characters: int) -> MakingView:
    """Documents that were read, split into passages of so many characters. Raises NotFound."""
    making = making_of(ctx.settings, key)
    passages = making.passages(characters)
    step = max(1, len(passages) // _EXAMPLES)
    return {
        "making": key,
        "documents": document_views(making, passages),
        "passages": len(passages),
        "languages": dict(Counter(passage.language for passage in passages).most_common()),
        "examples": [cast(PassageView, asdict(passage)) for passage in passages[::step][:_EXAMPLES]],
        "wordings": {lang: {kind.key: usual_wording(kind, lang) for kind in MADE_KINDS} for lang in LANGUAGES},
    }


def start_making(ctx: Context, key: str, values: Mapping[str, Any]) -> int:
    """Queue the job; one that waits or runs for these documents already is taken.

    Raises:
        SpecError: with every fault of what was chosen, by "making.<key>".
        Fault: "making.no_passages", or why the writer cannot be used. NotFound: the documents or the data set are not there.
    """
    choice = read_choice(values)
    making = making_of(ctx.settings, key)
    if not making.passages(choice.characters):
        raise Fault("making.no_passages")
    writer = writer_of(ctx, choice.writer)
    afar = isinstance(writer, Endpoint)
    kind = MAKE_ROWS_AFAR if afar else MAKE_ROWS
    told = {"host": writer.host, "model": writer.model} if isinstance(writer, Endpoint) else {}
    spec = {"making": key, "choice": dict(values), "endpoint": told}
    lane = None if afar else lane_for("auto")
    with ctx.db.write() as s:
        for other in (MAKE_ROWS, MAKE_ROWS_AFAR):
            if (same := same_job(s, other, spec=spec)) is not None:
                return same
        if choice.dataset is not None:
            target = dataset_queries.get(s, choice.dataset)
            if target is None:
                raise NotFound(dataset=choice.dataset)
            if target.kind != "chat":
                raise Fault("making.dataset_kind", name=target.name)
        model = None if isinstance(writer, Endpoint) else writer.base.id
        return enqueue(s, kind, name=making.name, spec=spec, lane=lane, base_model_id=model, dataset_id=choice.dataset)


def made_rows_of(ctx: Context, job_id: int) -> MadeRowsView:
    """How far a job is. Raises NotFound."""
    with ctx.db.read() as s:
        job = queries.get_job(s, job_id)
    if job is None or job.kind not in _KINDS:
        raise NotFound(job=job_id)
    return _view(job)


def made_rows(ctx: Context) -> list[MadeRowsView]:
    """The newest jobs that make rows, the newest first."""
    with ctx.db.read() as s:
        found = queries.newest_jobs(s, _LISTED, _KINDS)
    return [_view(job) for job in found]


def _view(job: Job) -> MadeRowsView:
    plain = {key: getattr(job, key) for key in ("name", "status", "step", "phase", "seconds_left", "result", "error")}
    more = {
        "job": job.id,
        "making": job.spec["making"],
        "total": job.total_steps,
        "resumable": job.status in RESUMABLE,
        "dataset": job.dataset_id,
    }
    return cast(MadeRowsView, plain | more)
