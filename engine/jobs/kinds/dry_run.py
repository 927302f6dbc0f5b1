"""The dry run: what one step of a planned training job holds, counted before it is started."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from storage.job_tables import UNFINISHED, JobStatus

_COUNTING = Phase(
    "counting",
    Text("counting what one step holds", "正在清点一个训练步占用的内存"),
    Text("Counting what one training step holds.", "正在清点一个训练步占用的内存。"),
)
DRY_RUN = JobKind(
    key="dry_run",
    runner="engine.jobs.runners.dry_run:run",
    title=Text("Dry run of a plan", "方案试运行"),
    lane="background",
    phases=(_COUNTING,),
    endings=Endings(
        Text("Dry run done: counted what one training step holds.", "试运行完成：已清点一个训练步占用的内存。")
    ),
    same=SameWish(by_key=True, statuses=(*UNFINISHED, JobStatus.SUCCEEDED)),
    listed=False,
)
