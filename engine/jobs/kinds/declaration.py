"""What a kind of job is: one frozen value that the queue, the worker, the pages and the sentences derive from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.text import Text
from storage.job_tables import UNFINISHED, JobStatus

Lane = Literal["device", "background", "data", "download", "look"]
Spec = Mapping[str, Any]
_STOPPED = Text("jobs.kinds.declaration.stopped")
_CANCELLED = Text("jobs.kinds.declaration.cancelled")
_FAILED = Text("jobs.kinds.declaration.failed")
_INTERRUPTED = Text("jobs.kinds.declaration.interrupted")


@dataclass(frozen=True)
class Phase:
    """What a worker is doing for a while.

    Attributes:
        key: what the runner tells: `reporter.phase(key)`.
        label: a few words for lists, "loading the model".
        says: the sentence of the job's state.
        megabytes: that sentence with {done} and {total} MB, where steps count bytes and the total is known.
    """

    key: str
    label: Text
    says: Text
    megabytes: Text | None = None


PREPARING = Phase(
    "preparing", Text("jobs.kinds.declaration.preparing.label"), Text("jobs.kinds.declaration.preparing.says")
)


@dataclass(frozen=True)
class Endings:
    """How a job's end is told, a sentence each.

    Attributes:
        succeeded, stopped, cancelled, failed, interrupted: the sentence for each final status; the error's own follows.
    """

    succeeded: Text
    stopped: Text = _STOPPED
    cancelled: Text = _CANCELLED
    failed: Text = _FAILED
    interrupted: Text = _INTERRUPTED


@dataclass(frozen=True)
class SameWish:
    """When two wishes are one job: the second is then not queued, and gets the first one's id.

    Attributes:
        columns: columns of the job's row that are equal ("dataset_id", "lane").
        wish: what else is equal, out of the spec that the worker reads.
        by_key: the caller names the wish by an idempotency key instead.
        statuses: of an earlier job that still grants the wish.
        asked_to_end: it does so even when somebody asked it to end, and it has not yet.
        deleted: it does so even when it was taken off the lists.
    """

    columns: tuple[str, ...] = ()
    wish: Callable[[Spec], Any] = lambda _spec: None
    by_key: bool = False
    statuses: tuple[JobStatus, ...] = UNFINISHED
    asked_to_end: bool = True
    deleted: bool = False


@dataclass(frozen=True)
class JobKind:
    """One kind of work for a worker process.

    Attributes:
        key: name in the database.
        runner: "package.module:function", (ctx, job, reporter) -> None; imported by the worker alone.
        title: what lists call it.
        lane: which queue it waits in: that of a "device", or one of those for light work.
        phases: what the runner tells; "preparing" is shown before it has told anything.
        endings: how its end is told; None: by its steps and losses, as training is.
        same: when a second wish is the same job; None: never.
        trains: it learns, in steps that have losses: it has charts, and can be started again with other settings.
        stop: what a stop means: it "saves" what it has and ends, or it is the same as a cancel ("cancels").
        resumes: it can go on, or be tried again, after it ended early.
        light: it has nothing to save, so a cancelled worker is ended after a moment.
        listed: on the Jobs page whatever its state; else it is a part of another page, and there only while it runs.
        gives_file: its result is a file to take away.
        shown_at: page, and the name in its address that takes the job's id, where what it makes is shown; None: nowhere else.
        numbered: people tell its jobs by their names, so a name that is taken gets a number.
        plans_memory: its spec is that of a training job, and it grows to what the plan of that says.
        uses_rows: what it makes depends on its data set's rows, which are then kept; work on the rows themselves does not.
        changes_rows: it ends with other rows in its data set: one at a time.
        needs_weights: it loads its base model, so it waits where that is known and its weights are not here yet.
    """

    key: str
    runner: str
    title: Text
    lane: Lane
    phases: tuple[Phase, ...] = ()
    endings: Endings | None = None
    same: SameWish | None = None
    trains: bool = False
    stop: Literal["saves", "cancels"] = "cancels"
    resumes: bool = True
    light: bool = True
    listed: bool = True
    gives_file: bool = False
    shown_at: tuple[str, str] | None = None
    numbered: bool = False
    plans_memory: bool = False
    uses_rows: bool = True
    changes_rows: bool = False
    needs_weights: bool = False

    def phase(self, key: str | None) -> Phase:
        """The phase of that key; "preparing" before any was told, or where a later version told it."""
        return next((phase for phase in self.phases if phase.key == key), PREPARING)


def whole(spec: Spec) -> Spec:
    """The wish of jobs whose whole spec is what was asked for."""
    return spec
