"""The parts that an upload brings, with the reason: by its data card, its files' names, or a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.records.record import MAX_NAME, clip
from engine.data.splits.cards import DataCard
from engine.data.splits.columns import flagged_part, is_split_name, part_in
from engine.data.splits.files import named_part, parts_of_files
from engine.data.splits.plan import SplitPlan, eval_beside
from engine.data.splits.words import TRAIN

_MOSTLY, _NEARLY_ALL = 0.5, 0.95
_SHOWN, _GLANCE = 3, 8
Note = tuple[str, Any, dict[str, Any]]  # code of the sentence `detect.<code>`, value, params


@dataclass(frozen=True)
class FilePlaces:
    """Where files lay before they were taken in, by the names that they have since.

    Attributes:
        paths: name -> path with folders, and archive where there were several.
        cards: what their data cards say.
        parts: name -> part, where it is known already.
    """

    paths: Mapping[str, str] = field(default_factory=dict)
    cards: Sequence[DataCard] = ()
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SplitProposal:
    """What an upload says of its parts; without a plan there is nothing to keep."""

    plan: SplitPlan | None = None  # to begin with
    notes: list[Note] = field(default_factory=list)  # the reasons


def propose(
    files: Sequence[str],
    places: FilePlaces,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    used: Sequence[str],
) -> SplitProposal:
    """What the upload itself says of its parts.

    Args:
        files: names, in order.
        columns: of the upload.
        rows: some of its rows.
        used: columns that are mapped: they say a part only under a name that means it.
    """
    paths = {name: places.paths.get(name, name) for name in files}
    declared = _declared(paths, places)
    by_files = parts_of_files(paths, declared)
    column = _column(columns, rows, used, alone=not by_files)
    draw = not any(card.ours for card in places.cards)
    if column is None and not by_files:
        return SplitProposal(notes=_lone(files, paths))
    if column is None:
        return SplitProposal(SplitPlan(by_files, draw=draw), _file_notes(by_files, declared))
    said = Counter(part for row in rows if (part := part_in(column, row.get(column))))
    filled = sum(row.get(column) not in (None, "") for row in rows)
    sparse = filled < _MOSTLY * len(rows) and TRAIN not in said  # only what is held out is marked
    plan = SplitPlan(by_files, column, eval_beside(said), TRAIN if sparse else None, draw)
    shown = ", ".join(f"{value} ({count})" for value, count in _values(column, rows)[: 2 * _SHOWN])
    code = "splits.column_marks" if sparse else "splits.column"
    note: Note = (code, "column", {"column": clip(column, MAX_NAME), "values": clip(shown, 200)})
    return SplitProposal(plan, [note, *(_file_notes(by_files, declared) if by_files else [])])


def unsaid_beside(notes: Sequence[dict[str, Any]], plan: SplitPlan | None) -> list[dict[str, Any]]:
    """The notes on columns that nothing is learnt from, without the one that says parts."""
    if plan is None or plan.column is None:
        return list(notes)
    kept: list[dict[str, Any]] = []
    for one in notes:
        if one["code"] == "columns.unused":
            names = ", ".join(name for name in one["params"]["columns"].split(", ") if name != plan.column)
            one = {**one, "params": {**one["params"], "columns": names}}
            if not names:
                continue
        kept.append(one)
    return kept


def _declared(paths: Mapping[str, str], places: FilePlaces) -> dict[str, str]:
    """Parts that are known, or that a card says."""
    found = {name: part for name, part in places.parts.items() if name in paths}
    for card in places.cards:
        for name, path in paths.items():
            if name not in found and (part := card.part_of(path)):
                found[name] = part
    return found


def _column(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], used: Sequence[str], *, alone: bool
) -> str | None:
    """The column that names parts: by its name, with mostly such values; or whatever its name, with hardly any others."""
    by_name = [name for name in columns if is_split_name(name) and name not in used]
    by_name = [name for name in by_name if not (alone and _says_little(name, rows))]
    for name in by_name:
        if _share(name, rows) > _MOSTLY and (flagged_part(name) is None or _tells(name, rows)):
            return name
    others = (name for name in columns if name not in used and name not in by_name)
    return next((name for name in others if _share(name, rows) >= _NEARLY_ALL and _holds_both(name, rows)), None)


def _says_little(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a few rows say that they are for training, and the others say nothing."""
    said = [part_in(column, value) for row in rows if (value := row.get(column)) not in (None, "")]
    return len(said) * 2 < len(rows) and set(said) <= {TRAIN, None}


def _share(column: str, rows: Sequence[Mapping[str, Any]]) -> float:
    """Of the rows that say something there, those that name a part."""
    values = [value for row in rows if (value := row.get(column)) not in (None, "")]
    if not any(part_in(column, value) for value in values[:_GLANCE]):  # most columns of a wide table
        return 0.0
    return sum(part_in(column, value) is not None for value in values) / len(values) if values else 0.0


def _holds_both(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    found = {part_in(column, row.get(column)) for row in rows} - {None}
    return TRAIN in found and len(found) > 1


def _tells(column: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a flag parts the rows: both answers are there, or a mark in some rows and nothing in the others."""
    found = {part_in(column, row.get(column)) for row in rows}
    return len(found) > 1 and found != {TRAIN, None}


def _values(column: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return Counter(str(row[column]).strip() for row in rows if row.get(column) not in (None, "")).most_common()


def _file_notes(parts: Mapping[str, str], declared: Mapping[str, str]) -> list[Note]:
    code = "splits.card" if declared else "splits.files"
    shown = {part: [name for name, one in parts.items() if one == part] for part in ("train", "val", "test")}
    params = {part: _listed(names) for part, names in shown.items()}
    return [(code, "files", params)]


def _listed(names: Sequence[str]) -> str:
    return clip(", ".join(names[:_SHOWN]) + (f" … ({len(names)})" if len(names) > _SHOWN else ""), 300) or "–"


def _lone(files: Sequence[str], paths: Mapping[str, str]) -> list[Note]:
    """Files that all bear the name of one held-out part are all there is: they are drawn from, and that is said."""
    named = [named_part(paths[name]) for name in files]
    parts = {one.part for one in named if one is not None and one.plain}
    if None in named or not parts or TRAIN in parts:
        return []
    return [("splits.alone", "random", {"files": _listed(list(files))})]
