"""Running text in which each turn stands behind who speaks: its lines or paragraphs become messages of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item
from engine.data.records.record import Record, Rejected, RowFault, show
from engine.data.schema.filled_templates.declared import FilledTemplate, filled_template
from engine.data.schema.filled_templates.parse import pieces_of, said_words

ROLE, WORDS = "\0role", "\0words"  # columns of the messages that come of it: no file has such


def as_messages(plan: Arrangement) -> Arrangement:
    """How those messages become conversations."""
    return Arrangement("rows", role=ROLE, content=WORDS, begin=plan.begin)


def spoken(items: Iterator[Item], plan: Arrangement) -> Iterator[Item]:
    """A message for each turn of the texts; a paragraph without a mark goes on with the one before it."""
    template = filled_template(plan.template)
    assert template is not None
    held: Record | None = None
    line = 0
    for item in items:
        between = "\n" if item.line == line + 1 else "\n\n"  # lines, or paragraphs
        line = item.line or 0
        if isinstance(item, Rejected):
            yield item
            continue
        try:
            for role, text in pieces_of(str(item.values.get(str(plan.content)) or ""), template, str(plan.content)):
                if held is not None and _goes_on(held, item, role, text, template):
                    held = _with(held, text, "\n" if role else between)
                    continue
                if held is not None:
                    yield from _done(held, template, plan)
                held = _first(item, role, text, template, plan)
        except RowFault as fault:
            yield fault.rejected(item)
    if held is not None:
        yield from _done(held, template, plan)


def _goes_on(held: Record, item: Record, role: str | None, text: str, template: FilledTemplate) -> bool:
    return role in (None, "input") and held.file == item.file and not _is_preamble(text, template)


def _is_preamble(text: str, template: FilledTemplate) -> bool:
    return any(re.fullmatch(preamble, text.strip()) for preamble in template.preambles)


def _first(item: Record, role: str | None, text: str, template: FilledTemplate, plan: Arrangement) -> Record | None:
    """The message that begins with a piece; None for a sentence of the template itself."""
    if role is None and _is_preamble(text, template):
        return None
    if role is None and template.lead != "system":
        raise RowFault("data.filled.lead", str(plan.content), found=show(text), template=template.name)
    return replace(item, values={ROLE: role or "system", WORDS: text}, raw="")


def _with(held: Record, text: str, between: str) -> Record:
    return replace(held, values={**held.values, WORDS: f"{held.values[WORDS].rstrip()}{between}{text.strip()}"})


def _done(held: Record, template: FilledTemplate, plan: Arrangement) -> Iterator[Item]:
    role = str(held.values[ROLE])
    try:
        words = said_words(held.values[WORDS], role, template, str(plan.content))
    except RowFault as fault:
        yield fault.rejected(held)
        return
    if words or role != "system":
        yield replace(held, values={ROLE: role, WORDS: words})
