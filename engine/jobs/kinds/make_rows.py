"""Rows made from documents: by a model of this machine, which holds its device, or by the operator's service, which holds none."""

from __future__ import annotations

from dataclasses import replace

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec
from engine.jobs.kinds.phases import LOADING

_WRITING = Phase("making", Text("jobs.kinds.make_rows.making.label"), Text("jobs.kinds.make_rows.making.says"))


def _wish(spec: Spec) -> object:
    """Documents become rows by one job at a time."""
    return spec.get("making")


MAKE_ROWS = JobKind(
    key="make_rows",
    runner="engine.jobs.runners.make_rows:run",
    title=Text("jobs.kinds.make_rows.title"),
    lane="device",
    phases=(LOADING, _WRITING),
    endings=Endings(
        Text("jobs.kinds.make_rows.endings.succeeded"),
        stopped=Text("jobs.kinds.make_rows.endings.stopped"),
        cancelled=Text("jobs.kinds.make_rows.endings.cancelled"),
    ),
    same=SameWish(wish=_wish),
    stop="saves",
    shown_at=("data", "made"),
    uses_rows=False,
    needs_weights=True,
)
MAKE_ROWS_AFAR = replace(MAKE_ROWS, key="make_rows_afar", lane="background", needs_weights=False)
