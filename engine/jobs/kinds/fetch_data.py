"""Fetching a data set of a hub."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, SameWish, whole
from engine.jobs.kinds.phases import CHECKING, downloading

FETCH_DATA = JobKind(
    key="fetch_data",
    runner="engine.jobs.runners.fetch_data:run",
    title=Text("Get a data set", "获取数据集"),
    lane="background",
    phases=(PREPARING, downloading(Text("Downloading.", "正在下载。")), CHECKING),
    endings=Endings(Text("The data set is here.", "数据集已取到。")),
    same=SameWish(wish=whole),
    listed=False,
)
