"""How a worker tells the database what it does: buffered, twice a second, fenced by its attempt."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.shapes import CodedMessage
from engine.jobs.kinds.declaration import JobKind
from engine.jobs.signals import Cancelled, Fenced, Interrupted, StoppedEarly
from storage.queries import reporting

BEAT_SECONDS = 0.5
_LONGEST_LINE = 4_000
_MOST_LINES_WAITING = 5_000
_PATIENCE_SECONDS = 120.0
_LONGEST_START = 120.0  # from claim to worker; more is a clock that was set meanwhile
_log = logging.getLogger(__name__)


def _shortened(text: str) -> str:
    """A long text without its middle: a traceback says most at its end."""
    half = _LONGEST_LINE // 2
    return text if len(text) <= _LONGEST_LINE else f"{text[:half]}\n[...]\n{text[-half:]}"


def _patiently(write: Callable[[], None]) -> None:
    """Try again while the database cannot be written to: a full disk, a lock that somebody holds."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return write()
        except DBAPIError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1.0)


class Witness(Protocol):
    """Hears what a worker tells, as it is told."""

    def metric(self, values: Mapping[str, float | None]) -> None:
        """Numbers of one step."""

    def sample(self, step: int, index: int, answer: str) -> None:
        """The answer to one of the fixed prompts."""


class _Buffer:
    """What waits to be written."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self.metrics: dict[tuple[str, int], dict[str, Any]] = {}
        self.samples: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []

    def write(self, s: Session) -> None:
        reporting.add_metrics(s, self.metrics.values())
        reporting.add_samples(s, self.samples)
        reporting.add_events(s, self.events)
        reporting.add_log_lines(s, self.lines[-_MOST_LINES_WAITING:])

    def put_back(self, newer: _Buffer) -> _Buffer:
        """This (unwritten) buffer followed by what came in meanwhile."""
        self.columns |= newer.columns
        self.metrics |= newer.metrics
        self.samples += newer.samples
        self.events += newer.events
        self.lines += newer.lines
        return self


class Reporter:
    """The one way in which a worker writes. Calls only fill a buffer; a daemon thread writes it and the heartbeat.

    When another attempt owns the job, nothing is written and the next call raises `Fenced` in the worker's own thread.
    A full disk loses nothing: what waits is written when there is space again.
    """

    def __init__(self, ctx: Context, job_id: int, attempt: int) -> None:
        self.ctx, self.job_id, self.attempt = ctx, job_id, attempt
        self._buffer = _Buffer()
        self._lock = threading.Lock()  # the buffer
        self._writing = threading.RLock()  # the order of transactions
        self._fenced = self._finished = self._deferring = False
        self._broken: Exception | None = None
        self.interrupted = False
        self.nothing_yet = False  # a stop has nothing to keep so far: it ends the job at once
        self.kind: JobKind | None = None  # what the job is; set by whoever runs it
        self.began = time.monotonic()  # when the attempt was claimed: its time limit begins there
        self.now: str | None = None  # the phase that was told last
        self.ended: str | None = None  # the final status, once it is told
        self.outlook: Callable[[], dict[str, Any]] | None = None  # columns that change while nothing is told
        self.witness: Witness | None = None  # hears numbers and samples
        self._request: str | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="reporter", daemon=True)

    def start(self) -> None:
        """Mark the job as running and begin the heartbeat. Raises Fenced when the job does not wait for this attempt."""
        try:
            _patiently(self._begin)
        except reporting.NotOwner:
            self._fenced = True
            raise Fenced from None
        self._thread.start()

    def _begin(self) -> None:
        with self._writing, self.ctx.db.write() as s:
            claimed = reporting.begin_run(s, self.job_id, self.attempt)
        self.began = time.monotonic() - min(_LONGEST_START, max(0.0, time.time() - claimed))

    def phase(self, name: str) -> None:
        """What the worker is doing now: "loading", "training", "evaluating", "sampling", "saving" ..."""
        self._columns(phase=name)
        self.now = name

    def progress(self, step: int, total: int | None, seconds_left: float | None = None, **columns: Any) -> None:
        """Where the job is; `columns` are further columns of the job's row, such as `train_loss`."""
        self._columns(step=step, total_steps=total, seconds_left=seconds_left, **columns)

    def metric(self, step: int, **values: float | None) -> None:
        """Numbers of one step. Those that are None or not finite are left out."""
        self._check()
        now = time.time()
        if self.witness is not None:
            self.witness.metric(values)
        with self._lock:
            for name, value in values.items():
                if value is not None and math.isfinite(value):
                    row = {"job_id": self.job_id, "name": name, "step": step, "value": float(value), "at": now}
                    self._buffer.metrics[name, step] = row

    def log(self, level: str, text: str) -> None:
        """A line for the job's log. Never raises: logging must not end a job."""
        row = {"job_id": self.job_id, "at": time.time(), "attempt": self.attempt, "level": level}
        with self._lock:
            self._buffer.lines.append(row | {"text": _shortened(text)})

    def event(self, kind: str, code: str, step: int | None = None, **params: Any) -> None:
        """Something that the user should see; `kind` is "info", "warning" or "error", its sentence is `event.<code>`."""
        self._check()
        params |= {} if step is None else {"step": step}
        row = {"job_id": self.job_id, "at": time.time(), "kind": kind, "code": code, "params": params}
        with self._lock:
            self._buffer.events.append(row | {"attempt": self.attempt, "step": step})

    def sample(self, step: int, index: int, prompt: str, expected: str | None, answer: str) -> None:
        """The answer to one of the fixed prompts with the weights of `step`."""
        self._check()
        if self.witness is not None:
            self.witness.sample(step, index, answer)
        row = {"job_id": self.job_id, "step": step, "prompt_index": index, "prompt": prompt, "expected": expected}
        with self._lock:
            self._buffer.samples.append(row | {"answer": answer, "at": time.time()})

    def requested(self) -> str | None:
        """What the user asked for, as of the last heartbeat: None, "stop" or "cancel"."""
        self._check()
        return self._request

    def heed(self) -> None:
        """Raises Cancelled when the user wants the job to end and nothing to be kept: after a cancel, and after a stop where
        the kind of job saves nothing at a stop. Raises StoppedEarly after a stop while there is nothing yet to keep."""
        request = self.requested()
        stops = self.kind is not None and self.kind.stop == "cancels"
        if request == "cancel" or (request == "stop" and stops):
            raise Cancelled
        if request == "stop" and self.nothing_yet:
            raise StoppedEarly

    @property
    def finished(self) -> bool:
        """Whether the final status is written."""
        return self._finished

    @contextlib.contextmanager
    def deferring_interrupts(self) -> Iterator[None]:
        """Within, SIGTERM only sets `interrupted`, to be looked at between steps; a cancelled job ends at once."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False

    def interrupt(self, *_signal: object) -> None:
        """The handler of SIGTERM."""
        self.interrupted = True
        if not self._deferring or self._request == "cancel":
            raise Interrupted

    def flush(self) -> None:
        """Write all that waits now. Raises Fenced; a database that cannot be written to is tried again later."""
        self._check()
        try:
            self._write()
        except DBAPIError as error:
            _log.warning("The database cannot be written to at the moment: %s", error.orig)
        self._check()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """A fenced transaction for writes that belong together (a checkpoint, the tuned model)."""
        self._check()
        try:
            with self._writing, self.ctx.db.write() as s:
                self._request = reporting.beat(s, self.job_id, self.attempt, {})
                yield s
        except reporting.NotOwner:
            self._fenced = True
            raise Fenced from None

    def finish(self, status: str, result: dict[str, Any] | None = None, error: CodedMessage | None = None) -> None:
        """Write all that waits and the final status in one transaction, then end the heartbeat."""
        self._leave({"status": status, "finished_at": time.time(), "error": error}, result)
        self.ended = status

    def hand_back(self) -> None:
        """Write all that waits and put the job back into its queue: another worker goes on with it."""
        self._leave({"status": "queued", "finished_at": None, "error": None}, None)

    def _leave(self, columns: dict[str, Any], result: dict[str, Any] | None) -> None:
        self._check()
        end = columns | {"seconds_left": None, "phase": None, "request": None}
        self._done.set()
        with self._writing:
            with self._lock:
                self._buffer.columns |= end | ({} if result is None else {"result": result})
            _patiently(self._write)
            self._check()
            self._finished = True

    def close(self) -> None:
        """End the heartbeat without writing."""
        self._done.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _columns(self, **columns: Any) -> None:
        self._check()
        with self._lock:
            self._buffer.columns |= columns

    def _check(self) -> None:
        if self._fenced:
            raise Fenced
        if self._broken is not None:
            raise self._broken

    def _write(self) -> None:
        with self._writing:
            if self._finished:
                return
            with self._lock:
                batch, self._buffer = self._buffer, _Buffer()
            live = self.outlook() if self.outlook is not None and not self._done.is_set() else {}
            try:
                with self.ctx.db.write() as s:
                    self._request = reporting.beat(s, self.job_id, self.attempt, batch.columns | live)
                    batch.write(s)
            except reporting.NotOwner:
                self._fenced = True
            except BaseException:
                with self._lock:
                    self._buffer = batch.put_back(self._buffer)
                raise

    def _loop(self) -> None:
        while not self._done.wait(BEAT_SECONDS) and not self._fenced:
            try:
                self._write()
            except DBAPIError as error:
                _log.warning("The database cannot be written to at the moment: %s", error.orig)
            except MemoryError:  # training holds all of it: in a moment it gives some back
                continue
            except Exception as error:  # a fault of ours: the worker's own thread must hear of it
                self._broken = error
                return


class ReporterHandler(logging.Handler):
    """Sends log records to the job's log."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.INFO)
        self.reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        """Never raises, as logging demands."""
        if record.name == __name__:
            return
        try:
            self.reporter.log(record.levelname.lower(), self.format(record))
        except Exception:
            self.handleError(record)
