"""Writing a large version of a data set into a file."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, SameWish
from engine.jobs.kinds.phases import WRITING

EXPORT_DATA = JobKind(
    key="export_data",
    runner="engine.jobs.runners.export_data:run",
    title=Text("jobs.kinds.export_data.title"),
    lane="data",
    phases=(WRITING,),
    endings=Endings(Text("jobs.kinds.export_data.endings.succeeded")),
    same=SameWish(columns=("dataset_id",), wish=lambda spec: spec.get("key")),
    listed=False,
    uses_rows=False,
)
