"""How a command talks to the person at the terminal, in their language."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TextIO

from engine.core.errors import Fault, NotFound, SpecError, TunesmithError
from engine.core.shapes import CodedMessage
from engine.shapes.jobs import JobView

_LISTED = {"dataset": "data", "model": "models", "base_model": "models", "tuned": "models", "job": "jobs"}
_PIPE_CLOSED = 141  # what a shell tells of a command that wrote where nobody reads


class Translate(Protocol):
    """A text of the catalogue: (language, key, params)."""

    def __call__(self, language: str, key: str, /, **params: Any) -> str:
        """The text, filled in."""


@dataclass
class Console:
    """A terminal and a language."""

    language: str  # a folder in engine/texts
    translate: Translate  # texts of the catalogue
    explain: Callable[[str, TunesmithError], str]  # (language, error) -> its sentence
    out: TextIO = field(default_factory=lambda: sys.stdout)  # where it is written
    err: TextIO | None = None  # where what went wrong is written; None: as everything else
    _open_line: bool = False

    def text(self, key: str, /, **params: Any) -> str:
        """A text of the catalogue."""
        return self.translate(self.language, key, **params)

    def say(self, key: str, /, **params: Any) -> None:
        """Print a text of the catalogue."""
        self.line(self.text(key, **params))

    def line(self, text: str = "") -> None:
        """Print a line, below a status line that is still open."""
        self.end_status()
        print(text, file=self.out, flush=True)

    def part(self, text: str) -> None:
        """Print a part of a line at once."""
        self.end_status()
        print(text, end="", file=self.out, flush=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a line can be drawn over."""
        return self.out.isatty()

    def status(self, text: str) -> None:
        """Draw over the last status line; where that cannot be done, print a line."""
        if not self.is_terminal:
            self.line(text)
            return
        width = shutil.get_terminal_size().columns - 1
        print("\r\x1b[2K" + text[:width], end="", file=self.out, flush=True)
        self._open_line = True

    def end_status(self) -> None:
        """Leave the status line as it is and go on below it."""
        if self._open_line:
            print(file=self.out, flush=True)
            self._open_line = False

    def fault(self, error: TunesmithError) -> None:
        """Print an error's sentence; of a form with faults each one, behind the name of its field."""
        self.end_status()
        if isinstance(error, SpecError):
            said = [f"{field_name}: {self.sentence(fault)}" for field_name, fault in error.faults.items()]
        else:
            said = [self.sentence(error.as_dict())]
        print(*said, sep="\n", file=self.err or self.out, flush=True)

    def sentence(self, fault: CodedMessage) -> str:
        """A fault's sentence; of something that is not there, with the command that lists what is."""
        said = self.explain(self.language, Fault(fault["code"], **fault["params"]))
        kinds = fault["params"] if fault["code"] == NotFound.code else {}
        hints = [self.text(f"cli.find.{_LISTED[kind]}") for kind in kinds if kind in _LISTED]
        return " ".join([said, *hints])


class JobPrinter:
    """Prints a job's status message as it changes: over itself at a terminal, else at most every `seconds`."""

    def __init__(self, console: Console, *, seconds: float = 5.0) -> None:
        self._console, self._seconds = console, seconds
        self._told, self._told_state, self._when = "", "", 0.0

    def __call__(self, view: JobView) -> None:
        """Hear of a job's newest view."""
        text = status_text(self._console, view)
        state = f"{view['status']} {view['headline']['code']}"
        due = self._console.is_terminal or state != self._told_state or time.monotonic() - self._when > self._seconds
        if text != self._told and due:
            self._told, self._told_state, self._when = text, state, time.monotonic()
            self._console.status(text)


def status_text(console: Console, view: JobView) -> str:
    """A job's state in one sentence, with its name."""
    told = view["headline"]
    texts: Mapping[str, Any] = told.get("text") or {}
    sentence = texts.get(console.language) or console.text(f"headline.{told['code']}", **told["params"])
    if view["error"]:
        sentence += " " + console.sentence(view["error"])
    if view["resume_advice"] and view["status"] == "failed":  # of the other ends the headline tells
        sentence += " " + console.text(f"resume.{view['resume_advice']['code']}", **view["resume_advice"]["params"])
    return f"{view['name']}: {sentence}"


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """Within, a reader that has enough (`| head`) ends the command without a word."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _leave()
    except SystemExit:  # help was printed
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _leave()
        raise


def _leave() -> NoReturn:
    """What is still to be written goes nowhere: Python would complain of it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())
    raise SystemExit(_PIPE_CLOSED)


@contextmanager
def on_interrupt(act: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C within calls `act` (on a thread, as this one may hold the database); the next one is as always."""

    def first(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        threading.Thread(target=act, daemon=True).start()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
