"""The rows of a table of answers that a person looks for: searched, filtered, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, cast

from engine.shapes.chat import ListAnswer, ListRow
from engine.shapes.playground.lists import RowWish

_ONLY: dict[str, Callable[[ListRow], bool]] = {
    "differ": lambda row: len(_texts(row)) > 1,
    "same": lambda row: len(_texts(row)) == 1,
    "failed": lambda row: any(one["error"] for one in row["answers"].values()),
    "cut": lambda row: any(one["reason"] == "length" for one in row["answers"].values()),
}


def chosen_rows(rows: Iterable[ListRow], wish: RowWish) -> list[ListRow]:
    """The rows that were wished for, each with its place in the list; equal ones stay as asked."""
    fits, sought = _ONLY.get(wish.get("only", ""), lambda _row: True), wish.get("search", "").strip().casefold()
    found = [row for row in placed_rows(rows) if fits(row) and (not sought or sought in _words(row))]
    if order := _order(wish.get("sort", "")):
        found.sort(key=order, reverse=wish.get("down", False))
    elif wish.get("down", False):
        found.reverse()
    return found


def placed_rows(rows: Iterable[ListRow], first: int = 0) -> list[ListRow]:
    """The rows, each with its place in the list."""
    return [cast(ListRow, {**row, "place": place}) for place, row in enumerate(rows, first)]


def _order(sort: str) -> Callable[[ListRow], Any] | None:
    if sort == "question":
        return lambda row: row["question"].casefold()
    if sort == "unlike":
        return unlikeness
    return (lambda row: len(_answer(row, sort)["text"])) if sort else None


def unlikeness(row: ListRow) -> float:
    """How much the two answers of a row that are least alike differ: 0 for equal ones, 1 for no pair of characters in common.

    One less the Jaccard index of their sets of character pairs, which needs no words and so serves every script.
    """
    pairs = [{text[i : i + 2] for i in range(max(1, len(text) - 1))} for text in _texts(row)]
    return max((1 - len(a & b) / len(a | b) for a, b in combinations(pairs, 2)), default=0.0)


def _texts(row: ListRow) -> set[str]:
    """The different answers that were given."""
    return {one["text"].strip() for one in row["answers"].values() if not one["error"]}


def _answer(row: ListRow, side: str) -> ListAnswer:
    return row["answers"].get(side) or {"text": "", "reason": "failed", "tokens": 0, "error": None}


def _words(row: ListRow) -> str:
    said = (one["text"] for one in row["answers"].values())
    return "\n".join((row["question"], *row.get("values", {}).values(), *said)).casefold()
