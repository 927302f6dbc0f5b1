"""Who a process is. A pid alone says little: it is reused, and it means another process on another boot or in another container."""

from __future__ import annotations

import contextlib
import os
import signal
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

NONCE_VARIABLE = "TUNESMITH_JOB_NONCE"
_SAME_TIME_SECONDS = 0.05


@dataclass(frozen=True)
class Identity:
    """One process for ever: pid, creation time, and the secret that it was started with."""

    pid: int  # of the operating system; used again after its end
    created: float  # seconds since 1970
    nonce: str | None = None  # None where it is not checked


def identify(pid: int, nonce: str | None = None) -> Identity | None:
    """The identity of a living process; None when there is none of that pid."""
    try:
        return Identity(pid, psutil.Process(pid).create_time(), nonce)
    except psutil.Error:
        return None


def is_alive(who: Identity) -> bool:
    """Whether that very process still runs. A zombie does not, nor does a stranger with the same pid."""
    try:
        process = psutil.Process(who.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if abs(process.create_time() - who.created) < _SAME_TIME_SECONDS:
            return True
        # The creation time is reckoned from the wall clock, which may have been set: the nonce decides.
        return who.nonce is not None and process.environ().get(NONCE_VARIABLE) == who.nonce
    except (psutil.Error, OSError):
        return False


def end(who: Identity, *, hard: bool = False) -> None:
    """Ask the process group of `who` to end (SIGTERM), or end it (SIGKILL). Does nothing to a stranger with the same pid."""
    if not is_alive(who):
        return
    number = signal.SIGKILL if hard else signal.SIGTERM
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(who.pid) == who.pid:
            os.killpg(who.pid, number)
        else:
            os.kill(who.pid, number)


def new_nonce() -> str:
    """A secret for one start of one job."""
    return uuid.uuid4().hex


@cache
def this_boot() -> str:
    """Names this run of the operating system and this container: "boot|pid namespace"."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        return f"{int(psutil.boot_time())}|host"
    return f"{boot}|{space}"


def same_boot(stored: str | None) -> bool:
    """Whether monotonic times stored under that name can be compared with ours."""
    return (stored or "").split("|")[0] == this_boot().split("|")[0]


def same_space(stored: str | None) -> bool:
    """Whether pids stored under that name are pids that we can see."""
    return stored == this_boot()
