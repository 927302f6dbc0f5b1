"""New training rows out of old ones: which rows are taken, and what must never come of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.operations.base import Row, Source
from engine.data.operations.shaping.portions import lowest, shuffled
from engine.data.operations.shaping.row_table import made_from, mark_of, read_row_table, seed_of
from engine.data.operations.shaping.settings import fraction

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
Variant = Callable[[str, random.Random], str | None]
Pick = Callable[[list[int]], list[int]]
FIRST: Pick = lambda users: users[:1]  # noqa: E731 (which of the user's turns are changed)
EVERY: Pick = lambda users: users  # noqa: E731
_TRIES = 4  # for each wanted row, until there is one that is not there yet


def asked_in(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages in which the user speaks: of a conversation, or of the prompt of judged answers."""
    found: list[dict[str, Any]] = row.get("messages") or row.get("prompt") or []
    return found


def user_places(row: Mapping[str, Any]) -> list[int]:
    """Where the user speaks in `asked_in`."""
    return [place for place, message in enumerate(asked_in(row)) if message["role"] == "user" and message["content"]]


def with_user_turns(row: Mapping[str, Any], changed: Mapping[int, str]) -> dict[str, Any]:
    """The field of the row that holds the user's turns, with some of them in other words."""
    messages = [
        {**message, "content": changed[place]} if place in changed else message
        for place, message in enumerate(asked_in(row))
    ]
    return {"messages" if "messages" in row else "prompt": messages}


def variants(
    source: Source,
    values: Mapping[str, Any],
    code: str,
    change: Variant,
    *,
    fits: Callable[[str], bool],
    pick: Pick = FIRST,
) -> Iterator[Row]:
    """Every row as it is, and behind some training rows `copies` new ones with the user's turns in other words.

    A new row never equals its original, another new one of it, or any held-out row; held-out rows stay as they are.

    Args:
        change: another wording of a turn; None (or the same) where there is none.
        fits: whether a turn can be changed at all.
        pick: which of the user's turns are changed.

    Raises:
        Fault: "data.shape.nothing_fits" where no training row can be changed.
    """
    import numpy as np

    table = read_row_table(source, lambda row: int(any(fits(t) for t in _turns(row, pick))))
    able = np.flatnonzero(table.train & ~table.synthetic & (table.keys > 0))
    if not len(able):
        raise Fault("data.shape.nothing_fits", rows=int(table.train.sum()))
    seed = seed_of(source, values)
    rank = shuffled(table.ids[able].astype(np.uint64), seed)
    chosen = np.zeros(len(table), dtype=bool)
    chosen[able[lowest(rank, max(1, round(len(able) * fraction(values, "share"))))]] = True
    held_out = HeldOut(table.marks[~table.train])
    for place, row in enumerate(source.rows()):
        yield row
        if chosen[place]:
            dice = random.Random(f"{seed}:{code}:{row['id']}")
            yield from _new_rows(row, source, code, change, pick, dice, int(values["copies"]), held_out)


def _turns(row: Mapping[str, Any], pick: Pick) -> list[str]:
    messages = asked_in(row)
    return [messages[place]["content"] for place in pick(user_places(row))]


def _new_rows(
    row: Row,
    source: Source,
    code: str,
    change: Variant,
    pick: Pick,
    dice: random.Random,
    copies: int,
    held_out: HeldOut,
) -> Iterator[Row]:
    seen = {mark_of(row)}
    places = pick(user_places(row))
    for _ in range(copies * _TRIES):
        turns = {place: asked_in(row)[place]["content"] for place in places}
        said = {place: change(text, dice) or text for place, text in turns.items()}
        fields = with_user_turns(row, said)
        made = {**row, **fields}
        mark = mark_of(made)
        if mark not in seen and mark not in held_out:
            seen.add(mark)
            yield made_from(row, source, code, **fields)
        if len(seen) > copies:
            return


class HeldOut:
    """The contents of all held-out rows, eight bytes each."""

    def __init__(self, marks: Array) -> None:
        import numpy as np

        self._marks = np.unique(marks)

    def __contains__(self, mark: int) -> bool:
        import numpy as np

        at = int(np.searchsorted(self._marks, np.uint64(mark)))
        return at < len(self._marks) and int(self._marks[at]) == mark
