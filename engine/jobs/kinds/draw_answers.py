"""Several answers of models of this machine to each of some prompts, for people to rank."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import LOADING
from storage.job_tables import JobStatus

_DRAWING = Phase(
    "drawing",
    Text("jobs.kinds.draw_answers.drawing.label"),
    Text("jobs.kinds.draw_answers.drawing.says"),
)
DRAW_ANSWERS = JobKind(
    key="draw_answers",
    runner="engine.jobs.runners.draw_answers:run",
    title=Text("jobs.kinds.draw_answers.title"),
    lane="device",
    phases=(LOADING, _DRAWING),
    endings=Endings(
        Text("jobs.kinds.draw_answers.endings.succeeded"),
        stopped=Text("jobs.kinds.draw_answers.endings.stopped"),
        cancelled=Text("jobs.kinds.draw_answers.endings.cancelled"),
    ),
    same=SameWish(by_key=True, statuses=tuple(JobStatus), deleted=True),
    stop="saves",
    numbered=True,
    shown_at=("data", "rank"),
    uses_rows=False,
    needs_weights=True,
)
