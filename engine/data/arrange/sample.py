"""The first conversations of a file, put together in memory: for a preview, and to see what columns there are."""

from __future__ import annotations

from collections.abc import Iterator

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item, is_blank, key_of
from engine.data.arrange.exchanges import as_plain, prepared
from engine.data.arrange.groups import GroupFinder
from engine.data.arrange.nested import unfolded
from engine.data.arrange.spool import together, without_id
from engine.data.arrange.written import in_runs
from engine.data.records.bounds import LOOK_BYTES, Later
from engine.data.records.record import Record, Rejected

LOOKED_AT = 5_000  # records
_UNSURE = 0.1  # share of a cut sample at its end, whose conversations may go on behind it


def first_conversations(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    """The conversations of the first records. Raises Later behind them where the file goes on."""
    taken, more = _taken(items)
    yield from sampled(taken, plan, cut=more)
    if more:
        raise Later


def _taken(items: Iterator[Item]) -> tuple[list[Item], bool]:
    taken: list[Item] = []
    size = 0
    try:
        for item in items:
            taken.append(item)
            size += len(item.raw) + 1
            if len(taken) > LOOKED_AT or size > LOOK_BYTES:
                return taken, True
    except Later:
        return taken, True
    return taken, False


def sampled(items: list[Item], plan: Arrangement, *, cut: bool) -> Iterator[Item]:
    """The conversations of records at hand; where the file goes on behind them, those that may go on too are left out."""
    if plan.how == "nested":
        yield from unfolded(iter(items), plan)
        return
    items, plan = list(prepared(iter(items), plan)), as_plain(plan)
    if plan.how == "rows" and not _is_scattered(items, plan):
        found = list(in_runs(iter(items), plan))
        yield from found[:-1] if cut and len(found) > 1 else found
        return
    records = []
    for item in items:
        if isinstance(item, Rejected):
            yield item
        elif (odd := without_id(item, plan)) is not None:
            yield odd
        elif not is_blank(item, plan):
            records.append(item)
    groups = GroupFinder(plan)
    for record in records:
        groups.add(record)
    sure = len(records) * (1 - _UNSURE) if cut else len(records)
    for places in groups.found():
        if places[-1] < sure:
            yield from together([records[place] for place in places.tolist()], plan)


def _is_scattered(items: list[Item], plan: Arrangement) -> bool:
    """Whether a conversation is taken up again after another one."""
    if plan.id is None:
        return False
    keys = [key_of(item, plan.id) for item in items if isinstance(item, Record)]
    runs = sum(one != before for one, before in zip(keys, [None, *keys], strict=False))
    return runs > len(set(keys))
