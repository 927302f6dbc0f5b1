"""Jobs and everything that a running job writes.

Times are seconds since 1970-01-01 UTC unless said otherwise; steps are the optimizer's in training, and
parts of the work elsewhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Created, Owned
from storage.dialect import partial_index


class JobStatus(StrEnum):
    """The life of a job. `active` ones hold their device; `final` ones never change again except by resume."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


ACTIVE = (JobStatus.STARTING, JobStatus.RUNNING, JobStatus.STOPPING)
UNFINISHED = (JobStatus.QUEUED, *ACTIVE)
FINAL = (
    JobStatus.SUCCEEDED,
    JobStatus.STOPPED,
    JobStatus.CANCELLED,
    JobStatus.FAILED,
    JobStatus.INTERRUPTED,
)
RESUMABLE = (JobStatus.STOPPED, JobStatus.FAILED, JobStatus.INTERRUPTED)
WEIGHTS_ONLY = "weights_only"  # among a checkpoint's metrics: only its weights are left, training cannot go on from it
_ACTIVE_SQL = "status IN ('starting', 'running', 'stopping')"


class Job(Owned, Base):
    """One unit of work for a worker process. `lane` is the device it holds; "background" or "data" for light work."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # shown in lists
    tags: Mapped[list[Any]] = mapped_column(default=list)  # short words of the user's, to find it by
    note: Mapped[str] = mapped_column(default="")  # what the user wants to remember of it
    kind: Mapped[str] = mapped_column(default="train")  # key of a kind of job: what is done, and by which runner
    status: Mapped[str] = mapped_column(default=JobStatus.QUEUED)  # a `JobStatus`
    lane: Mapped[str]
    position: Mapped[float]  # order in the queue of its lane
    request: Mapped[str | None]  # "stop" or "cancel", set by the user, read by the worker between steps
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)  # of the form that started it
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))  # the job it came from: not set so far
    spec: Mapped[dict[str, Any]]  # all that its worker reads
    spec_version: Mapped[int] = mapped_column(default=1)  # of the layout of `spec`
    method: Mapped[str | None]  # key of a method, where it is about one
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id"), index=True)
    base_model_id: Mapped[int | None] = mapped_column(ForeignKey("base_models.id"), index=True)
    # the process that works on it
    attempt: Mapped[int] = mapped_column(default=0)  # how often it was claimed
    nonce: Mapped[str | None]  # secret of this start, in its worker's environment
    pid: Mapped[int | None]  # process id; None before it started
    pid_created: Mapped[float | None]  # when the process started: pids are used again
    boot_id: Mapped[str | None]  # run of the operating system and container: pids and heartbeats mean something there
    heartbeat: Mapped[float | None]  # monotonic seconds of that boot
    # progress, for lists and the job's status message
    step: Mapped[int] = mapped_column(default=0)  # done so far
    total_steps: Mapped[int | None]  # None until it is known
    seconds_left: Mapped[float | None]  # estimate, with what comes after the last step
    share: Mapped[float | None]  # of the whole work that is done, 0 to 1; None where nobody knows better than the steps
    phase: Mapped[str | None]  # "loading", "training", "evaluating", "saving", "sampling" ...
    train_loss: Mapped[float | None]  # mean cross entropy of the latest steps, in nats a label
    val_loss: Mapped[float | None]  # of the held-out rows, at the latest check
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)  # numbers of its end, by kind
    error: Mapped[dict[str, Any] | None]  # {"code", "params"}
    started_at: Mapped[float | None]  # when the latest attempt was claimed
    finished_at: Mapped[float | None]

    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(s.value) for s in JobStatus)})", name="status"),
        Index("ix_jobs_queue", "status", "lane", "position"),
        partial_index("uq_jobs_active_lane", "lane", where=_ACTIVE_SQL, unique=True),
    )


class JobEvent(Base):
    """Something that happened to a job. Changes of status are written by triggers of the database itself."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    at: Mapped[float]
    kind: Mapped[str]  # "status", "info", "warning" or "error"
    code: Mapped[str]  # message key; "status" events carry the new status
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)  # values of the message; of "status" events {"from"}
    attempt: Mapped[int] = mapped_column(default=0)  # in which it happened
    step: Mapped[int | None]  # of the job when it happened


class Metric(Base):
    """One number at one step: "train_loss", "val_loss", "learning_rate", "grad_norm", "tokens", ..."""

    __tablename__ = "metrics"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    name: Mapped[str]  # as above
    step: Mapped[int]  # of the job
    value: Mapped[float]  # as measured
    at: Mapped[float]

    __table_args__ = (UniqueConstraint("job_id", "name", "step"),)


class LogLine(Base):
    """One line of a worker's log."""

    __tablename__ = "log_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    at: Mapped[float]
    attempt: Mapped[int]  # that wrote it
    level: Mapped[str]  # name of a level of logging, in small letters
    text: Mapped[str]  # shortened where it is very long


class Sample(Base):
    """The answer to a fixed prompt with the weights of one step (step 0 is the untouched base)."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    step: Mapped[int]  # of the weights
    prompt_index: Mapped[int]  # place among the fixed prompts, from 0
    prompt: Mapped[str]  # as it is shown
    expected: Mapped[str | None]  # answer of the data set, where there is one
    answer: Mapped[str]  # without the prompt
    at: Mapped[float]

    __table_args__ = (UniqueConstraint("job_id", "step", "prompt_index"),)


class Checkpoint(Created, Base):
    """A complete checkpoint: the row is written after the folder was renamed into place."""

    __tablename__ = "checkpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]  # that wrote it
    step: Mapped[int]  # optimizer steps done
    path: Mapped[str]  # folder, relative to home
    bytes: Mapped[int]  # of all its files
    files: Mapped[dict[str, Any]]  # path in the folder -> sha256
    metrics: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # {"train_loss", "val_loss"} at that step; WEIGHTS_ONLY
    deleted_at: Mapped[float | None]  # set before its folder goes

    __table_args__ = (UniqueConstraint("job_id", "step"),)
