"""From an upload to stored rows: read, normalise, count, split. Memory stays small whatever the file's size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from engine.data.normalise import Row, normaliser
from engine.data.records import Record, Rejected, RowFault
from engine.data.shapes import make_plan, shape_of
from engine.data.shapes.contents import MOST_LABELS
from engine.data.sniff import Sniffed
from engine.data.store import RowsWriter, Stored

MAX_REJECTED_KEPT = 5_000
_PREVIEW_ROWS = 500
Templates = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Imported:
    """The outcome: stored rows (None when no row could be used), counts, and the first of the rejected rows."""

    stored: Stored | None
    rejected: int
    kept: list[Rejected]
    stats: dict[str, Any]


@dataclass
class Preview:
    """The first rows under a mapping.

    Attributes:
        kept: columns that are not learnt and stay beside the rows.
        classes: of a classification, how often each answer was seen, the most frequent first.
    """

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    checked: int = 0
    kept: list[str] = field(default_factory=list)
    classes: dict[str, int] = field(default_factory=dict)


def _converter(
    source: Sniffed, shape: str | None, mapping: Mapping[str, str], templates: Templates | None
) -> Callable[[Record], Row]:
    return normaliser(make_plan(shape_of(shape), mapping, source.columns, templates))


def _outcomes(source: Sniffed, convert: Callable[[Record], Row]) -> Iterator[Row | Rejected]:
    for item in source.records():
        if isinstance(item, Rejected):
            yield item
            continue
        try:
            yield convert(item)
        except RowFault as fault:
            yield fault.rejected(item)


def preview(
    source: Sniffed, shape: str | None, mapping: dict[str, str], limit: int, templates: Templates | None = None
) -> Preview:
    """At most `limit` rows that work and as many that do not, from the beginning of the file."""
    found, kept, classes = Preview(), dict[str, None](), Counter[str]()
    for item in islice(_outcomes(source, _converter(source, shape, mapping, templates)), _PREVIEW_ROWS):
        found.checked += 1
        if isinstance(item, Rejected):
            if len(found.rejected) < limit:
                found.rejected.append(item)
            continue
        kept.update(dict.fromkeys(item.get("extra", ())))
        if shape == "classification":
            classes[item["messages"][-1]["content"]] += 1
        if len(found.rows) < limit:
            found.rows.append(item)
    found.kept, found.classes = list(kept), dict(classes.most_common(MOST_LABELS))
    return found


def import_rows(
    source: Sniffed,
    shape: str | None,
    mapping: dict[str, str],
    folder: Path,
    *,
    val_fraction: float,
    seed: int,
    templates: Templates | None = None,
) -> Imported:
    """Read the whole file and store its rows under `folder`."""
    rejected = 0
    kept: list[Rejected] = []
    with RowsWriter(folder) as writer:
        for place, item in enumerate(_outcomes(source, _converter(source, shape, mapping, templates))):
            if isinstance(item, Rejected):
                rejected += 1
                writer.tally.reject(item.code)
                if len(kept) < MAX_REJECTED_KEPT:
                    kept.append(item)
            else:
                writer.add(item, place)
        stored = writer.finish(val_fraction, seed) if len(writer) else None
        stats = writer.tally.as_dict(stored.duplicates if stored else 0)
    return Imported(stored, rejected, kept, stats)
