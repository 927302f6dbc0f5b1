"""Where jobs run. The database is the only record of truth; an executor only starts, watches and ends workers."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Protocol

from engine.core.process import Identity
from engine.core.settings import Settings


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes:
        ours: whether it was our own child; of others no more is known.
        code: exit code as of `subprocess` (negative: the signal).
        out_of_memory: the kernel killed it for want of memory.
    """

    ours: bool = False
    code: int | None = None
    out_of_memory: bool = False


class Executor(Protocol):
    """Starts a worker for one attempt of one job, and knows whether it still runs."""

    def start(self, settings: Settings, job_id: int, attempt: int, nonce: str) -> Identity:
        """Start a worker that outlives us. Raises OSError when it cannot be started."""

    def is_alive(self, who: Identity) -> bool:
        """Whether that very worker still runs, whoever started it."""

    def ending(self, who: Identity) -> Ending:
        """How a worker that is gone ended, as far as can be known."""

    def end(self, who: Identity, *, hard: bool) -> None:
        """Ask a worker to end, or (hard) end it with all that it started."""

    def settle(self, active: Set[Identity]) -> bool:
        """Collect our children that ended and are not among `active`. Gives whether others are left."""
