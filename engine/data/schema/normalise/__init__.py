"""From a record of the file to a row of any kind. Texts stay exactly as they are, or the row is rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.data.records.record import Record
from engine.data.schema.layouts.turn_lists import TURN_KEYS
from engine.data.schema.mapping import ColumnMapping
from engine.data.schema.normalise.asked import asked_row, earlier, tools_beside
from engine.data.schema.normalise.media import refuse_media
from engine.data.schema.normalise.pairs import kto_row, preference_row
from engine.data.schema.normalise.prompts import has_extra, prompt_row
from engine.data.schema.normalise.rankings import ranking_row
from engine.data.schema.normalise.texts import Fields, Values, extra_of, present, with_input
from engine.data.schema.normalise.thoughts import answer_of_row
from engine.data.schema.normalise.tidy import tidied
from engine.data.schema.normalise.turns import Message, check_order, read_turns, with_system
from engine.data.schema.normalise.weights import weigh_turns, weight_of_row

Row = dict[str, Any]
_ALSO_EXTRA = {
    "alpaca": ("input",),
    "prompt_completion": ("input",),
    "qa_context": ("context", "input"),
    "classification": ("label", "input"),
    "preference": ("input", "chosen_score", "rejected_score"),
    "ranking": ("input",),
    "kto": ("input",),
}  # trained on, and kept as an extra field


def normaliser(plan: ColumnMapping) -> Callable[[Record], Row]:
    """The function that makes a row of a record, or raises RowFault."""
    make, fields, keeps = _MAKERS[plan.shape.key], Fields(plan), has_extra(plan)
    trained_on, weighs = trained_columns(plan), "weight" in plan.columns

    def normalise(record: Record) -> Row:
        row: Row = {"line": record.row if record.line is None else record.line}
        if record.file is not None:
            row["file"] = record.file
        row |= make(record.values, fields)
        refuse_media(record.values, row)
        if weighs and (weight := weight_of_row(fields.raw(record.values, "weight"), fields.column("weight"))) != 1:
            row["weight"] = weight
        if keeps and (extra := extra_of(record.values, trained_on)):
            row["extra"] = {**row["extra"], **extra} if "extra" in row else extra
        return row

    return normalise


def trained_columns(plan: ColumnMapping) -> frozenset[str]:
    """The columns that stand in the row as a whole, so that they need not be extra fields."""
    also_extra = _ALSO_EXTRA.get(plan.shape.key, ())
    return frozenset(
        column for key, column in plan.columns.items() if key not in plan.wordings and key not in also_extra
    )


def _text_row(values: Values, fields: Fields) -> Row:
    return {"text": fields.needed(values, "text")}


def _alpaca_row(values: Values, fields: Fields) -> Row:
    return asked_row(values, fields, "instruction", "output")


def _prompt_row(values: Values, fields: Fields) -> Row:
    return asked_row(values, fields, "prompt", "completion")


def _context_row(values: Values, fields: Fields) -> Row:
    question = with_input(fields.needed(values, "question"), values, fields, "question")
    context = fields.optional(values, "context") if fields.adds("context", "question") else ""
    return _pair(f"{context}\n\n{question}" if context else question, fields.answer(values, "answer"), values, fields)


def _class_row(values: Values, fields: Fields) -> Row:
    asked = with_input(fields.needed(values, "text"), values, fields, "text")
    return _pair(asked, fields.label(values, "label"), values, fields)


def _pair(question: str, answer: str, values: Values, fields: Fields) -> Row:
    messages: list[Message] = [{"role": "user", "content": question}, answer_of_row(answer, values, fields)]
    if before := earlier(values, fields):
        messages = [*before, *messages]
        check_order(messages, fields.column("history"))
    return {"messages": with_system(messages, fields.optional(values, "system"), fields.column("system"))}


def _turns_row(key: str, names: tuple[str, str]) -> Callable[[Values, Fields], Row]:
    def make(values: Values, fields: Fields) -> Row:
        column = fields.column(key)
        messages: list[Message] = read_turns(present(values, column), column, names)
        if fields.has("marks"):
            weigh_turns(messages, fields.raw(values, "marks"), fields.column("marks"))
        messages = tidied(messages, fields.tidy)
        check_order(messages, column)
        row: Row = {"messages": with_system(messages, fields.optional(values, "system"), fields.column("system"))}
        return row if fields.simple else row | tools_beside(values, fields)

    return make


_MAKERS: Mapping[str, Callable[[Values, Fields], Row]] = {
    "text": _text_row,
    "alpaca": _alpaca_row,
    "prompt_completion": _prompt_row,
    "qa_context": _context_row,
    "classification": _class_row,
    "messages": _turns_row("messages", TURN_KEYS["messages"]),
    "sharegpt": _turns_row("conversations", TURN_KEYS["sharegpt"]),
    "preference": preference_row,
    "kto": kto_row,
    "ranking": ranking_row,
    "prompt": prompt_row,
}
