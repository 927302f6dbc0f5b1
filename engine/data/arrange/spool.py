"""Records whose conversations lie scattered over a file: written down one after another, and read group by group."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item, conversation, is_blank, raw_of
from engine.data.arrange.groups import GroupFinder
from engine.data.arrange.trees import ways
from engine.data.readers.arranged_reader import arranged_item, arranged_line
from engine.data.records.record import Record, Rejected
from engine.data.schema.contents import says_something


def scattered(items: Iterator[Item], plan: Arrangement, path: Path) -> Iterator[Item]:
    """The conversations of a file, whatever the order of its messages. What could not be read comes first.

    Args:
        path: of a file for the meantime, which is removed; in memory there are 24 bytes for a record.
    """
    try:
        groups, offsets = GroupFinder(plan), array("Q")
        with path.open("wb") as file:
            for item in items:
                if isinstance(item, Rejected):
                    yield item
                elif (odd := without_id(item, plan)) is not None:
                    yield odd
                elif not is_blank(item, plan):
                    groups.add(item)
                    offsets.append(file.tell())
                    file.write(arranged_line(item))
        with path.open("rb") as file:
            for places in groups.found():
                yield from together([_at(file, offsets[place]) for place in places.tolist()], plan)
    finally:
        path.unlink(missing_ok=True)


def _at(file: BinaryIO, offset: int) -> Record:
    file.seek(offset)
    found = arranged_item(file.readline())
    assert isinstance(found, Record)
    return found


def without_id(record: Record, plan: Arrangement) -> Rejected | None:
    """Why a message belongs to no conversation; None where it does."""
    if is_blank(record, plan) or plan.id is None or says_something(record.values.get(plan.id)):
        return None
    return Rejected(
        "data.arrange.no_id", record.row, record.line, plan.id, {"column": plan.id}, raw_of(record), record.file
    )


def together(messages: list[Record], plan: Arrangement) -> Iterator[Item]:
    """The conversations of one group."""
    if plan.how == "tree":
        return ways(messages, plan)
    return iter((conversation(messages, plan),))
