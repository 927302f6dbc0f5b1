"""A list of questions, each answered by a base model and its tuned models."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import LOADING
from storage.job_tables import JobStatus

_ANSWERING = Phase(
    "answering",
    Text("jobs.kinds.question_list.answering.label"),
    Text("jobs.kinds.question_list.answering.says"),
)
QUESTION_LIST = JobKind(
    key="question_list",
    runner="engine.jobs.runners.question_list:run",
    title=Text("jobs.kinds.question_list.title"),
    lane="device",
    phases=(LOADING, _ANSWERING),
    endings=Endings(
        Text("jobs.kinds.question_list.endings.succeeded"),
        stopped=Text("jobs.kinds.question_list.endings.stopped"),
        cancelled=Text("jobs.kinds.question_list.endings.cancelled"),
    ),
    same=SameWish(by_key=True, statuses=tuple(JobStatus), deleted=True),
    stop="saves",
    numbered=True,
    shown_at=("playground", "list"),
    uses_rows=False,
    needs_weights=True,
)
