"""A list of questions, each answered by a base model and its tuned models."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish
from engine.jobs.kinds.phases import LOADING
from storage.job_tables import JobStatus

_ANSWERING = Phase(
    "answering",
    Text("answering the questions", "正在回答问题"),
    Text("Answering the questions.", "正在回答问题。"),
)
QUESTION_LIST = JobKind(
    key="question_list",
    runner="engine.jobs.runners.question_list:run",
    title=Text("List of questions", "批量提问"),
    lane="device",
    phases=(LOADING, _ANSWERING),
    endings=Endings(
        Text("Every question is answered.", "全部问题已回答。"),
        stopped=Text("Stopped; the answers so far are kept.", "已停止，已有的回答已保留。"),
        cancelled=Text("Cancelled; the answers so far are kept.", "已取消，已有的回答已保留。"),
    ),
    same=SameWish(by_key=True, statuses=tuple(JobStatus), deleted=True),
    stop="saves",
    numbered=True,
    shown_at=("playground", "list"),
    uses_rows=False,
)
