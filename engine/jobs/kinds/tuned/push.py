"""A push: from an export that has passed its proof to a repository of a hub."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import Endings, JobKind, Phase, SameWish, whole
from engine.jobs.kinds.phases import CHECKING

_SENDING = Phase(
    "sending",
    Text("jobs.kinds.tuned.push.sending.label"),
    Text("jobs.kinds.tuned.push.sending.says"),
)
PUSH = JobKind(
    key="push",
    runner="engine.jobs.runners.tuned.push:run",
    title=Text("jobs.kinds.tuned.push.title"),
    lane="background",
    phases=(CHECKING, _SENDING),
    endings=Endings(
        Text("jobs.kinds.tuned.push.endings.succeeded"),
        stopped=Text("jobs.kinds.tuned.push.endings.cancelled"),
        cancelled=Text("jobs.kinds.tuned.push.endings.cancelled"),
    ),
    same=SameWish(wish=whole, asked_to_end=False),
    uses_rows=False,
)
