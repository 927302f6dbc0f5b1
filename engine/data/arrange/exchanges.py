"""Records that hold a question and its answer each, several of which make a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item
from engine.data.arrange.scripts import ROLE, WORDS, as_messages, spoken
from engine.data.records.record import Record
from engine.data.schema.contents import says_something


def as_plain(plan: Arrangement) -> Arrangement:
    """How the messages that `prepared` makes become conversations."""
    if plan.how == "exchange":
        return Arrangement("rows", role=ROLE, content=WORDS, id=plan.id, order=plan.order)
    return as_messages(plan) if plan.how == "script" else plan


def prepared(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    """A record for each message, where records hold several of them or parts of one; else the records as they are."""
    if plan.how == "script":
        return spoken(items, plan)
    return _halved(items, plan) if plan.how == "exchange" else items


def _halved(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    asked, answered = str(plan.role), str(plan.content)
    for item in items:
        if not isinstance(item, Record) or not any(says_something(item.values.get(one)) for one in (asked, answered)):
            yield item
            continue
        beside = {name: value for name, value in item.values.items() if name not in (asked, answered)}
        for role, column in (("user", asked), ("assistant", answered)):
            yield replace(item, values={**beside, ROLE: role, WORDS: item.values.get(column)}, raw="")
