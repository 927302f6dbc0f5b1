"""The dry run: what one step of a planned training job holds, counted before it is started."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from storage.job_tables import UNFINISHED, JobStatus

_COUNTING = Phase(
    "counting",
    Text("jobs.kinds.dry_run.counting.label"),
    Text("jobs.kinds.dry_run.counting.says"),
)
DRY_RUN = JobKind(
    key="dry_run",
    runner="engine.jobs.runners.dry_run:run",
    title=Text("jobs.kinds.dry_run.title"),
    lane="background",
    phases=(_COUNTING,),
    endings=Endings(Text("jobs.kinds.dry_run.endings.succeeded")),
    same=SameWish(by_key=True, statuses=(*UNFINISHED, JobStatus.SUCCEEDED)),
    listed=False,
)
