"""Rows in other words by a model of this machine."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import LOADING

_REWRITING = Phase(
    "rewriting",
    Text("putting rows in other words", "正在改写"),
    Text("Putting rows in other words.", "正在用其他说法改写数据。"),
)
REWRITE = JobKind(
    key="rewrite",
    runner="engine.jobs.runners.rewrite:run",
    title=Text("Rewriting rows", "改写数据"),
    lane="device",
    phases=(LOADING, _REWRITING),
    endings=Endings(Text("The new wordings wait in the annotation queue.", "新的说法已进入标注队列。")),
    same=SameWish(columns=("dataset_id",)),
    listed=False,
    uses_rows=False,
)
