"""The conversations of an import, written down as they are put together, so that reading can go on behind any of them."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item, Runs, key_of
from engine.data.arrange.exchanges import as_plain, prepared
from engine.data.arrange.nested import unfolded
from engine.data.arrange.spool import scattered
from engine.data.readers.arranged_reader import arranged_line
from engine.data.records.bounds import HEED_EVERY, check_disk
from engine.data.records.record import Record

_DISK_EVERY = 64 * HEED_EVERY  # conversations
Read = Callable[[], Iterator[Item]]


def write_arranged(read: Read, plan: Arrangement, path: Path) -> Path:
    """The file of arranged records, made unless it is there already.

    Args:
        read: reads all records of the source from the beginning; what it raises leaves no file.
    """
    if path.is_file():
        return path
    part = path.with_suffix(".part")
    simple = as_plain(plan)
    try:
        if plan.how == "nested":
            _write(unfolded(read(), plan), part)
        elif plan.how == "tree" or not _in_runs(prepared(read(), plan), simple, part):
            _write(scattered(prepared(read(), plan), simple, path.with_suffix(".spool")), part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def _in_runs(items: Iterator[Item], plan: Arrangement, part: Path) -> bool:
    """Write conversations whose messages follow each other; False where one was taken up again later."""
    keys = array("q")

    def watched() -> Iterator[Item]:
        last = None
        for item in items:
            if plan.id is not None and isinstance(item, Record) and (key := key_of(item, plan.id)) != last:
                last = key
                keys.append(hash(key))
            yield item

    _write(in_runs(watched(), plan), part)
    return len(set(keys)) == len(keys) if len(keys) < _FEW else _all_differ(keys)


_FEW = 100_000


def _all_differ(keys: array[int]) -> bool:
    import numpy as np

    found = np.sort(np.frombuffer(keys, dtype=np.int64))
    return not bool((found[1:] == found[:-1]).any())


def in_runs(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    """The conversations of messages that follow each other."""
    runs = Runs(plan)
    for item in items:
        yield from runs.add(item)
    yield from runs.rest()


def _write(items: Iterator[Item], path: Path) -> None:
    with path.open("wb") as file:
        for number, item in enumerate(items):
            if number % _DISK_EVERY == 0:
                check_disk(path.parent)
            file.write(arranged_line(item))
