"""Looking through a data set for faults."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, Spec

_AUDITING = Phase(
    "auditing",
    Text("looking through the rows", "正在逐行检查"),
    Text("Looking through the rows.", "正在逐行检查。"),
)


def _wish(spec: Spec) -> tuple[object, ...]:
    return spec.get("content"), spec.get("settings")


AUDIT = JobKind(
    key="audit",
    runner="engine.jobs.runners.audit:run",
    title=Text("Search for faults", "查找数据问题"),
    lane="data",
    phases=(_AUDITING,),
    endings=Endings(Text("Looked through the rows of a data set", "数据集已检查完毕")),
    same=SameWish(("dataset_id",), _wish, asked_to_end=False),
    listed=False,
    uses_rows=False,
)
