"""Columns of a record whose texts are filled-in templates: each becomes the turns in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.data.records.record import Record, RowFault, show
from engine.data.schema.filled_templates.declared import FilledTemplate
from engine.data.schema.filled_templates.parse import Turn, begins_with, opens_answer, split_text


def splitting(template: FilledTemplate, columns: tuple[str, ...], before: str | None) -> Callable[[Record], Record]:
    """What takes the texts of a record apart, or raises RowFault."""

    def split(record: Record) -> Record:
        values: dict[str, Any] = dict(record.values)
        asked = values.pop(before, None) if before else None
        for column in columns:
            if column in values:
                values[column] = split_value(asked, values[column], template, before, column)
        return replace(record, values=values)

    return split


def split_value(asked: Any, said: Any, template: FilledTemplate, before: str | None, column: str) -> list[Turn]:
    """The turns of a text, with those of the text before it. Raises RowFault, also where nothing is answered."""
    for value, name in ((asked, before), (said, column)):
        if name is not None and not isinstance(value, str):
            raise RowFault(
                "data.row.empty" if value is None else "data.row.not_text",
                name,
                **({} if value is None else {"found": show(value)}),
            )
    turns = split_text(said, template, column) if before is None else _of_two(asked, said, template, before, column)
    if not turns or turns[-1]["role"] != "assistant":
        raise RowFault("data.filled.no_answer", column, template=template.name)
    return turns


def _of_two(asked: str, said: str, template: FilledTemplate, before: str, column: str) -> list[Turn]:
    """A question and its answer, of which the first, the second or both hold marks."""
    if not asked.strip():
        raise RowFault("data.row.empty", before)
    if not said.strip():
        raise RowFault("data.row.empty", column)
    if not template.pattern.search(asked):
        if not begins_with(said, template, "assistant"):
            raise RowFault("data.filled.no_mark", before, template=template.name)
        return [{"role": "user", "content": asked}, *split_text(said, template, column)]
    if opens_answer(asked, template):
        opened = "" if begins_with(said, template, "assistant") else asked
        whole = opened + said if opened else _closed(asked, template) + "\n" + said
        return split_text(whole, template, column)
    if begins_with(said, template, "assistant"):
        return split_text(asked.rstrip() + "\n" + said.lstrip(), template, column)
    raise RowFault("data.filled.no_answer", before, template=template.name)


def _closed(asked: str, template: FilledTemplate) -> str:
    """A question without the opening of an answer at its end."""
    last = template.last_mark(asked)
    assert last is not None
    return asked[: last.start()].rstrip()
