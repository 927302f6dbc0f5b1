"""Workers as detached processes of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from engine.core.memory_kills import memory_kills
from engine.core.process import NONCE_VARIABLE, Identity, end, identify, is_alive
from engine.core.settings import Settings
from engine.jobs.executors.base import Ending

PROJECT = Path(__file__).resolve().parents[3]
WORKER = (sys.executable, "-m", "engine.jobs.worker")


def worker_log(settings: Settings, job_id: int, attempt: int) -> Path:
    """The file that holds all that a worker printed."""
    return settings.home / "jobs" / str(job_id) / f"worker-{attempt}.log"


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    kills_before: int | None


class LocalExecutor:
    """Starts each worker in a session of its own, so that it survives us, with its output in a file.

    Args:
        command: what to run; job id and attempt are appended.
    """

    def __init__(self, command: Sequence[str] = WORKER) -> None:
        self._command = tuple(command)
        self._children: dict[Identity, _Child] = {}

    def start(self, settings: Settings, job_id: int, attempt: int, nonce: str) -> Identity:
        """Start a worker. Raises OSError."""
        log = worker_log(settings, job_id, attempt)
        log.parent.mkdir(parents=True, exist_ok=True)
        kills = memory_kills()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*self._command, str(job_id), str(attempt)],
                cwd=PROJECT,
                env=os.environ | settings.child_environment() | {NONCE_VARIABLE: nonce},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        who = identify(process.pid, nonce) or Identity(process.pid, 0.0, nonce)
        self._children[who] = _Child(process, kills)
        return who

    def is_alive(self, who: Identity) -> bool:
        """Reaps our own children; asks the system about those of others."""
        child = self._children.get(who)
        return is_alive(who) if child is None else child.process.poll() is None

    def ending(self, who: Identity) -> Ending:
        """The exit code, when it was our child, and whether the kernel killed for memory meanwhile."""
        child = self._children.get(who)
        if child is None:
            return Ending()
        code = child.process.poll()
        now, before = memory_kills(), child.kills_before
        more = now is not None and before is not None and now > before
        return Ending(ours=True, code=code, out_of_memory=more and code == -signal.SIGKILL)

    def end(self, who: Identity, *, hard: bool) -> None:
        """Signal the worker's whole session, if it is still that worker."""
        end(who, hard=hard)

    def settle(self, active: Set[Identity]) -> bool:
        """Reap our children that ended and are not among `active`. Gives whether others are left."""
        for who in [who for who, child in self._children.items() if child.process.poll() is not None]:
            if who not in active:
                del self._children[who]
        return bool(self._children)


def last_words(settings: Settings, job_id: int, attempt: int, limit: int = 300) -> str:
    """The last line that a worker printed; empty when it printed nothing."""
    try:
        with worker_log(settings, job_id, attempt).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode("utf-8", "replace").lstrip("\ufffd").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip()[:limit] if lines else ""
