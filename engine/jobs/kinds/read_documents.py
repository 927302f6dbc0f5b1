"""Reading documents that take longer than a request may."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind
from engine.jobs.kinds.phases import READING

READ_DOCUMENTS = JobKind(
    key="read_documents",
    runner="engine.jobs.runners.read_documents:run",
    title=Text("jobs.kinds.read_documents.title"),
    lane="data",
    phases=(READING,),
    endings=Endings(Text("jobs.kinds.read_documents.endings.succeeded")),
    resumes=False,
    listed=False,
    uses_rows=False,
)
