"""What a shaping operation knows of all rows at once: some bytes a row, in arrays; the rows themselves stay on disk."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import Row, Source
from engine.data.rows.row import answer_of, said_of
from engine.data.rows.split import fingerprint

if TYPE_CHECKING:
    import numpy as np

TRAIN, VAL, TEST, OUT = range(4)
SIDES = ("train", "val", "test")
SYNTHETIC = frozenset(("copy", "paraphrase", "openings", "noise", "rewrite", "make"))
ANSWER, FILE = "@answer", "@file"  # in place of a column's name
_NAMES = {
    ANSWER: Text("data.operations.shaping.row_table.names.answer").as_dict(),
    FILE: Text("data.operations.shaping.row_table.names.file").as_dict(),
}
_NAMED = 30  # columns named in a message


def mark_of(row: Mapping[str, Any]) -> int:
    """64 bits that are equal for rows of equal content."""
    return fingerprint(repr(said_of(row)))


def origin_of(row: Mapping[str, Any]) -> int:
    """The id of the row from which this one was made; its own where a person wrote it."""
    made_of = (row.get("origin") or {}).get("row")
    return made_of if isinstance(made_of, int) else int(row["id"])


def is_synthetic(row: Mapping[str, Any]) -> bool:
    """Whether the row was made from another one: a copy, a variant."""
    origin = row.get("origin") or {}
    return "row" in origin or origin.get("code") in SYNTHETIC


def value_in(row: Mapping[str, Any], column: str) -> str | None:
    """What the row says in a column: a text without blanks around it; None where there is nothing.

    Args:
        column: a name in `extra`, `FILE`, or `ANSWER` (the verdict, where a row has one).
    """
    if column == ANSWER:
        found: Any = row["label"] if "label" in row else answer_of(row)
    elif column == FILE:
        found = row.get("file")
    else:
        found = (row.get("extra") or {}).get(column)
    text = "" if found is None else str(found).strip()
    return text or None


@dataclass(frozen=True)
class RowTable:
    """All rows in the order of the file.

    Attributes:
        ids: i64, the rows' ids.
        marks: u64, equal for equal content.
        sides: u8, the present split.
        roots: i64, place of the row from which this one was made, its own place otherwise.
        synthetic: bool, whether the row was made from another one.
        keys: u64 or f64, what the operation asked for.
    """

    ids: np.ndarray[Any, Any]
    marks: np.ndarray[Any, Any]
    sides: np.ndarray[Any, Any]
    roots: np.ndarray[Any, Any]
    synthetic: np.ndarray[Any, Any]
    keys: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def train(self) -> np.ndarray[Any, Any]:
        """Which rows are trained on."""
        found: np.ndarray[Any, Any] = self.sides == TRAIN
        return found


def read_row_table(source: Source, key: Callable[[Row], int | float] | None = None) -> RowTable:
    """One pass over the rows. `key` is an unsigned whole number below 2**64, or a float."""
    import numpy as np

    ids, origins, marks, sides, synthetic = array("q"), array("q"), array("Q"), array("B"), array("B")
    keys: array[Any] | None = None
    for row in source.rows():
        ids.append(row["id"])
        origins.append(origin_of(row))
        marks.append(mark_of(row))
        sides.append(SIDES.index(row["split"]))
        synthetic.append(is_synthetic(row))
        if key is not None:
            value = key(row)
            keys = array("d" if isinstance(value, float) else "Q") if keys is None else keys
            keys.append(value)
    own, roots = np.array(ids, dtype=np.int64), np.array(origins, dtype=np.int64)
    return RowTable(
        own,
        np.array(marks, dtype=np.uint64),
        np.array(sides, dtype=np.uint8),
        _places(own, roots),
        np.array(synthetic, dtype=bool),
        np.array(marks if keys is None else keys),
    )


def _places(ids: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where the row of each wanted id is, followed to the first one of a chain; its own place where it is gone."""
    import numpy as np

    own = np.arange(len(ids))
    if not len(ids):
        return own
    order = np.argsort(ids, kind="stable")
    at = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
    places = np.where(ids[at] == wanted, at, own)
    for _ in range(32):
        further = places[places]
        if (further == places).all():
            break
        places = further
    return places


class Groups:
    """Gives each value of a column a key, and knows whether the column is there at all."""

    def __init__(self, column: str, *, lonely: bool = False) -> None:
        """`lonely`: a row without a value is a group of its own; otherwise they are one group together."""
        self.column, self._lonely, self._seen = column, lonely, False
        self._columns: dict[str, None] = {}
        self._names: dict[int, str] = {}

    def key(self, row: Row) -> int:
        """The group's number."""
        value = value_in(row, self.column)
        if value is None:
            if len(self._columns) < _NAMED:
                self._columns |= dict.fromkeys(row.get("extra") or {})
            return fingerprint(f"\0{row['id']}") if self._lonely else 0
        self._seen = True
        number = fingerprint(value)
        if len(self._names) < 1_000:
            self._names[number] = value
        return number

    def name(self, key: int) -> str:
        """A group as a message names it."""
        return self._names.get(key, "–")[:60]

    def check(self) -> None:
        """Raises Fault("data.shape.no_column") where no row has a value."""
        if not self._seen:
            others = ", ".join(sorted(self._columns)[:_NAMED]) or "–"
            raise Fault("data.shape.no_column", column=_NAMES.get(self.column, self.column), columns=others)


def wanted_column(values: Mapping[str, Any]) -> str:
    """The chosen column. Raises Fault("data.shape.choose_column")."""
    if not values["column"]:
        raise Fault("data.shape.choose_column")
    return str(values["column"])


def seed_of(source: Source, values: Mapping[str, Any]) -> int:
    """The chosen seed, or the data set's."""
    return int(source.seed if values.get("seed") is None else values["seed"])


def settled(source: Source, table: RowTable, sides: np.ndarray[Any, Any]) -> Iterator[Row]:
    """Every row on its new side. A synthetic row trains with its original, and is left out where that one is held out.

    Args:
        sides: one of TRAIN, VAL, TEST, OUT for each row that is not synthetic.
    """
    import numpy as np

    above = np.where(table.synthetic, TRAIN, sides)[table.roots]
    final = np.where(table.synthetic, np.where(above == TRAIN, TRAIN, OUT), sides)
    for row, side in zip(source.rows(), final.tolist(), strict=True):
        if side != OUT:
            row["split"] = SIDES[side]
            yield row


def made_from(row: Mapping[str, Any], source: Source, code: str, **fields: Any) -> Row:
    """A new training row, made from `row`: marked with its origin; no file held it."""
    kept = {key: value for key, value in row.items() if key not in ("split", "id", "line", "file", "origin")}
    origin = {"code": code, "row": origin_of(row)}
    return {"split": "train", "id": source.new_id(), "line": None, "origin": origin, **kept, **fields}


def repeated(source: Source, times: np.ndarray[Any, Any]) -> Iterator[Row]:
    """Each row as often as `times` says, in order: 0 leaves it out; those after the first are marked copies."""
    for row, count in zip(source.rows(), times.tolist(), strict=True):
        if count:
            yield row
        for _ in range(count - 1):
            yield made_from(row, source, "copy")
