"""Fetching a data set of a hub."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, SameWish, whole
from engine.jobs.kinds.phases import CHECKING, downloading

FETCH_DATA = JobKind(
    key="fetch_data",
    runner="engine.jobs.runners.fetch_data:run",
    title=Text("jobs.kinds.fetch_data.title"),
    lane="background",
    phases=(PREPARING, downloading(Text("jobs.kinds.fetch_data.phases.says")), CHECKING),
    endings=Endings(Text("jobs.kinds.fetch_data.endings.succeeded")),
    same=SameWish(wish=whole),
    listed=False,
)
