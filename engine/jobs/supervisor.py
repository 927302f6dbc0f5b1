"""The queue's hand: claims queued jobs, starts their workers, and tells the database when a worker is gone.

Any number of supervisors may share one database: claims are atomic, an attempt is ended only by whoever finds it still
active, and a worker belongs to its job, not to the server that started it.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.core.process import Identity, new_nonce, same_boot, same_space, this_boot
from engine.jobs.executors.base import Ending, Executor
from engine.jobs.executors.local import LocalExecutor, last_words
from engine.jobs.kinds import known_kind
from engine.jobs.linked import settle_linked
from engine.jobs.recovery import recovery_of
from engine.jobs.waiting import settle_stranded, waiting_kinds
from storage.job_tables import Job, JobStatus
from storage.queries import events
from storage.queries import jobs as queries

LEASE_SECONDS = 15.0
START_GRACE_SECONDS = 60.0
OTHERS_CHILD_SECONDS = 3.0
CANCEL_GRACE_SECONDS = 20.0
LIGHT_GRACE_SECONDS = 3.0  # for jobs that have nothing to save
KILL_GRACE_SECONDS = 5.0
LOOK_ANYWAY_SECONDS = 10.0  # what no sign told of (a file put back, a clock) is found by then
_SIGN_SECONDS = 0.02  # writes come in flocks
_IDLE_PACE = 2.5  # how much more seldom it asks for signs while nothing is under way
_log = logging.getLogger(__name__)


def is_stalled(job: Job) -> bool:
    """Whether an active job's worker has given no sign of life for longer than its lease."""
    return same_boot(job.boot_id) and time.monotonic() - (job.heartbeat or 0.0) > LEASE_SECONDS


class Supervisor:
    """Watches one database. `start` runs it on a thread of its own; `run_until` runs it in place.

    While a job is under way it looks all `interval` seconds. Otherwise it looks when something was written: at once where
    this process did it, else within 2.5 intervals. That takes microseconds a second.

    Args:
        interval: seconds between two looks.
        cancel_grace: seconds that a worker has to end by itself after a cancel.
    """

    def __init__(
        self,
        ctx: Context,
        executor: Executor | None = None,
        *,
        interval: float = 0.4,
        cancel_grace: float = CANCEL_GRACE_SECONDS,
    ) -> None:
        self._ctx, self._executor = ctx, executor or LocalExecutor()
        self._interval, self._cancel_grace = interval, cancel_grace
        self._unstored: dict[tuple[int, int], Identity] = {}
        self._first_gone: dict[tuple[int, int], float] = {}
        self._cancel_seen: dict[tuple[int, int], float] = {}
        self._quit, self._sign = threading.Event(), threading.Event()
        self._stamp: int | None = None
        self._under_way, self._looked = True, 0.0
        self._thread = threading.Thread(target=self._loop, name="supervisor", daemon=True)

    def start(self) -> None:
        """Watch on a thread until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread. Workers go on."""
        self._quit.set()
        self._sign.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def run_until(self, done: Callable[[], bool]) -> None:
        """Watch in this thread until `done()`, which is asked at each look."""
        with self._ctx.db.telling(self._sign):
            while not done():
                self._look()
                if self._sign.wait(self._interval * (1.0 if self._under_way else _IDLE_PACE)):
                    self._quit.wait(_SIGN_SECONDS)

    def _look(self) -> None:
        """A tick, where something is under way, was written, or nobody has looked for long."""
        self._sign.clear()
        stamp = self._newest_stamp()
        now = time.monotonic()
        if self._under_way or stamp != self._stamp or now - self._looked > LOOK_ANYWAY_SECONDS:
            self._stamp, self._looked = stamp, now
            self._under_way = self._safe_tick()

    def _newest_stamp(self) -> int | None:
        try:
            return self._ctx.db.stamp()
        except Exception as error:
            _log.warning("The database does not say whether it has changed: %s", error)
            return None

    def tick(self) -> bool:
        """One look: end what is gone, then start what may start. Gives whether a worker has to be watched now."""
        self._store_processes()
        busy = self._reconcile()
        if self._any_queued() and (settle_linked(self._ctx) | settle_stranded(self._ctx)):
            busy = True
        while self._any_queued() and self._start_next():
            busy = True
        return busy

    def _any_queued(self) -> bool:
        """Asked of a reader first: an idle queue takes no lock."""
        with self._ctx.db.read() as s:
            return queries.any_queued(s)

    def _loop(self) -> None:
        self.run_until(self._quit.is_set)

    def _safe_tick(self) -> bool:
        try:
            return self.tick()
        except DBAPIError as error:  # a locked database or a full disk: it may be better in a moment
            _log.warning("The queue cannot use the database at the moment: %s", error.orig)
        except Exception:
            _log.exception("The queue stumbled; it goes on")
        return True

    # -------------------------------------------------------------- starting

    def _start_next(self) -> bool:
        nonce, boot = new_nonce(), this_boot()
        try:
            with self._ctx.db.write() as s:
                claimed = queries.claim_next(s, nonce=nonce, boot_id=boot, waiting=waiting_kinds())
        except IntegrityError:  # the index that allows one active job a lane: another supervisor was faster
            return False
        if claimed is None:
            return False
        job_id, attempt = claimed
        try:
            who = self._executor.start(self._ctx.settings, job_id, attempt, nonce)
        except OSError as error:
            met = None if isinstance(error, FileNotFoundError) else obstacle(error, self._ctx.settings.home)
            fault = met or Fault("job.cannot_start", reason=str(error))
            self._end(job_id, attempt, JobStatus.FAILED, dict(fault.as_dict()))
            return True
        _log.info("Job %d, attempt %d: process %d", job_id, attempt, who.pid)
        self._unstored[job_id, attempt] = who
        self._store_processes()
        return True

    def _store_processes(self) -> None:
        """Tell the database who works on what; what a full disk refuses is told again at the next look."""
        for (job_id, attempt), who in list(self._unstored.items()):
            with self._ctx.db.write() as s:
                queries.set_process(s, job_id, attempt, pid=who.pid, created=who.created)
            del self._unstored[job_id, attempt]

    # -------------------------------------------------------------- watching

    def _reconcile(self) -> bool:
        """Look after every active job. Gives whether there are any, or children of ours that have not ended yet."""
        with self._ctx.db.read() as s:
            active = queries.active_jobs(s)
        for job in active:
            if not self._seems_alive(job):
                self._bury(job)
            elif job.request == "cancel":
                self._hasten(job)
        keys = {(job.id, job.attempt) for job in active}
        for memory in (self._first_gone, self._cancel_seen):
            for key in memory.keys() - keys:
                del memory[key]
        waits = self._executor.settle({who for job in active if (who := _identity(job))})
        return waits or bool(active)

    def _seems_alive(self, job: Job) -> bool:
        who, silence = _identity(job), time.monotonic() - (job.heartbeat or 0.0)
        if not same_boot(job.boot_id):
            return False
        if not same_space(job.boot_id):  # in another container: its pid means nothing here, its heartbeat does
            return silence <= LEASE_SECONDS
        if who is None:
            return silence <= START_GRACE_SECONDS
        return self._executor.is_alive(who)

    def _bury(self, job: Job) -> None:
        key, who = (job.id, job.attempt), _identity(job)
        ending = self._executor.ending(who) if who else Ending()
        others = who is not None and not ending.ours and same_space(job.boot_id)
        now = time.monotonic()
        if others and now - self._first_gone.setdefault(key, now) < OTHERS_CHILD_SECONDS:
            return  # another server may be its parent and know more: let that one speak first
        if job.request == "cancel":
            self._end(*key, JobStatus.CANCELLED, None)
        elif not (ending.out_of_memory and self._recover(job)):
            self._end(*key, JobStatus.INTERRUPTED, self._cause(job, ending))

    def _recover(self, job: Job) -> bool:
        """The kernel killed a training worker for its memory: its job goes on with less, or fails with its memory estimate."""
        with self._ctx.db.read() as s:
            recovery = recovery_of(s, job)
        if recovery is None:
            return False
        if recovery.error is not None:
            self._end(job.id, job.attempt, JobStatus.FAILED, recovery.error)
            return True
        with self._ctx.db.write() as s:
            if not queries.requeue_attempt(s, job.id, job.attempt):
                return False
            for code, params in recovery.events:
                events.add(s, job.id, job.attempt, "warning", code, params)
        _log.warning("Job %d, attempt %d: out of memory, goes on with less", job.id, job.attempt)
        return True

    def _cause(self, job: Job, ending: Ending) -> dict[str, Any]:
        if not same_boot(job.boot_id):
            return {"code": "job.rebooted", "params": {"step": job.step}}
        if job.pid is None:
            return {"code": "job.never_started", "params": {"step": job.step}}
        if ending.out_of_memory:
            return {"code": "job.out_of_memory", "params": {"step": job.step}}
        if ending.code == -signal.SIGKILL:
            return {"code": "job.killed", "params": {"step": job.step}}
        if ending.code is None:
            return {"code": "job.lost", "params": {"step": job.step}}
        said = last_words(self._ctx.settings, job.id, job.attempt)
        if ending.code < 0:
            name = signal.Signals(-ending.code).name if -ending.code in set(signal.Signals) else str(-ending.code)
            return {"code": "job.signalled", "params": {"step": job.step, "signal": name, "said": said}}
        return {"code": "job.crashed", "params": {"step": job.step, "exit_code": ending.code, "said": said}}

    def _end(self, job_id: int, attempt: int, status: JobStatus, error: dict[str, Any] | None) -> None:
        with self._ctx.db.write() as s:
            ended = queries.end_attempt(s, job_id, attempt, status=status, error=error)
        if ended:
            level = logging.WARNING if error else logging.INFO
            _log.log(level, "Job %d, attempt %d: %s %s", job_id, attempt, status, error or "")

    def _hasten(self, job: Job) -> None:
        """A cancelled worker that does not end by itself is ended: gently first, then hard."""
        who = _identity(job)
        if who is None or not same_space(job.boot_id):
            return
        now = time.monotonic()
        waited = now - self._cancel_seen.setdefault((job.id, job.attempt), now)
        light = known_kind(job.kind).light
        grace = min(self._cancel_grace, LIGHT_GRACE_SECONDS) if light else self._cancel_grace
        if waited > grace:
            self._executor.end(who, hard=waited > grace + KILL_GRACE_SECONDS)


def _identity(job: Job) -> Identity | None:
    if job.pid is None or job.pid_created is None:
        return None
    return Identity(job.pid, job.pid_created, job.nonce)
