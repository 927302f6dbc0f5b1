"""Trees that lie in one record each: a message, in it its replies, in these theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item
from engine.data.arrange.names import CONTENT, DELETED, RANK, ROLE, bearing, speaker
from engine.data.arrange.trees import MOST_IN_TREE, ways
from engine.data.records.record import Record, RowFault, show

REPLIES = "replies"
_NAME, _ABOVE = "\0name", "\0above"  # of a message and of the one before it: columns that no file has


def is_tree(value: Any) -> bool:
    """Whether a value is a message with a list of replies."""
    return isinstance(value, dict) and isinstance(value.get(REPLIES), list) and _plan(value) is not None


def _plan(message: Mapping[str, Any]) -> Arrangement | None:
    """Which members of a message say who speaks, and what."""
    role, content = (_named(names, message) for names in (ROLE, CONTENT))
    if role is None or content is None or speaker(message[role]) is None:
        return None
    return Arrangement("tree", role=role, content=content, id=_NAME, parent=_ABOVE)


def _named(names: tuple[str, ...], members: Iterable[str]) -> str | None:
    return next(iter(bearing(names, list(members))), None)


def unfolded(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    """The conversations of such trees, one tree after another; columns beside a tree stay beside its conversations."""
    for item in items:
        if not isinstance(item, Record):
            yield item
            continue
        try:
            yield from _ways(item, str(plan.content), plan)
        except RowFault as fault:
            yield fault.rejected(item)


def _ways(record: Record, column: str, plan: Arrangement) -> Iterator[Item]:
    root = record.values.get(column)
    tree = _plan(root) if isinstance(root, dict) else None
    if not isinstance(root, dict) or tree is None:
        raise RowFault("data.arrange.no_tree", column, found=show(root))
    beside = {name: value for name, value in record.values.items() if name != column}
    messages = _messages(root)
    shown = [replace(record, row=n, values=values) for n, values in enumerate(messages)]
    members = dict.fromkeys(name for values in messages for name in values)
    whole = replace(tree, paths=plan.paths, rank=_named(RANK, members), deleted=_named(DELETED, members))
    for item in ways(shown, whole):
        if isinstance(item, Record):
            yield replace(item, row=record.row, values={"messages": item.values["messages"], **beside})
        else:
            yield replace(item, row=record.row)


def _messages(root: dict[str, Any]) -> list[dict[str, Any]]:
    """Every message of a tree with its own name and that of the one before it. Raises RowFault where there are too many."""
    found: list[dict[str, Any]] = []
    waiting: list[tuple[dict[str, Any], str]] = [(root, "")]
    while waiting:
        message, above = waiting.pop()
        name = str(len(found) + 1)
        members = {key: value for key, value in message.items() if key != REPLIES}
        found.append({**members, _NAME: name, _ABOVE: above})
        replies = message.get(REPLIES) or ()
        waiting += [(one, name) for one in reversed(list(replies)) if isinstance(one, dict)]
        if len(found) > MOST_IN_TREE:
            break
    return found
