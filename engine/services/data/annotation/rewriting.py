"""Rows in other words by a model of this machine: a job makes them, and each waits for a person's eye."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.core.params import Param, read_all
from engine.core.text import Text
from engine.jobs.kinds.rewrite import REWRITE
from engine.jobs.lanes import lane_for
from engine.jobs.queue import enqueue
from engine.models.presence import bare_fault
from engine.services.data.versions.version_files import version_file
from engine.shapes.annotation import RewriteView
from storage.job_tables import Job
from storage.queries import base_models
from storage.queries import datasets as dataset_queries
from storage.queries import jobs as queries

_KINDS = ("chat", "preference", "kto", "ranking")
PARAMS = (
    Param(
        "model",
        "choice",
        None,
        Text("services.data.annotation.rewriting.model.label"),
        Text("services.data.annotation.rewriting.model.help"),
        source="model",
        advanced=False,
    ),
    Param(
        "what",
        "choice",
        "question",
        Text("services.data.annotation.rewriting.what.label"),
        Text("services.data.annotation.rewriting.what.help"),
        choices={"question": Text("services.data.annotation.rewriting.what.choices.question"), "answer": Text("services.data.annotation.rewriting.what.choices.answer")},
        advanced=False,
    ),
    Param(
        "rows",
        "int",
        20,
        Text("services.data.annotation.rewriting.rows.label"),
        Text("services.data.annotation.rewriting.rows.help"),
        usual=Text("services.data.annotation.rewriting.rows.usual"),
        minimum=1,
        maximum=2000,
        advanced=False,
    ),
    Param(
        "copies",
        "int",
        3,
        Text("services.data.annotation.rewriting.copies.label"),
        Text("services.data.annotation.rewriting.copies.help"),
        usual=Text("services.data.annotation.rewriting.copies.usual"),
        minimum=1,
        maximum=5,
        advanced=False,
    ),
    Param(
        "temperature",
        "float",
        0.8,
        Text("services.data.annotation.rewriting.temperature.label"),
        Text("services.data.annotation.rewriting.temperature.help"),
        usual=Text("services.data.annotation.rewriting.temperature.usual"),
        minimum=0.1,
        maximum=2,
    ),
    Param(
        "seed",
        "int",
        42,
        Text("services.data.annotation.rewriting.seed.label"),
        Text("services.data.annotation.rewriting.seed.help"),
        minimum=0,
        maximum=2**31 - 1,
    ),
    Param("ids", "data", None, Text("services.data.annotation.rewriting.ids.label"), Text("services.data.annotation.rewriting.ids.help"), optional=True),
)  # fmt: skip


def start_rewrite(ctx: Context, dataset: int, values: Mapping[str, Any]) -> int:
    """Queue the job on the best device; one that waits or runs for this data set already is taken.

    Args:
        values: by the keys of `PARAMS`; `ids` of rows where a person chose them.

    Raises:
        SpecError: with every fault of the settings, by "rewrite.<key>".
        Fault: "rewrite.kind", "rewrite.no_model", "job.model_not_ready", "data.not_imported", "template.missing".
        NotFound: there is no such data set or model.
    """
    read, faults = read_all(PARAMS, values, "rewrite")
    if faults:
        raise SpecError(faults)
    if read["model"] is None:
        raise Fault("rewrite.no_model")
    version, _path = version_file(ctx, dataset)
    lane = lane_for("auto")
    with ctx.db.write() as s:
        row, model = dataset_queries.get(s, dataset), base_models.get_model(s, read["model"])
        if row is None or model is None:
            raise NotFound(dataset=dataset, model=read["model"])
        if row.kind not in _KINDS or (row.kind != "chat" and read["what"] == "answer"):
            raise Fault("rewrite.kind", name=row.name)
        if fault := bare_fault(ctx.settings, model):
            raise fault
        spec = {**read, "version": version.number}
        return enqueue(s, REWRITE, name=row.name, spec=spec, lane=lane, dataset_id=dataset, base_model_id=model.id)


def _newest(s: Session, dataset: int) -> Job | None:
    return next(iter(queries.alike(s, REWRITE.key, limit=1, dataset_id=dataset)), None)


def rewrite_of(ctx: Context, dataset: int) -> RewriteView | None:
    """The newest such job of the data set: {"job", "status", "step", "total", "phase", "seconds_left", "result", "error"}.

    `step` counts rows. `result` is {"rows", "made", "left_out": {reason: count}}; it grows while the job runs.
    """
    with ctx.db.read() as s:
        job = _newest(s, dataset)
    if job is None:
        return None
    plain = {key: getattr(job, key) for key in ("status", "step", "phase", "seconds_left", "result", "error")}
    return cast(RewriteView, plain | {"job": job.id, "total": job.total_steps})
