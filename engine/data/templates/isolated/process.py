"""One life of a child process, as its parent sees it."""

from __future__ import annotations

import mmap
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.data.templates.isolated.limits import ChildLimits
from engine.data.templates.isolated.wire import (
    BEAT,
    PLACE,
    Closed,
    TooLate,
    TooLong,
    packed,
    receive,
    unpacked,
    wait_for,
)

_PROJECT = Path(__file__).resolve().parents[4]
_ENVIRONMENT = {
    "TOKENIZERS_PARALLELISM": "false",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
    "MALLOC_TOP_PAD_": "16777216",
    "MALLOC_MMAP_THRESHOLD_": "67108864",
    "RUST_BACKTRACE": "0",
    "PYTHONPATH": str(_PROJECT),
    "PYTHONDONTWRITEBYTECODE": "1",
}
_HANDED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")  # no secret is among them
_LAST_WORDS = 4_000
_NO_MEMORY = ("memory allocation of", "MemoryError", "Cannot allocate memory", "capacity overflow")
_END_S = 5.0


class Ended(Exception):
    """The child ended before it answered.

    Attributes:
        why: "slow", "memory", "much" (the answer was too long), "killed" or "" where nothing is known.
        place: of the row that it worked on, -1 before the first.
        words: what it said last.
    """

    def __init__(self, why: str, place: int, words: str) -> None:
        self.why, self.place, self.words = why, place, words
        super().__init__(why, place, words)


class Child:
    """A child process. Serves one request at a time."""

    def __init__(self, limits: ChildLimits) -> None:
        self._limits = limits
        self.served = ""  # the model of its last request
        self._log = tempfile.TemporaryFile(mode="a+b", buffering=0)  # noqa: SIM115 (as long as the child)
        with tempfile.TemporaryFile() as shared:
            shared.truncate(PLACE.size)
            self._place = mmap.mmap(shared.fileno(), PLACE.size)
            self.popen = self._start(shared.fileno())
        assert self.popen.stdin
        assert self.popen.stdout
        self._sink, self._source = self.popen.stdin.fileno(), self.popen.stdout.fileno()
        os.set_blocking(self._sink, False)

    def _start(self, place: int) -> subprocess.Popen[bytes]:
        how = self._limits
        said = (how.row_s, how.load_s, how.memory_bytes, how.idle_s, place)
        return subprocess.Popen(
            [sys.executable, "-m", "engine.data.templates.isolated.child", *map(str, said)],
            cwd=_PROJECT,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ} | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            pass_fds=(place,),
            start_new_session=True,
        )

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.popen.poll() is None

    def ask(self, request: Any, end: float) -> Any:
        """Its answer. Raises Ended; the child is no more then.

        Args:
            end: when the whole must be done, in seconds of the monotonic clock.
        """
        PLACE.pack_into(self._place, 0, -1)
        try:
            self._send(packed(request))
            while True:
                payload = receive(lambda count: self._read(count, end), self._limits.answer_bytes)
                if payload != BEAT:
                    return unpacked(payload)
        except TooLate:
            raise self._ended("slow") from None
        except TooLong:
            raise self._ended("much") from None
        except (Closed, BrokenPipeError, ConnectionResetError):
            raise self._ended("") from None
        except BaseException:  # whoever waits was interrupted: what comes later is nobody's
            self.close()
            raise

    def _send(self, message: bytes) -> None:
        left = memoryview(message)
        while left:
            wait_for(self._sink, select.POLLOUT, time.monotonic() + self._limits.load_s)
            left = left[os.write(self._sink, left) :]

    def _read(self, count: int, end: float) -> bytes:
        patience = self._limits.load_s if PLACE.unpack_from(self._place, 0)[0] < 0 else self._limits.row_s
        wait_for(self._source, select.POLLIN, min(end, time.monotonic() + patience + _SLACK_S))
        return os.read(self._source, count)

    def _ended(self, why: str) -> Ended:
        if why:
            self.popen.kill()
        try:
            code = self.popen.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        words, (place,) = self._last_words(), PLACE.unpack_from(self._place, 0)
        self.close()
        if not why and code == -signal.SIGALRM:
            why = "slow"
        if not why and any(sign in words for sign in _NO_MEMORY):
            why = "memory"
        if not why and code == -signal.SIGKILL:  # by the system, which may have had others in mind
            why = "killed"
        return Ended(why, place, words.strip().rpartition("\n")[2][:300] or f"exit code {code}")

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), _LAST_WORDS, max(0, size - _LAST_WORDS)).decode("utf-8", "replace")

    def close(self) -> None:
        """End it at once."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        self.forget()

    def forget(self) -> None:
        """Let go of it without ending it: it is another process's child."""
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                pipe.close()
        self._log.close()


_SLACK_S = 0.3  # a beat may come so much later than the row began
