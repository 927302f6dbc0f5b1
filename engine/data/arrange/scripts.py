"""Running text in which each turn stands behind who speaks: its lines or paragraphs become messages of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.conversations import Item
from engine.data.records.bounds import MAX_FIELD
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
    held: _Held | None = None
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
                    held.add(text, "\n" if role else between)
                    continue
                if held is not None:
                    yield from held.done(template, plan)
                held = _first(item, role, text, template, plan)
        except RowFault as fault:
            yield fault.rejected(item)
    if held is not None:
        yield from held.done(template, plan)


class _Held:
    """A message that may go on over the next lines; of one beyond all limits no more is kept."""

    def __init__(self, record: Record, role: str, text: str) -> None:
        self.file = record.file
        self._record, self._role, self._parts, self._size = record, role, [text.rstrip()], len(text)

    def add(self, text: str, between: str) -> None:
        """The next lines of it."""
        self._size += len(text)
        if self._size <= MAX_FIELD:
            self._parts += (between, text.strip())

    def done(self, template: FilledTemplate, plan: Arrangement) -> Iterator[Item]:
        """The whole message, or why it is none."""
        try:
            if self._size > MAX_FIELD:
                raise RowFault("data.row.field_too_long", str(plan.content), limit=MAX_FIELD)
            words = said_words("".join(self._parts), self._role, template, str(plan.content))
        except RowFault as fault:
            yield fault.rejected(self._record)
            return
        if words or self._role != "system":
            yield replace(self._record, values={ROLE: self._role, WORDS: words}, raw="")


def _goes_on(held: _Held, item: Record, role: str | None, text: str, template: FilledTemplate) -> bool:
    return role in (None, "input") and held.file == item.file and not _is_preamble(text, template)


def _is_preamble(text: str, template: FilledTemplate) -> bool:
    return any(re.fullmatch(preamble, text.strip()) for preamble in template.preambles)


def _first(item: Record, role: str | None, text: str, template: FilledTemplate, plan: Arrangement) -> _Held | None:
    """The message that begins with a piece; None for a sentence of the template itself."""
    if role is None and _is_preamble(text, template):
        return None
    if role is None and template.lead != "system":
        raise RowFault("data.filled.lead", str(plan.content), found=show(text), template=template.name)
    return _Held(item, role or "system", text)
