"""Rows in other words by a model of this machine."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import LOADING

_REWRITING = Phase(
    "rewriting",
    Text("jobs.kinds.rewrite.rewriting.label"),
    Text("jobs.kinds.rewrite.rewriting.says"),
)
REWRITE = JobKind(
    key="rewrite",
    runner="engine.jobs.runners.rewrite:run",
    title=Text("jobs.kinds.rewrite.title"),
    lane="device",
    phases=(LOADING, _REWRITING),
    endings=Endings(Text("jobs.kinds.rewrite.endings.succeeded")),
    same=SameWish(columns=("dataset_id",)),
    listed=False,
    uses_rows=False,
    needs_weights=True,
)
