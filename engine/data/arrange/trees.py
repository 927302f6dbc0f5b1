"""Messages that name the one before them: trees, of which each way from the root to an end is a conversation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item, conversation, place_of, raw_of
from engine.data.arrange.names import speaker
from engine.data.records.bounds import MAX_ROW
from engine.data.records.record import MAX_NAME, Record, Rejected, clip, show
from engine.data.schema.contents import says_something

MOST_IN_TREE = 20_000  # messages
_ASKING = ("user",)
_TRUE = ("true", "1", "1.0", "yes")


def ways(messages: Sequence[Record], plan: Arrangement) -> Iterator[Item]:
    """The conversations of one tree. Each ends with its last answer; what was deleted is left out with all that follows it."""
    if len(messages) > MOST_IN_TREE:
        yield _fault(messages[0], "data.arrange.too_long", plan.parent, turns=MOST_IN_TREE, limit=MAX_ROW)
        return
    children: dict[str, list[Record]] = defaultdict(list)
    roots: list[Record] = []
    named = Counter(id_of(one, plan.id) for one in messages)
    for one in messages:
        before = id_of(one, plan.parent)
        if (name := id_of(one, plan.id)) and named[name] > 1:
            yield _fault(one, "data.arrange.same_id", plan.id, found=show(name))
            continue
        if before and before not in named:
            yield _fault(one, "data.arrange.no_parent", plan.parent, found=show(before))
        elif before:
            children[before].append(one)
        else:
            roots.append(one)
    if not roots and children:
        yield _fault(messages[0], "data.arrange.circle", plan.parent)
    for root in roots:
        yield from _of_root(root, children, plan)


def id_of(message: Record, column: str | None) -> str:
    """What a message is called, or names; empty for nothing."""
    value = message.values.get(str(column))
    return str(value).strip() if says_something(value) else ""


def _fault(message: Record, code: str, column: str | None, **params: Any) -> Rejected:
    told = params if column is None else params | {"column": clip(column, MAX_NAME)}
    return Rejected(code, message.row, message.line, column, told, raw_of(message), message.file)


def _of_root(root: Record, children: dict[str, list[Record]], plan: Arrangement) -> Iterator[Item]:
    seen: set[tuple[int, ...]] = set()
    for path in _paths(root, children, plan):
        while path and speaker(path[-1].values.get(str(plan.role))) in _ASKING:
            path.pop()
        rows = tuple(one.row for one in path)
        if path and rows not in seen:
            seen.add(rows)
            yield conversation(path, plan)
    if not seen:
        yield _fault(root, "data.arrange.no_answer", None)


def _paths(root: Record, children: dict[str, list[Record]], plan: Arrangement) -> Iterator[list[Record]]:
    """From the root to each end, the best first; or the best alone."""
    if _is_deleted(root, plan):
        return
    waiting = [[root]]
    while waiting:
        path = waiting.pop()
        following = _following(path[-1], children, plan)
        if not following:
            yield path
            continue
        others = () if plan.paths == "best" else following[1:]
        waiting += [[*path, one] for one in reversed(others)]
        path.append(following[0])
        waiting.append(path)


def _following(message: Record, children: dict[str, list[Record]], plan: Arrangement) -> list[Record]:
    """What was said behind a message, the best first. Each has one parent, so that nothing comes twice behind a root."""
    found = children.get(id_of(message, plan.id), ())
    return sorted((one for one in found if not _is_deleted(one, plan)), key=lambda one: _rank(one, plan))


def _is_deleted(message: Record, plan: Arrangement) -> bool:
    value = message.values.get(str(plan.deleted)) if plan.deleted else None
    return str(value).strip().casefold() in _TRUE


def _rank(message: Record, plan: Arrangement) -> float:
    found = place_of(message.values.get(plan.rank)) if plan.rank else None
    return found if isinstance(found, float) else float("inf")
