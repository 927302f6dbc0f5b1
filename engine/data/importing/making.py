"""Pieces of a source made into rows as they are stored: here, or by several processes at once, in the order of the source.

No more is sent to a helper than fits into its pipe or it is ready to read, so that memory stays bounded and no two ends wait for each
other; while all are busy, this process makes pieces too, and also what a helper that ended leaves undone.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from engine.data.arrange.arrangement import Arrangement
from engine.data.importing.arranging import with_split_texts
from engine.data.importing.reading import Convert, Lines, Piece, Place
from engine.data.records.record import Rejected
from engine.data.rows.drafts import MadeRows, made_rows
from engine.data.schema.mapping import ColumnMapping
from engine.data.schema.normalise import normaliser
from engine.data.splits.plan import SplitPlan, keeping

MOST_PROCESSES = 8
_LONG = 8 * 2**20  # bytes of files from which on processes of their own are worth their start
_PROJECT = Path(__file__).resolve().parents[3]
_ENDED = (EOFError, OSError)


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a piece.

    Attributes:
        rows: those that can be used, with their ids.
        rejected: those that cannot, in order.
    """

    rows: MadeRows
    rejected: list[Rejected]


def make(piece: Piece, convert: Convert, first_id: int) -> Made:
    """The rows of a piece. A row's id is its place among all records, of which the piece begins with `first_id`."""
    outcomes = list(enumerate(piece.outcomes(convert), first_id))
    rejected = [item for _place, item in outcomes if isinstance(item, Rejected)]
    return Made(
        made_rows(
            (item, place, item.pop("split", "train")) for place, item in outcomes if not isinstance(item, Rejected)
        ),
        rejected,
    )


def helpers_for(size: int, cores: int) -> int:
    """How many processes help with a source of so many bytes."""
    return min(cores, MOST_PROCESSES) - 1 if size >= _LONG else 0


@dataclass(slots=True, eq=False)
class _Task:
    """A piece under way: with a helper, or made."""

    piece: Piece
    first_id: int
    place: Place
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How records become rows.

    Attributes:
        plan: which columns are what.
        arrangement: whether filled-in texts are taken apart before.
        splits: where the rows' parts come from; None: they are drawn later.
        files: names of the files.
    """

    plan: ColumnMapping
    arrangement: Arrangement
    splits: SplitPlan | None
    files: tuple[str, ...]

    def convert(self) -> Convert:
        """What makes a row of a record, or raises RowFault."""
        return self.around(normaliser(self.plan))

    def around(self, convert: Convert) -> Convert:
        """The same around a normaliser that somebody listens to."""
        return with_split_texts(self.arrangement, keeping(convert, self.splits, self.files))


class Makers:
    """Makes pieces, with helpers; used as a context, behind which they are gone.

    Args:
        recipe: how records become rows.
        helpers: how many processes there are beside this one.
        convert: what this process makes rows with, where it is not the recipe alone.
    """

    def __init__(self, recipe: Recipe, helpers: int, convert: Convert | None = None) -> None:
        self._convert = convert or recipe.convert()
        self._helpers = [_Helper(recipe) for _ in range(helpers)]
        self._most = 2 + 3 * helpers

    def __enter__(self) -> Makers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for helper in self._helpers:
            helper.end()

    def made(self, pieces: Iterator[tuple[Piece, Place]], first_id: int) -> Iterator[tuple[Made, Place]]:
        """Every piece with the place behind it, in order; the first record's id is `first_id`."""
        tasks: deque[_Task] = deque()
        for piece, place in pieces:
            tasks.append(self._begin(_Task(piece, first_id, place)))
            first_id = place.items
            while tasks and (tasks[0].made or len(tasks) > self._most):
                yield self._end(tasks.popleft())
        while tasks:
            yield self._end(tasks.popleft())

    def _begin(self, task: _Task) -> _Task:
        for helper in self._helpers:
            if helper.takes(task):
                return task
        return self._make(task)

    def _make(self, task: _Task) -> _Task:
        task.made = make(task.piece, self._convert, task.first_id)
        return task

    def _end(self, task: _Task) -> tuple[Made, Place]:
        while task.made is None:
            helper = next((one for one in self._helpers if task in one.tasks), None)
            if helper is None or not helper.wait():  # it has ended
                self._make(task)
        assert task.made is not None
        return task.made, task.place


class _Helper:
    """A process that makes pieces: one at hand and, where that is a few bytes in the pipe, one more that waits."""

    def __init__(self, recipe: Recipe) -> None:
        self.tasks: deque[_Task] = deque()
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "engine.data.importing.maker", str(theirs.fileno())]
            self._process = subprocess.Popen(command, cwd=_PROJECT, pass_fds=(theirs.fileno(),))
        self._pipe = Connection(ours.detach())
        self._alive = True
        self._said(lambda: self._pipe.send(recipe))

    def takes(self, task: _Task) -> bool:
        """Give it a piece, if it has room for one."""
        while self.tasks and self._alive and self._pipe.poll():
            self.wait()
        if not self._alive or len(self.tasks) > isinstance(task.piece, Lines):
            return False
        if self._said(lambda: self._pipe.send((task.piece.for_another(), task.first_id))):
            self.tasks.append(task)
        return self._alive

    def wait(self) -> bool:
        """Until its next piece is made; False where it has ended."""
        if self._said(lambda: setattr(self.tasks[0], "made", self._pipe.recv())):
            self.tasks.popleft()
        return self._alive

    def _said(self, talk: Callable[[], None]) -> bool:
        """Whether it was there to talk to; what it leaves undone is made by others."""
        try:
            talk()
        except _ENDED:
            self._alive = False
            self.tasks.clear()
        return self._alive

    def end(self) -> None:
        """Leave no process behind."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()


def serve(pipe: Connection) -> None:
    """In the process: until the other end closes."""
    with contextlib.suppress(*_ENDED, KeyboardInterrupt):
        convert = pipe.recv().convert()
        gc.freeze()
        gc.disable()
        while True:
            piece, first_id = pipe.recv()
            pipe.send(make(piece, convert, first_id))
            gc.collect(0)
