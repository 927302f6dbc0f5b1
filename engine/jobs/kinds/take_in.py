"""Reading uploaded files that take longer than a request may."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase

_READING = Phase("reading", Text("jobs.kinds.take_in.phases.label"), Text("jobs.kinds.take_in.phases.says"))
TAKE_IN = JobKind(
    key="take_in",
    runner="engine.jobs.runners.take_in:run",
    title=Text("jobs.kinds.take_in.title"),
    lane="data",
    phases=(_READING,),
    endings=Endings(Text("jobs.kinds.take_in.endings.succeeded")),
    resumes=False,
    listed=False,
    uses_rows=False,
)
