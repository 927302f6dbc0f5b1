"""Which columns an exported table has, and how a row becomes one of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.rows import Row, content_of

Record = dict[str, Any]
Fill = Callable[[Row, Mapping[str, str], Record], None]


class NotFit(Exception):
    """Raised for a row that the wanted columns cannot hold (several turns in a table of questions and answers ...)."""


@dataclass(frozen=True)
class Layout:
    """One form of a table.

    Attributes:
        record: the record of a row; raises NotFit. Columns that a row lacks are missing from it.
        columns: every column, in order, as far as it is known without looking at the rows.
    """

    record: Callable[[Row], Record]
    columns: tuple[str, ...] = ()


def own_layout() -> Layout:
    """Conversations as `messages`, texts as `text`, preferences as they are kept; other columns beside them."""

    def record(row: Row) -> Record:
        made = content_of(row)
        for name, value in (row.get("extra") or {}).items():
            made[free_name(name, made)] = value
        return made

    return Layout(record)


def free_name(name: str, taken: Mapping[str, Any] | Sequence[str]) -> str:
    """`name`, or with a number behind it where that column is taken."""
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name} ({count})"
    return free


def original_layout(
    shape: str, mapping: Mapping[str, str], columns: Sequence[str], templates: Mapping[str, Any]
) -> Layout | None:
    """The columns of the file that the rows came from; None where the shape's columns cannot be told from its rows."""
    fill = _FILLS.get(shape)
    if fill is None or not mapping or any(templates.values()):
        return None

    def record(row: Row) -> Record:
        extra = row.get("extra") or {}
        made: Record = {}
        fill(row, mapping, made)
        kept = {**made, **{name: value for name, value in extra.items() if name not in made}}
        return {name: kept[name] for name in (*columns, *kept) if name in kept}

    return Layout(record, tuple(columns))


# ------------------------------------------------------------------ one filler a shape


def _pair(row: Row) -> tuple[str, str, str]:
    """System text, question and answer of a conversation of one turn. Raises NotFit."""
    messages = list(row.get("messages", ()))
    system = messages.pop(0)["content"] if messages and messages[0]["role"] == "system" else ""
    if (
        "tools" in row
        or [m["role"] for m in messages] != ["user", "assistant"]
        or any("tool_calls" in m for m in messages)
    ):
        raise NotFit
    return system, messages[0]["content"], messages[1]["content"]


def _put_system(system: str, mapping: Mapping[str, str], made: Record) -> None:
    if "system" in mapping:
        made[mapping["system"]] = system
    elif system:
        raise NotFit


def _pair_filler(question_field: str, answer_field: str, context_field: str) -> Fill:
    """Two columns for question and answer; a third one holds what an import joined to the question."""

    def fill(row: Row, mapping: Mapping[str, str], made: Record) -> None:
        system, question, answer = _pair(row)
        column = mapping.get(context_field)
        if column is not None:
            context = (row.get("extra") or {}).get(column)
            question, made[column] = _without_context(question, context)
        made[mapping[question_field]], made[mapping[answer_field]] = question, answer
        _put_system(system, mapping, made)

    return fill


def _without_context(question: str, context: Any) -> tuple[str, Any]:
    """The question as it was before its context was joined to it. An edited question is kept whole, without context."""
    if not isinstance(context, str) or not context.strip():
        return question, context if context is not None else ""
    for before, after in ((f"\n{context}", ""), ("", f"{context}\n"), (f"\n\n{context}", ""), ("", f"{context}\n\n")):
        if before and question.endswith(before):
            return question[: -len(before)], context
        if after and question.startswith(after):
            return question[len(after) :], context
    return question, ""


def _fill_text(row: Row, mapping: Mapping[str, str], made: Record) -> None:
    if "text" not in row:
        raise NotFit
    made[mapping["text"]] = row["text"]


def _turns_filler(field: str, turn: Callable[[Mapping[str, Any]], Record]) -> Fill:
    def fill(row: Row, mapping: Mapping[str, str], made: Record) -> None:
        messages = list(row.get("messages", ()))
        if not messages:
            raise NotFit
        if "system" in mapping:
            made[mapping["system"]] = messages.pop(0)["content"] if messages[0]["role"] == "system" else ""
        made[mapping[field]] = [turn(message) for message in messages]
        if "tools" in row:
            made[mapping.get("tools", "tools")] = row["tools"]

    return fill


_SPOKEN = {"user": "human", "assistant": "gpt"}


def _said(message: Mapping[str, Any]) -> Record:
    return {"from": _SPOKEN.get(message["role"], message["role"]), "value": message["content"]}


_FILLS: dict[str, Fill] = {
    "prompt_completion": _pair_filler("prompt", "completion", ""),
    "alpaca": _pair_filler("instruction", "output", "input"),
    "text": _fill_text,
    "messages": _turns_filler("messages", dict),
    "sharegpt": _turns_filler("conversations", _said),
}


def records_of(layout: Layout, rows: Iterator[Row], split_column: str | None) -> Iterator[Record]:
    """The records, with the split of each in a column of its own where one is wanted."""
    for row in rows:
        record = layout.record(row)
        if split_column is not None:
            record[split_column] = row["split"]
        yield record
