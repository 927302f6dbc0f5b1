"""Columns and members of turns that say how much counts in the loss: which they are, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.data.schema.declared import plain_name, shape_of

Remark = tuple[str, dict[str, Any]]
HIDES = ("masked", "ignore_loss")  # true: not learnt
MARKS = frozenset({"weight", "train", "trainable", "training", "loss", "loss_mask", *HIDES})  # members of turns
_LEAST, _MOST = 1e-6, 1e6  # of a weight that is not 0
_BARE = ("weight", "权重")  # may as well be the weight of a parcel or a person ...
_USUAL = 10  # ... which has larger numbers than how often a row counts
_WORDS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


def number_of(value: Any) -> float | None:
    """The number that a value is or names, whole where it is one; None for any other. Yes is 1, no is 0."""
    if isinstance(value, str):
        text = value.strip().casefold()
        value = _WORDS.get(text, text)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def in_range(number: float) -> bool:
    """Whether a number may be a weight."""
    return number == 0 or _LEAST <= number <= _MOST


def holds_weights(column: str, values: Sequence[Any]) -> bool:
    """Whether most values of a column with such a name say how much their rows count; a plain name needs usual numbers."""
    filled = [value for value in values if not isinstance(value, str) or value.strip()]
    numbers = [number for value in filled if (number := _plain_number(value)) is not None]
    usual = [number for number in numbers if number <= _USUAL]
    return len(usual if plain_name(column) in _BARE else numbers) * 2 > len(filled)


def _plain_number(value: Any) -> float | None:
    """The number that a value is or names, be it below nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def holds_flags(values: Sequence[Any]) -> bool:
    """Whether most values say yes or no."""
    filled = [value for value in values if not isinstance(value, str) or value.strip()]
    return sum(number_of(value) in (0, 1) for value in filled) * 2 > len(filled)


def holds_marks(lists: Sequence[Any]) -> bool:
    """Whether most values are lists of what may be a weight."""
    fits = (
        one and all(mark is None or number_of(mark) is not None for mark in one)
        for one in lists
        if isinstance(one, list)
    )
    return sum(map(bool, fits)) * 2 > len(lists)


def remarks(
    shape: str, mapping: Mapping[str, str], columns: Sequence[str], values_of: Callable[[str], Sequence[Any]]
) -> Iterator[Remark]:
    """What is said of a column that tells how much rows count, and of one that is only called so.

    Args:
        values_of: a column -> those of its values that are there.
    """
    wanted = shape_of(shape).field("weight")
    if wanted is None:
        return
    if column := mapping.get("weight"):
        values = values_of(column)
        if plain_name(column) in MARKS - {"weight"}:
            off = sum(number_of(value) == (plain_name(column) in HIDES) for value in values)
            yield "field.flag", {"field": "weight", "column": column, "off": off, "looked": len(values)}
            return
        numbers = [number for value in values if (number := number_of(value)) is not None]
        yield "field.weight", {"field": "weight", "column": column, "least": min(numbers), "most": max(numbers)}
        return
    for column in columns:
        if plain_name(column) in wanted.names and column not in mapping.values() and (values := values_of(column)):
            yield "columns.no_weight", {"columns": column, "found": values[0]}
