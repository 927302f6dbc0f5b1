"""Importing the files of a large data set."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import PREPARING, Endings, JobKind, SameWish, whole

IMPORT_DATA = JobKind(
    key="import_data",
    runner="engine.jobs.runners.import_data:run",
    title=Text("jobs.kinds.import_data.title"),
    lane="data",
    phases=(PREPARING,),
    endings=Endings(Text("jobs.kinds.import_data.endings.succeeded")),
    same=SameWish(columns=("dataset_id",), wish=whole),
    listed=False,
    uses_rows=False,
    changes_rows=True,
)
