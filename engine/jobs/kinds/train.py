"""Training: from a spec to a tuned model."""

from __future__ import annotations

from engine.core.text import Text
from engine.jobs.kinds.declaration import JobKind, SameWish
from engine.jobs.kinds.phases import (
    EVALUATING,
    GENERATING,
    LOADING,
    READING,
    REFERENCE,
    REWARDING,
    SAMPLING,
    SAVING,
    SCORING,
    TRAINING,
)
from storage.job_tables import JobStatus

TRAIN = JobKind(
    key="train",
    runner="engine.jobs.runners.train:run",
    title=Text("jobs.kinds.train.title"),
    lane="device",
    phases=(
        READING,
        LOADING,
        REFERENCE,
        TRAINING,
        GENERATING,
        REWARDING,
        EVALUATING,
        SAMPLING,
        SCORING,
        SAVING,
    ),
    same=SameWish(by_key=True, statuses=tuple(JobStatus), deleted=True),
    trains=True,
    numbered=True,
    stop="saves",
    light=False,
    plans_memory=True,
    needs_weights=True,
)
