"""Making a new version of a large data set."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, SameWish
from engine.jobs.kinds.phases import READING, WRITING

NEW_VERSION = JobKind(
    key="new_version",
    runner="engine.jobs.runners.new_version:run",
    title=Text("jobs.kinds.new_version.title"),
    lane="data",
    phases=(READING, WRITING),
    endings=Endings(Text("jobs.kinds.new_version.endings.succeeded")),
    same=SameWish(columns=("dataset_id",), wish=lambda spec: spec.get("recipe")),
    listed=False,
    uses_rows=False,
    changes_rows=True,
)
