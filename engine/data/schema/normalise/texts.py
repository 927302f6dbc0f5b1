"""The texts of a record, field by field. They stay exactly as they are, or the row is rejected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.data.records.bounds import MAX_DEPTH, MAX_FIELD
from engine.data.records.encodings import is_damaged
from engine.data.records.record import RowFault, clip, show
from engine.data.schema.contents import LONGEST_LABEL, NO_CLASS, is_answer_list, is_label
from engine.data.schema.extras import MAX_EXTRA, is_extra
from engine.data.schema.layouts.literals import parts_in
from engine.data.schema.layouts.parts import joined
from engine.data.schema.mapping import ColumnMapping
from engine.data.schema.templated_columns import Wording, chooser, fill, fill_lines, scalar_text

Values = Mapping[str, Any]
_OPENINGS = ("", "[", "(", " ", "\t", "\r", "\n")  # of a text that may be blank or hold turns


class Fields:
    """What each field of a plan holds in a record: a column's value, or a wording filled with several."""

    def __init__(self, plan: ColumnMapping) -> None:
        self._columns = dict(plan.columns)
        self._wordings = dict(plan.wordings)
        self._choose = chooser(plan.wordings)
        self._plan, self._used = plan, plan.used
        self.tidy = plan.tidy  # repairs of whole conversations
        self.simple = not (self.has("history") or self.has("tools"))
        self._alone = {key: column for key, column in plan.columns.items() if key not in plan.wordings}

    def column(self, key: str) -> str:
        """The name to give in a sentence on this field: its column, or the first one of its wording."""
        if wording := self._wordings.get(key):
            return next(iter(wording[0].columns), key)
        return self._columns.get(key, key)

    def has(self, key: str) -> bool:
        """Whether the field is mapped at all."""
        return key in self._columns or key in self._wordings

    def uses(self, column: str) -> bool:
        """Whether a field or a wording has this column."""
        return column in self._used

    def adds(self, key: str, column_of: str) -> bool:
        """Whether field `key` is mapped to a column that the wording of `column_of` does not hold already."""
        column = self._columns.get(key)
        return key in self._wordings or (column is not None and not self._plan.names(column_of, column))

    def raw(self, values: Values, key: str) -> Any:
        """The value of the field as it stands in the file; None where it is not mapped."""
        if key in self._wordings:
            return self._worded(values, key)
        column = self._columns.get(key)
        return None if column is None else values.get(column)

    def alone(self, values: Values, key: str) -> Any:
        """As `raw`, but nothing where the field is a wording."""
        return None if key in self._wordings else self.raw(values, key)

    def plain(self, values: Values, key: str) -> str | None:
        """The text of a column, as nearly all are; None for what is empty, no text or perhaps a list: it must be looked at. Raises RowFault."""
        column = self._alone.get(key)
        value = None if column is None else values.get(column)
        if column is None or type(value) is not str or value[:1] in _OPENINGS:
            return None
        check_characters(value, column)
        return value

    def said(self, values: Values, key: str) -> str:
        """The text of an answer, which may be a number or a yes/no. Raises RowFault."""
        found = as_said(self.alone(values, key))
        return (
            text_of(found, self.column(key)) if isinstance(found, str) and found.strip() else self.needed(values, key)
        )

    def needed(self, values: Values, key: str) -> str:
        """The text of a needed field. Raises RowFault."""
        if key in self._wordings:
            return self._worded(values, key)
        column = self._columns[key]
        value = present(values, column)
        if value is None or (isinstance(value, str) and not value.strip()):
            raise RowFault("data.row.empty", column)
        return text_of(value, column)

    def optional(self, values: Values, key: str) -> str:
        """The text of a field that need not be there; empty where there is none or only white space.

        Of its wording, lines whose columns hold nothing in this row are left out.
        """
        value = self._worded_lines(values, key) if key in self._wordings else self.raw(values, key)
        if value is not None and (not isinstance(value, str) or value[:1] in ("[", "{")):
            value = self._plain(value, key)
        if value is None or (isinstance(value, str) and not value.strip()):
            return ""
        return text_of(value, self.column(key))

    def _plain(self, value: Any, key: str) -> Any:
        """A system prompt in parts as its text, a number that is given along with a question as its own; others as they are."""
        wanted = self._plan.shape.field(key)
        if wanted is None or wanted.holds != "words":
            return as_said(value) if wanted is not None and wanted.part == "input" else value
        found = parts_in(value) if isinstance(value, str) else value
        if found in ([], {}):
            return None
        text = joined(found) if isinstance(found, (list, dict)) else None
        return value if text is None else text

    def answer(self, values: Values, key: str) -> str:
        """A needed text that may also be the first of {"text": [...]}."""
        column = self._columns.get(key)
        value = None if column is None or key in self._wordings else values.get(column)
        if column is None or not is_answer_list(value):
            return self.said(values, key)
        first = next((one for one in map(as_said, value["text"]) if isinstance(one, str) and one.strip()), None)  # type: ignore[index]
        if first is None:
            raise RowFault("data.row.empty", column)
        return text_of(first, column)

    def label(self, values: Values, key: str) -> str:
        """A needed text, number or yes/no, as a text without white space around it."""
        if key in self._wordings:
            return self._worded(values, key)
        column = self._columns[key]
        text = scalar_text(present(values, column), column).strip()
        if not text:
            raise RowFault("data.row.empty", column)
        if text.casefold() in NO_CLASS:
            raise RowFault("data.row.no_class", column, found=show(text))
        if not is_label(text):
            raise RowFault("data.row.long_label", column, limit=LONGEST_LABEL, found=show(text))
        return text_of(text, column)

    def _worded(self, values: Values, key: str) -> str:
        return self._checked(fill(self._wording(values, key), values), key)

    def _worded_lines(self, values: Values, key: str) -> str:
        return self._checked(fill_lines(self._wording(values, key), values), key)

    def _wording(self, values: Values, key: str) -> Wording:
        several = self._wordings[key]
        return several[self._choose(values) % len(several)]

    def _checked(self, text: str, key: str) -> str:
        check_characters(text, self.column(key))
        return text


def with_input(question: str, values: Values, fields: Fields, asked: str) -> str:
    """The question and, on a line of its own, what is given along with it; `asked` is the field of the question.

    Raises:
        RowFault: what is given is no text.
    """
    more = fields.optional(values, "input") if fields.adds("input", asked) else ""
    return f"{question}\n{more}" if more else question


def as_said(value: Any) -> Any:
    """A number or a yes/no as its text: an answer may be one; anything else as it is."""
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return scalar_text(value, "")
    return value


def present(values: Values, column: str) -> Any:
    """The value of a column. Raises RowFault where the row lacks it."""
    if column not in values:
        raise RowFault("data.row.no_column", column, found=show(", ".join(values) or "-"))
    return values[column]


def text_of(value: Any, column: str) -> str:
    """A value that must be a text. Raises RowFault."""
    if not isinstance(value, str):
        raise RowFault("data.row.not_text", column, found=show(value))
    check_characters(value, column)
    return value


def check_characters(text: str, column: str) -> None:
    """Reject what no model can be taught: too much at once, NUL, half characters."""
    if len(text) > MAX_FIELD:
        raise RowFault("data.row.field_too_long", column, limit=MAX_FIELD)
    if "\0" in text:
        raise RowFault("data.row.nul", column)
    if is_damaged(text):
        raise RowFault("data.row.half_character", column)


def check_nested(value: Any, column: str, depth: int = 0) -> None:
    """As `check_characters`, for every text and name inside a value. Raises RowFault."""
    if isinstance(value, str):
        check_characters(value, column)
    elif isinstance(value, (dict, list)):
        if depth > MAX_DEPTH:
            raise RowFault("data.json.too_deep", column)
        for one in (*value, *value.values()) if isinstance(value, dict) else value:
            check_nested(one, column, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise RowFault("data.tools.not_finite", column, number=str(value), found=show(value))


def extra_of(values: Values, trained_on: frozenset[str]) -> dict[str, Any]:
    """The extra fields of a row: single values and short texts of columns that are not trained on."""
    return {_kept(name): _kept(value) for name, value in values.items() if name not in trained_on and is_extra(value)}


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return clip(value, MAX_EXTRA) if is_damaged(value) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
