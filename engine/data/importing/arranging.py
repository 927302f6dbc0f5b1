"""A source under another arrangement of its records than the one that was detected, and its records under the one it has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from engine.data.arrange.arrangement import AS_THEY_STAND, Arrangement, arrangement_of, check_columns_of
from engine.data.arrange.conversations import Item
from engine.data.arrange.names import MEMBERS, bearing
from engine.data.arrange.proposals import arranged, columns_of, splitter
from engine.data.arrange.sample import LOOKED_AT, first_conversations
from engine.data.arrange.written import write_arranged
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.readers.source_file import SourceFile
from engine.data.records.bounds import ReadingBudget
from engine.data.records.record import Record

T = TypeVar("T")
_WRITTEN = "arranged.jsonl"


def plan_of(source: DetectedUpload) -> Arrangement:
    """How the records of a source become conversations."""
    return arrangement_of(source.arrange) or AS_THEY_STAND


def rearranged(source: DetectedUpload, wanted: Mapping[str, Any] | None, budget: ReadingBudget) -> DetectedUpload:
    """The source under a chosen arrangement, with the columns that its records have then; None: as it is.

    Raises:
        Fault: "data.arrange.unknown", "data.arrange.no_column".
    """
    plan = arrangement_of(wanted)
    if plan is None or plan == plan_of(source):
        return source
    plain = source.plain_columns or source.columns
    check_columns_of(plan, plain)
    told = replace(source, arrange=plan.as_json(), plain_columns=plain)
    known = next((way for way in source.ways if arrangement_of(way["arrange"]) == plan), None)
    if known is not None or plan == AS_THEY_STAND:
        return replace(told, columns=known["columns"] if known else plain)
    items = list(islice(source.records(budget), LOOKED_AT))
    found = arranged(items, plan, cut=len(items) == LOOKED_AT)
    return replace(told, columns=columns_of([item.values for item in found if isinstance(item, Record)]))


def first_records(
    source: DetectedUpload, budget: ReadingBudget, see: Callable[[Mapping[str, Any]], None] | None = None
) -> Iterator[Item]:
    """The records of a source as they are arranged. Of those that span several only the first ones, then Later is raised.

    Args:
        see: is shown each record that becomes part of one that spans several.
    """
    plan, records = plan_of(source), source.records(budget)
    return first_conversations(_seen(records, see), plan) if plan.spans else records


def _seen(items: Iterator[Item], see: Callable[[Mapping[str, Any]], None] | None) -> Iterator[Item]:
    for item in items:
        if see is not None and isinstance(item, Record):
            see(item.values)
        yield item


def used_of(source: DetectedUpload) -> frozenset[str]:
    """The columns of single messages that become part of a conversation or stay beside it."""
    members = bearing(MEMBERS, source.plain_columns)
    return plan_of(source).used | frozenset((*source.columns, *members))


def with_split_texts(plan: Arrangement, convert: Callable[[Record], T]) -> Callable[[Record], T]:
    """A converter of records whose filled-in texts are taken apart before."""
    if plan.how != "filled":
        return convert
    split = splitter(plan)
    return lambda record: convert(split(record))


def written_source(source: DetectedUpload, folder: Path, budget: ReadingBudget) -> DetectedUpload:
    """The source with its conversations written down in a folder, where they span records; else itself."""
    plan = plan_of(source)
    if not plan.spans:
        return source
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _WRITTEN
    write_arranged(lambda: source.records(ReadingBudget(heed=budget.heed)), plan, path)
    return replace(source, files=(SourceFile(path, source.files[0].name, "arranged"),))


def forget_written(folder: Path) -> None:
    """Remove what `written_source` has left."""
    (folder / _WRITTEN).unlink(missing_ok=True)
