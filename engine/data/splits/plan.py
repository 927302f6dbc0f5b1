"""Where the part of each row comes from: drawn at random, or kept as the data have it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import Fault
from engine.data.records.record import MAX_NAME, Record, RowFault, clip, show
from engine.data.rows.index import SPLITS
from engine.data.rows.row import Row
from engine.data.splits.columns import part_in
from engine.data.splits.words import EVAL, furthest, settled

RANDOM, KEPT = "random", "kept"


@dataclass(frozen=True)
class SplitPlan:
    """Rows keep the part that the data give them. As JSON: {"kind": "kept", "files", "column", "eval", "empty", "draw"} or {"kind": "random"}.

    Attributes:
        files: name of a file -> its part; of a file that is not named, training.
        column: whose value says a row's part; None where only files do. Where both do, the one further from training counts.
        eval: what the value "eval" of the column means.
        empty: what an empty cell of the column means where no file says a part; None: nobody knows, so the row is refused.
        draw: whether validation rows are drawn out of training where the data bring none.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    column: str | None = None
    eval: str = "test"
    empty: str | None = None
    draw: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON."""
        return {
            "kind": KEPT,
            "files": dict(self.files),
            "column": self.column,
            "eval": self.eval,
            "empty": self.empty,
            "draw": self.draw,
        }

    def part_of(self, record: Record, lone: str) -> str:
        """The part of a row. `lone` names the file where there is one alone. Raises RowFault."""
        by_file = self.files.get(lone if record.file is None else record.file)
        if self.column is None:
            return by_file or "train"
        value = record.values.get(self.column)
        if value is None or (isinstance(value, str) and not value.strip()):
            if (known := by_file or self.empty) is None:
                raise RowFault("data.splits.row_without", self.column)
            return known
        part = part_in(self.column, value)
        if part is None:
            raise RowFault("data.splits.row_value", self.column, value=show(value))
        part = self.eval if part == EVAL else part
        return part if by_file is None else furthest((part, by_file))


def read_plan(wish: Any, files: Collection[str], columns: Collection[str]) -> SplitPlan | None:
    """The plan that a wish asks for; None for a draw at random.

    Raises:
        Fault: "data.splits.unknown", "data.splits.no_file", "data.splits.no_part", "data.splits.no_column".
    """
    if wish is None:
        return None
    if not isinstance(wish, Mapping) or wish.get("kind") not in (RANDOM, KEPT):
        raise Fault("data.splits.unknown", value=show(wish))
    if wish["kind"] == RANDOM:
        return None
    parts, column = wish.get("files") or {}, wish.get("column") or None
    if not isinstance(parts, Mapping):
        raise Fault("data.splits.unknown", value=show(wish))
    for name, part in parts.items():
        if name not in files:
            raise Fault("data.splits.no_file", file=clip(str(name), MAX_NAME))
        if part not in SPLITS:
            raise Fault("data.splits.no_part", file=clip(str(name), MAX_NAME), part=show(part))
    if column is not None and column not in columns:
        raise Fault("data.splits.no_column", column=clip(str(column), MAX_NAME))
    said = "val" if wish.get("eval") == "val" else "test"
    empty = wish["empty"] if wish.get("empty") in SPLITS else None
    return SplitPlan(dict(parts), column, said, empty, wish.get("draw") is not False)


def keeping(convert: Callable[[Record], Row], plan: SplitPlan | None, files: Sequence[str]) -> Callable[[Record], Row]:
    """The converter, whose rows say which part they belong to; the column that says it is none of their other columns."""
    if plan is None:
        return convert
    lone = files[0]

    def kept(record: Record) -> Row:
        row = convert(record)
        row["split"] = plan.part_of(record, lone)
        if plan.column is not None and (extra := row.get("extra")) is not None:
            extra.pop(plan.column, None)
            if not extra:
                del row["extra"]
        return row

    return kept


def eval_beside(parts: Collection[str]) -> str:
    """What "eval" means in a column with these parts."""
    return settled(EVAL, parts)
