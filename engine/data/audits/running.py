"""Looking through one rows file with many checks: each check by itself, several at once in processes of their own."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Protocol

from engine.core.errors import NotFound
from engine.data.audits.packing import PackedFindings, pack
from engine.data.quality import check_of
from engine.data.quality.base import Reader
from engine.data.rows.row import Row, kind_of
from engine.data.templates.template import ChatTemplate

FEW_ROWS = 1_500  # with fewer, starting processes takes longer than the checks
_TELL_EVERY = 256  # rows
_BEAT = 0.5  # seconds between looks at what the processes do


class Stopped(Exception):
    """Somebody asked to end the work."""


@dataclass(frozen=True)
class ChecksRun:
    """What is looked through.

    Attributes:
        path: the rows file.
        folder: where scratch folders are made.
        models: base model -> folder of its tokenizer and its context in tokens, for checks that ask for one.
    """

    path: Path
    folder: Path
    models: Mapping[int, tuple[Path, int]] = field(default_factory=dict)


class RowsMaterial:
    """A `Material` over one rows file; `tell` hears of every row that is read and may raise `Stopped`."""

    def __init__(self, job: ChecksRun, scratch: Path, tell: Callable[[int], None] = lambda _rows: None) -> None:
        from engine.data.rows.index import RowIndex

        self._index, self._job, self._scratch, self._tell = RowIndex.open(job.path), job, scratch, tell
        self.count = len(self._index)
        self.kind = kind_of(self._index.rows([0])[0]) if self.count else "text"

    def rows(self) -> Iterator[Row]:
        """Every row, with its "id"."""
        from engine.data.records.quick_json import stored_row

        with self._job.path.open("rb") as file:
            for place, line in enumerate(file):
                if place % _TELL_EVERY == 0:
                    self._tell(_TELL_EVERY)
                row = stored_row(line)
                row.setdefault("id", place)
                yield row

    def read(self, places: Sequence[int]) -> list[Row]:
        """The rows at these places, in the order asked for."""
        self._tell(0)
        return self._index.rows(places)

    def scratch(self) -> Path:
        """A folder for what does not fit into memory."""
        return self._scratch

    def reader(self, model: int) -> Reader:
        """How a base model reads. Raises NotFound."""
        if model not in self._job.models:
            raise NotFound(model=model)
        folder, context = self._job.models[model]
        return Reader(ChatTemplate.load(folder), context)


def run_check(
    job: ChecksRun, key: str, values: Mapping[str, Any], tell: Callable[[int], None] = lambda _rows: None
) -> PackedFindings:
    """All that one check finds. Raises what `tell` raises."""
    scratch = Path(tempfile.mkdtemp(prefix="audit-", dir=job.folder))
    try:
        return pack(check_of(key).run(RowsMaterial(job, scratch, tell), values))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class Told(Protocol):
    """Who hears of the work."""

    def progress(self, share: float) -> None:
        """How much is done, 0 to 1. Raises to end the work."""

    def found(self, check: str, packed: PackedFindings, seconds: float) -> None:
        """A check is through."""


def run_checks(job: ChecksRun, wanted: Mapping[str, Mapping[str, Any]], told: Told, *, processes: int) -> None:
    """Make all checks; the long ones first. Ends early with what `told.progress` raises."""
    from engine.data.rows.index import RowIndex

    rows = len(RowIndex.open(job.path))
    keys = sorted(wanted, key=lambda key: -check_of(key).weight)
    if rows < FEW_ROWS or processes < 2:
        _here(job, keys, wanted, told, rows)
    else:
        _apart(job, keys, wanted, told, rows, min(processes, len(keys)))


def _here(job: ChecksRun, keys: list[str], wanted: Mapping[str, Mapping[str, Any]], told: Told, rows: int) -> None:
    weights = {key: check_of(key).weight for key in keys}
    whole, done = sum(weights.values()) or 1, 0
    for key in keys:
        seen = 0

        def tell(more: int, key: str = key, before: int = done) -> None:
            nonlocal seen
            seen += more
            told.progress((before + weights[key] * _share(seen, rows)) / whole)

        start = time.monotonic()
        packed = run_check(job, key, wanted[key], tell)
        told.found(key, packed, time.monotonic() - start)
        done += weights[key]
    told.progress(1.0)


def _share(seen: int, rows: int) -> float:
    """How far a check is that has read so many rows: nobody knows how often it will read them."""
    return 0.9 * min(1.0, seen / max(1, rows))


_shared: dict[str, Any] = {}


def _prepare(seen: Any, stop: Any) -> None:
    _shared.update(seen=seen, stop=stop)


def _in_process(job: ChecksRun, key: str, values: Mapping[str, Any], place: int) -> tuple[PackedFindings, float]:
    seen, stop = _shared["seen"], _shared["stop"]

    def tell(more: int) -> None:
        seen[place] += more
        if stop.value:
            raise Stopped

    start = time.monotonic()
    return run_check(job, key, values, tell), time.monotonic() - start


def _apart(
    job: ChecksRun, keys: list[str], wanted: Mapping[str, Mapping[str, Any]], told: Told, rows: int, processes: int
) -> None:
    context = get_context("spawn")
    seen = context.Array("q", len(keys), lock=False)
    stop: Synchronized[int] = context.Value("b", 0)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare, initargs=(seen, stop)) as pool:
        tasks = {pool.submit(_in_process, job, key, wanted[key], place): key for place, key in enumerate(keys)}
        try:
            _collect(tasks, keys, told, lambda place: _share(seen[place], rows))
        finally:
            stop.value = 1
            pool.shutdown(wait=True, cancel_futures=True)


def _collect(
    tasks: dict[Future[tuple[PackedFindings, float]], str], keys: list[str], told: Told, share: Callable[[int], float]
) -> None:
    weights = {key: check_of(key).weight for key in keys}
    waiting, done = set(tasks), set[str]()
    while waiting:
        ready, waiting = wait(waiting, timeout=_BEAT, return_when=FIRST_COMPLETED)
        for task in ready:
            packed, seconds = task.result()
            done.add(tasks[task])
            told.found(tasks[task], packed, seconds)
        parts = (weights[key] * (1.0 if key in done else share(place)) for place, key in enumerate(keys))
        told.progress(sum(parts) / (sum(weights.values()) or 1))
