"""Messages that stand in records of their own, put together: one record for a conversation, named by its first line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from engine.data.arrange.arrangement import TURNS, Arrangement
from engine.data.arrange.names import members_of, speaker
from engine.data.records.bounds import MAX_ROW
from engine.data.records.record import Record, Rejected, RowFault, show
from engine.data.schema.contents import says_something

MOST_TURNS = 10_000
Item = Record | Rejected
_TRUE, _FALSE = ("true", "yes"), ("false", "no")


def conversation(messages: Sequence[Record], plan: Arrangement) -> Item:
    """One conversation from its messages, in the order of the file, or why it is none."""
    first = messages[0]
    try:
        sorted_ones = in_order(messages, plan.order)
        values = {TURNS: [_turn(one, plan) for one in sorted_ones]} | shared(messages, plan)
    except RowFault as fault:
        return fault.rejected(first)
    return Record(first.row, first.line, values, "", first.file)


def in_order(messages: Sequence[Record], column: str | None) -> list[Record]:
    """The messages sorted by a column; equal ones, and those of a conversation without any value there, as in the file.

    Raises:
        RowFault: "data.arrange.order".
    """
    if column is None or not any(says_something(one.values.get(column)) for one in messages):
        return list(messages)
    keyed = [(place_of(one.values.get(column)), one) for one in messages]
    kinds = {type(key) for key, _one in keyed}
    if len(kinds) > 1 or None in (key for key, _one in keyed):
        odd = next((one for key, one in keyed if key is None), messages[-1])
        raise RowFault("data.arrange.order", column, found=show(odd.values.get(column)), row=odd.row)
    return [one for _key, one in sorted(keyed, key=lambda pair: pair[0])]  # type: ignore[arg-type, return-value]


def place_of(value: Any) -> float | datetime | None:
    """What a message is sorted by: a number, or a time; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if value == value else None
    text = value.strip() if isinstance(value, str) else ""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _turn(message: Record, plan: Arrangement) -> dict[str, Any]:
    values = message.values
    said, words = values.get(str(plan.role)), values.get(str(plan.content))
    turn = {"role": speaker(said) or said, "content": words}
    for column in members_of(tuple(values)):
        if column not in plan.used and says_something(values[column]):
            turn[column] = _plain(values[column])
    return turn


def _plain(value: Any) -> Any:
    """A cell of a table as the member of a turn that it would be in JSON."""
    text = value.strip() if isinstance(value, str) else ""
    if text.casefold() in (*_TRUE, *_FALSE):
        return text.casefold() in _TRUE
    try:
        return json.loads(text) if text[:1].isdigit() or (text[:1] in "[{" and text) else value
    except (ValueError, RecursionError):
        return value


def shared(messages: Sequence[Record], plan: Arrangement) -> dict[str, Any]:
    """The columns that are the same in all messages: they are the conversation's."""
    own = {*members_of(tuple(messages[0].values))} | {
        plan.role,
        plan.content,
        plan.order,
        plan.parent,
        plan.rank,
        plan.deleted,
    }
    own |= {plan.id} if plan.how == "tree" else set()
    first = messages[0].values
    names = [name for name in first if name not in own and name != TURNS]
    return {name: first[name] for name in names if all(one.values.get(name) == first[name] for one in messages[1:])}


def is_blank(message: Record, plan: Arrangement) -> bool:
    """Whether a record holds neither a role nor words: a line that only parts others."""
    return not any(says_something(message.values.get(str(column))) for column in (plan.role, plan.content))


def begins(message: Record, before: Record | None, plan: Arrangement) -> bool:
    """Whether a conversation begins with a message, where no column says so."""
    if before is None or before.file != message.file:
        return True
    if plan.begin in ("file", "blank"):
        return False
    if plan.begin == "restart":
        return _restarts(message, before, str(plan.order))
    role, earlier = (speaker(one.values.get(str(plan.role))) for one in (message, before))
    if earlier == role:
        return False
    is_system = role in ("system", "developer")
    return is_system or (plan.begin == "question" and role in _ASKING and earlier not in (*_ASKING, "system"))


_ASKING = ("user",)


def _restarts(message: Record, before: Record, column: str) -> bool:
    now, earlier = (place_of(one.values.get(column)) for one in (message, before))
    return isinstance(now, float) and isinstance(earlier, float) and now <= earlier


class Runs:
    """Messages that follow each other, cut into conversations; one is held in memory at a time."""

    def __init__(self, plan: Arrangement) -> None:
        self._plan = plan
        self._held: list[Record] = []
        self._size = 0
        self._odd: list[Rejected] = []  # rows that could not be read, since the last message
        self._spoiled: tuple[str, dict[str, Any]] | None = None  # why the conversation at hand is none

    def add(self, item: Item) -> Iterator[Item]:
        """One more record; what is finished by it."""
        if isinstance(item, Rejected):
            self._odd.append(item)
            return
        if is_blank(item, self._plan):
            if self._plan.id is None and self._plan.begin == "blank":
                yield from self.rest()
            return
        if self._plan.id is not None and not says_something(item.values.get(self._plan.id)):
            params = {"column": self._plan.id}
            yield Rejected("data.arrange.no_id", item.row, item.line, self._plan.id, params, raw_of(item), item.file)
            return
        if self._held and self._parts(item):
            yield from self.rest()
        if self._odd and self._held:
            self._spoil()
        yield from self._odd
        self._odd = []
        self._hold(item)

    def _parts(self, item: Record) -> bool:
        last = self._held[-1]
        if self._plan.id is None:
            return begins(item, last, self._plan)
        return key_of(item, self._plan.id) != key_of(last, self._plan.id)

    def _hold(self, item: Record) -> None:
        self._size += len(str(item.values.get(str(self._plan.content))))
        if self._size <= MAX_ROW and len(self._held) < MOST_TURNS:
            self._held.append(item)
        else:
            self._spoiled = self._spoiled or ("data.arrange.too_long", {"turns": MOST_TURNS, "limit": MAX_ROW})

    def _spoil(self) -> None:
        """A message within the conversation could not be read, so that the others would say something else."""
        odd = self._odd[0]
        self._spoiled = self._spoiled or ("data.arrange.broken", {"at": odd.line or odd.row or 0})

    def rest(self) -> Iterator[Item]:
        """The conversation at hand, which is over."""
        if self._held:
            first = self._held[0]
            if self._spoiled:
                code, params = self._spoiled
                yield Rejected(code, first.row, first.line, None, params, raw_of(first), first.file)
            else:
                yield conversation(self._held, self._plan)
        yield from self._odd
        self._held, self._size, self._odd, self._spoiled = [], 0, [], None


def key_of(message: Record, column: str) -> tuple[str | None, str]:
    """What tells the conversation of a message from others: its file, and what stands in the column."""
    value = message.values.get(column)
    return message.file, value.strip() if isinstance(value, str) else str(value)


def raw_of(record: Record) -> str:
    """The record as text: as the file had it, or as it would stand in JSON."""
    return record.raw or json.dumps(record.values, ensure_ascii=False, default=str)
