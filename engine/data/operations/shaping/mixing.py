"""Several data sets as one: each with its share, and what one of them holds out is trained on in none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.others import Part, moved, other_part, trainable
from engine.data.operations.shaping.portions import lowest, shuffled
from engine.data.operations.shaping.row_table import RowTable, made_from, read_row_table, seed_of
from engine.data.operations.shaping.settings import SEED, repeats

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def _mix(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    import numpy as np

    numbers = list(dict.fromkeys(values["datasets"] or ()))
    if not numbers:
        raise Fault("data.shape.choose_dataset")
    parts = [Part(0, source, read_row_table(source)), *(other_part(source, number) for number in numbers)]
    if any(_same(parts[0].table, part.table) for part in parts[1:]):
        raise Fault("data.shape.same_dataset", name=source.name)
    held_out = _held_out(parts)
    usable = [trainable(part.table, held_out) for part in parts]
    sizes = np.array([int(rows.sum()) for rows in usable])
    if not sizes.all():
        raise Fault("data.shape.no_training_rows", name=parts[int(np.argmin(sizes))].source.name)
    counts = _counts(sizes, _weights(values, parts, sizes), values["stop"])
    _refuse_repeats(parts, sizes, counts, values["repeats"])
    seed = seed_of(source, values)
    for part, rows, count in zip(parts, usable, counts.tolist(), strict=True):
        times = _times(part.table, rows, count, seed)
        yield from _own(part, source, times) if part.number == 0 else moved(part, source, times, "mix")


def _same(one: RowTable, other: RowTable) -> bool:
    import numpy as np

    return np.array_equal(one.ids, other.ids) and np.array_equal(one.marks, other.marks)


def _weights(values: Mapping[str, Any], parts: list[Part], sizes: Array) -> Array:
    """Shares that add up to 1: as written by the user, or by size, n_i^(1/T)."""
    import numpy as np

    if not values["weights"]:
        weights = sizes ** (1 / values["temperature"])
        found: Array = weights / weights.sum()
        return found
    written = re.split(r"\s*[,:\uff0c\uff1a]\s*", str(values["weights"]).strip())
    numbers = [_number(part) for part in written]
    if len(numbers) != len(parts) or any(number is None or not 0 < number < 1e9 for number in numbers):
        names = ", ".join(part.source.name for part in parts)
        raise Fault("data.shape.weights", count=len(parts), names=names)
    weights = np.array(numbers, dtype=np.float64)
    shares: Array = weights / weights.sum()
    return shares


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _counts(sizes: Array, weights: Array, stop: str) -> Array:
    """Rows of each data set, each within 1 of its share: until every row was used, or until the first set is used up."""
    import numpy as np

    fill = sizes / weights
    total = float(fill.max() if stop == "all_exhausted" else fill.min())
    counts = np.round(total * weights).astype(np.int64)
    counts = np.maximum(counts, sizes) if stop == "all_exhausted" else np.minimum(counts, sizes)
    found: Array = np.maximum(1, counts)
    return found


def _refuse_repeats(parts: list[Part], sizes: Array, counts: Array, most: int) -> None:
    for part, size, count in zip(parts, sizes.tolist(), counts.tolist(), strict=True):
        if -(-count // size) > most:
            raise Fault(
                "data.shape.mix_too_often", name=part.source.name, rows=size, times=-(-count // size), most=most
            )


def _times(table: RowTable, usable: Array, count: int, seed: int) -> Array:
    """How often each row is used: held-out ones once, equals of held-out ones never, the others to make up `count`."""
    import numpy as np

    mine = np.flatnonzero(usable)
    times = (~table.train).astype(np.int64)
    whole, rest = divmod(count, len(mine))
    times[mine] = whole + lowest(shuffled(table.ids[mine].astype(np.uint64), seed), rest)
    return times


def _own(part: Part, source: Source, times: Array) -> Iterator[Row]:
    """The rows of the data set itself: they keep their ids."""
    for row, count in zip(source.rows(), times.tolist(), strict=True):
        if count:
            row["extra"] = {"dataset": source.name, **(row.get("extra") or {})}
            yield row
        for _ in range(count - 1):
            yield made_from(row, source, "copy")


def _held_out(parts: list[Part]) -> Array:
    import numpy as np

    found: Array = np.unique(np.concatenate([part.table.marks[~part.table.train] for part in parts]))
    return found


_OTHERS = Param(
    "datasets",
    "multi",
    None,
    Text("data.operations.shaping.mixing.datasets.label"),
    Text("data.operations.shaping.mixing.datasets.help"),
    source="dataset",
    advanced=False,
)
_WEIGHTS = Param(
    "weights",
    "text",
    None,
    Text("data.operations.shaping.mixing.weights.label"),
    Text("data.operations.shaping.mixing.weights.help"),
    usual=Text("data.operations.shaping.mixing.weights.usual"),
    advanced=False,
    optional=True,
)  # fmt: skip
_TEMPERATURE = Param(
    "temperature",
    "float",
    2.0,
    Text("data.operations.shaping.mixing.temperature.label"),
    Text("data.operations.shaping.mixing.temperature.help"),
    usual=Text("data.operations.shaping.mixing.temperature.usual"),
    minimum=1,
    maximum=100,
    advanced=False,
)  # fmt: skip
_STOP = Param(
    "stop",
    "choice",
    "all_exhausted",
    Text("data.operations.shaping.mixing.stop.label"),
    Text("data.operations.shaping.mixing.stop.help"),
    choices={
        "all_exhausted": Text("data.operations.shaping.mixing.stop.choices.all_exhausted"),
        "first_exhausted": Text("data.operations.shaping.mixing.stop.choices.first_exhausted"),
    },
)
_REPEATS = repeats(1)
MIX = Operation(
    "mix",
    "combine",
    Text("data.operations.shaping.mixing.mix.label"),
    Text("data.operations.shaping.mixing.mix.help"),
    _mix,
    (_OTHERS, _WEIGHTS, _TEMPERATURE, _STOP, _REPEATS, SEED),
)  # fmt: skip
