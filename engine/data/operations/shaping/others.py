"""Rows of other data sets as rows of one's own: with new ids, and with a word of where they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.operations.base import Row, Source
from engine.data.operations.shaping.row_table import RowTable, is_synthetic, made_from, read_row_table

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
_KINDS = {
    "chat": Text("data.operations.shaping.others.kinds.chat").as_dict(),
    "text": Text("data.operations.shaping.others.kinds.text").as_dict(),
    "preference": Text("data.operations.shaping.others.kinds.preference").as_dict(),
    "kto": Text("data.operations.shaping.others.kinds.kto").as_dict(),
    "ranking": Text("data.operations.shaping.others.kinds.ranking").as_dict(),
    "prompt": Text("data.operations.shaping.others.kinds.prompt").as_dict(),
}


@dataclass(frozen=True)
class Part:
    """One data set that takes part; `number` is 0 for the one that is changed."""

    number: int  # place among the data sets that take part
    source: Source  # its rows
    table: RowTable  # its columns of numbers, one entry a row


def other_part(source: Source, number: int) -> Part:
    """Another data set. Raises Fault where its rows are of another kind."""
    other = source.other(number)
    if other.kind != source.kind:
        raise Fault("data.shape.other_kind", name=other.name, kind=_KINDS[other.kind], own=_KINDS[source.kind])
    return Part(number, other, read_row_table(other))


def chosen_dataset(values: Mapping[str, Any]) -> int:
    """The id of the chosen data set. Raises Fault("data.shape.choose_dataset")."""
    if values["dataset"] is None:
        raise Fault("data.shape.choose_dataset")
    return int(values["dataset"])


def trainable(table: RowTable, known: Array) -> Array:
    """Which training rows may be used: none that equals one of the `known` marks, and no variant of such a row."""
    import numpy as np

    usable: Array = table.train & ~np.isin(table.marks, known)
    return usable & usable[table.roots]


def moved(part: Part, target: Source, times: Array, code: str) -> Iterator[Row]:
    """Rows of another data set, each as often as `times` says. Variants still name their original, where that comes too."""
    import numpy as np

    new = np.zeros(len(times), dtype=np.int64)
    for place in np.flatnonzero(times).tolist():
        new[place] = target.new_id()
    for place, (row, count) in enumerate(zip(part.source.rows(), times.tolist(), strict=True)):
        if count:
            taken = _taken(row, part, int(new[place]), int(new[part.table.roots[place]]), code)
            yield taken
        for _ in range(count - 1):
            yield made_from(taken, target, "copy")


def _taken(row: Row, part: Part, new: int, root: int, code: str) -> Row:
    origin: dict[str, Any] = {"code": code, "dataset": part.number, "from": row["id"]}
    if is_synthetic(row):
        origin |= {"code": row["origin"]["code"]} | ({"row": root} if root not in (0, new) else {})
    rest = {key: value for key, value in row.items() if key not in ("split", "id", "line", "file", "origin", "extra")}
    extra = {"dataset": part.source.name, **(row.get("extra") or {})}
    return {"split": row["split"], "id": new, "line": None, "extra": extra, "origin": origin, **rest}
