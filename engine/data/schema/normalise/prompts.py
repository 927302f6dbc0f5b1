"""A question that waits for an answer, with what tells whether the answer is right: items of reinforcement fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.records.json_text import parse
from engine.data.records.record import RowFault, show
from engine.data.schema.mapping import ColumnMapping
from engine.data.schema.normalise.asked import tools_beside
from engine.data.schema.normalise.requests import request_of
from engine.data.schema.normalise.texts import Fields, check_nested, present
from engine.data.schema.normalise.turns import check_order, read_any_turns, with_system

Values = Mapping[str, Any]


def prompt_row(values: Values, fields: Fields) -> dict[str, Any]:
    """{"prompt", "reference"}: messages that end with a question, and every column that no other field takes. Raises RowFault."""
    column = fields.column("prompt")
    value = present(values, column)
    found = read_any_turns(value, column) or [{"role": "user", "content": fields.needed(values, "prompt")}]
    messages = with_system(found, fields.optional(values, "system"), fields.column("system"))
    check_order(messages, column, answered=False)
    if messages[-1]["role"] != "user":
        raise RowFault("data.turn.answered", column)
    reference = _reference(values, fields)
    check_nested(reference, column)
    return {"prompt": messages, "reference": reference, **tools_beside(values, fields), **request_of(value, column)}


def _reference(values: Values, fields: Fields) -> dict[str, Any]:
    if not fields.has("reference"):
        return {name: one for name, one in values.items() if not fields.uses(name) and one is not None}
    found = fields.raw(values, "reference")
    if isinstance(found, str) and found.strip():
        try:
            found = parse(found, 1)
        except RowFault:
            raise RowFault("data.row.no_object", fields.column("reference"), found=show(found)) from None
    if found is not None and not isinstance(found, dict):
        raise RowFault("data.row.no_object", fields.column("reference"), found=show(found))
    return found or {}


def has_extra(plan: ColumnMapping) -> bool:
    """Whether columns that are not trained on stay beside the row: not where the row holds them all."""
    return not plan.shape.rest or plan.shape.rest in plan.columns
