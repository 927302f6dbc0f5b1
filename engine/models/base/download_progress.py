"""Runs a downloading child and tells its progress by the bytes that it has written."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault

if TYPE_CHECKING:
    from engine.jobs.reporter import Reporter

_LOOK_SECONDS = 0.25


class ByteProgress:
    """Tells a reporter how far a piece of work is, and hears from it when the user cancels."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self._done = self._total = 0

    def phase(self, name: str, total: int = 0) -> None:
        """Begin a phase of `total` bytes (0: unknown)."""
        self._done, self._total = 0, total
        self.reporter.phase(name)
        self.at(0)

    def at(self, done: int) -> None:
        """Bytes done in this phase. Raises Cancelled."""
        self._done = min(done, self._total) if self._total else done
        self.reporter.progress(self._done, self._total or None)
        self.reporter.heed()

    def more(self, count: int) -> None:
        """So many bytes more. Raises Cancelled."""
        self.at(self._done + count)

    def note(self, text: str) -> None:
        """A line for the job's log."""
        self.reporter.log("info", text)


@dataclass(frozen=True)
class Outcome:
    """How a child ended: its exit code and all that it printed."""

    code: int  # as of `subprocess`; negative: the signal
    printed: str  # standard output

    @property
    def last_line(self) -> str:
        """The last line that is not empty."""
        lines = [line for line in self.printed.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""

    def raise_fault(self) -> None:
        """Raise the fault that the child printed as {"code", "params"} in its last line."""
        try:
            told = json.loads(self.last_line)
            fault = Fault(told["code"], **told["params"])
        except (ValueError, KeyError, TypeError):
            fault = Fault("model.download_failed", reason=self.last_line[:300])
        raise fault


def run_watched(
    argv: Sequence[str],
    folder: Path,
    progress: ByteProgress,
    environment: Mapping[str, str] | None = None,
    told: str = "",
) -> Outcome:
    """Run a child that writes into `folder`; its bytes are the progress. It dies with a cancel.

    Args:
        told: what it reads from its standard input.

    Raises:
        Cancelled: the user no longer wants it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / ".output.txt"
    with output.open("wb") as log, tempfile.TemporaryFile() as words:
        words.write(told.encode())
        words.seek(0)
        child = subprocess.Popen(
            list(argv), stdin=words, stdout=log, stderr=subprocess.STDOUT,
            env=os.environ | dict(environment or {}),
        )  # fmt: skip
        try:
            while child.poll() is None:
                progress.at(_size(folder))
                time.sleep(_LOOK_SECONDS)
        except BaseException:
            child.kill()
            child.wait()
            raise
    printed = output.read_text("utf-8", "replace")
    output.unlink()
    return Outcome(child.returncode, printed)


def _size(folder: Path) -> int:
    """Bytes in a folder, whose files may come and go meanwhile."""
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(place, name)).st_blocks * 512
            except OSError:
                continue
    return total
