"""Repairs of whole conversations that are chosen at import, for dialogues as people really have them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from engine.core.errors import Fault
from engine.data.records.record import Record, RowFault, show

Message = dict[str, Any]
T = TypeVar("T")
Convert = Callable[[Record], T]
REPAIRED = ("data.turn.first", "data.turn.twice", "data.turn.late_system", "data.turn.last", "data.pair.no_question")


def _system_to_front(messages: list[Message]) -> list[Message]:
    """System turns in the middle join the system prompt, each on a paragraph of its own."""
    systems = [one for one in messages if one["role"] == "system"]
    if not systems:
        return messages
    words = "\n\n".join(str(one["content"]) for one in systems)
    return [{**systems[0], "content": words}, *(one for one in messages if one["role"] != "system")]


def _drop_late_system(messages: list[Message]) -> list[Message]:
    return [one for place, one in enumerate(messages) if not place or one["role"] != "system"]


def _trim_first_answer(messages: list[Message]) -> list[Message]:
    """What is said before the user's first turn goes, but for the system prompt."""
    first = next((place for place, one in enumerate(messages) if one["role"] == "user"), 0)
    return [*(one for one in messages[:first] if one["role"] == "system"), *messages[first:]]


def _join_turns(messages: list[Message]) -> list[Message]:
    """Turns of one speaker that follow each other become one, line by line; what differs in weight or calls stays apart."""
    groups: list[list[Message]] = []
    for one in messages:
        if groups and _can_join(groups[-1][0], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return [
        {**some[0], "content": "\n".join(str(one["content"]) for one in some)} if some[1:] else some[0]
        for some in groups
    ]


def _can_join(before: Message, one: Message) -> bool:
    if before["role"] != one["role"] or one["role"] not in ("user", "assistant"):
        return False
    beside = [{key: value for key, value in turn.items() if key not in ("role", "content")} for turn in (before, one)]
    return not any("tool_calls" in turn for turn in beside) and (beside[0] == beside[1] or not _differ(*beside))


def _differ(before: Message, one: Message) -> bool:
    return bool(one) or "weight" in before


def _trim_last_question(messages: list[Message]) -> list[Message]:
    last = max((place for place, one in enumerate(messages) if one["role"] != "user"), default=-1)
    return messages[: last + 1]


TIDIES: dict[str, Callable[[list[Message]], list[Message]]] = {
    "system_to_front": _system_to_front,
    "drop_late_system": _drop_late_system,
    "trim_first_answer": _trim_first_answer,
    "join_turns": _join_turns,
    "trim_last_question": _trim_last_question,
}
"""Every repair, in the order in which they are made. Labels: `data.tidy.<key>`."""


def check_tidy(names: Sequence[str]) -> tuple[str, ...]:
    """The names in the order of `TIDIES`. Raises Fault("data.tidy.unknown")."""
    for name in names:
        if name not in TIDIES:
            raise Fault("data.tidy.unknown", found=show(name))
    return tuple(name for name in TIDIES if name in names)


def tidied(messages: list[Message], names: Collection[str]) -> list[Message]:
    """The conversation with the chosen repairs made."""
    for name in names:
        messages = TIDIES[name](messages) or messages
    return messages


class TidyCounter:
    """Counts what each repair saves, of the rows that pass through a converter of records.

    Args:
        make: the converter under so many repairs.
        chosen: the repairs that are made.
    """

    def __init__(self, make: Callable[[tuple[str, ...]], Convert[Any]], chosen: tuple[str, ...]) -> None:
        self._chosen = chosen
        self._without = {key: make(tuple(one for one in chosen if one != key)) for key in chosen}
        self._with = {key: make(check_tidy((*chosen, key))) for key in TIDIES if key not in chosen}
        self._all = make(check_tidy([key for key in TIDIES if key != "drop_late_system"]))
        self._saved: Counter[str] = Counter()
        self.together = 0  # rows that all of them save

    def watching(self, convert: Convert[T]) -> Convert[T]:
        """The converter, which counts what each repair does for each record."""

        def watched(record: Record) -> T:
            try:
                row = convert(record)
            except RowFault as fault:
                if fault.code in REPAIRED:
                    self._saved.update(key for key, other in self._with.items() if _works(other, record))
                    self.together += _works(self._all, record)
                raise
            self._saved.update(key for key, other in self._without.items() if not _works(other, record))
            return row

        return watched

    def found(self) -> list[dict[str, Any]]:
        """[{"key", "rows" (that it saves, or would), "on"}] of those that save any, or are chosen."""
        listed = [{"key": key, "rows": self._saved[key], "on": key in self._chosen} for key in TIDIES]
        return [one for one in listed if one["rows"] or one["on"]]


def _works(convert: Convert[Any], record: Record) -> bool:
    try:
        convert(record)
    except RowFault:
        return False
    return True
