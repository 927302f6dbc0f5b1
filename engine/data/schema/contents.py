"""What the values of a column look like, told by the values alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from engine.data.rows.labels import are_labels
from engine.data.schema.declared import TURN_KEYS
from engine.data.schema.members import text_of_thought
from engine.data.schema.weighted import holds_flags, holds_marks, holds_weights

Rows = Sequence[Mapping[str, Any]]
MOST_LABELS = 100
LONGEST_LABEL = 80  # characters
_ONE_WORD = 12  # characters; a thought is longer, or has words in it
_ENOUGH = 20  # rows from which on labels must repeat
_NUMBER = re.compile(r"[\s\d.,:/+%$€£¥年月日T-]+Z?")  # numbers, dates, times, amounts
_CODE = re.compile(r"[A-Za-z_.:/@#-]*+\d[A-Za-z\d_.:/@#-]*")  # "ID-0042", "doc7.pdf", an address
Reads = Literal["text", "nested", "label", "number"]

THUMBS: dict[Any, bool] = {
    **dict.fromkeys(("true", "yes", "1", "1.0", "good", "up", "thumbs_up", "thumbs up", "like", "desirable", "👍", "是", "好", "赞"), True),
    **dict.fromkeys(("false", "no", "0", "0.0", "-1", "-1.0", "bad", "down", "thumbs_down", "thumbs down", "dislike", "undesirable", "👎", "否", "差", "踩"), False),
}  # fmt: skip


def thumb_of(value: Any) -> bool | None:
    """Whether a value means "good" or "bad"; None when it means neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, str)):
        return THUMBS.get(str(value).strip().casefold())
    return None


def reads_like(counts: Mapping[str, int]) -> Reads:
    """What a column is by how often each of its values is there: "number" stands for dates and codes too."""
    if all(_NUMBER.fullmatch(value) or _CODE.fullmatch(value) or value in ("True", "False") for value in counts):
        return "number"
    return "label" if are_labels(counts) else "text"


def is_label(value: Any) -> bool:
    """Whether a value could be a class: a number, yes/no, or a short text."""
    if isinstance(value, str):
        return 0 < len(value.strip()) <= LONGEST_LABEL and "\n" not in value.strip()
    return isinstance(value, (bool, int)) or (isinstance(value, float) and value.is_integer())


def turns_of(value: Any) -> str | None:
    """The shape of a list of turns ("messages" or "sharegpt"), also where it is written as JSON."""
    found = json_list(value) if isinstance(value, str) else value
    if not isinstance(found, list) or not found:
        return None
    return turn_of(found[0])


def turn_of(value: Any) -> str | None:
    """The shape of a single turn."""
    if not isinstance(value, dict):
        return None
    return next((key for key, names in TURN_KEYS.items() if all(name in value for name in names)), None)


def json_list(text: str) -> Any:
    """The list that a text holds as JSON, or None."""
    if text.lstrip()[:1] != "[":
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def values_of(column: str, rows: Rows) -> list[Any]:
    """What stands in a column, without what is missing."""
    return [row[column] for row in rows if row.get(column) is not None]


def mostly_text(column: str, rows: Rows) -> bool:
    """Whether most values are texts; so is a column without values."""
    values = values_of(column, rows)
    return not values or sum(isinstance(value, str) for value in values) * 2 > len(values)


def mostly_turns(column: str, rows: Rows) -> str | None:
    """The shape of the turns that most values are lists of; None for columns of text."""
    values = values_of(column, rows)
    votes = Counter(turns_of(value) for value in values)
    return next((key for key in TURN_KEYS if votes[key] * 2 > len(values)), None)


def _added(column: str, rows: Rows) -> bool:
    """Whether a column holds texts of its own, neither numbers nor a few labels; so does one without values."""
    filled = Counter(str(value).strip() for value in values_of(column, rows) if str(value).strip())
    return mostly_text(column, rows) and (not filled or reads_like(filled) == "text")


def _either(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    fits = sum(isinstance(value, str) or bool(turns_of(value) or turn_of(value)) for value in values)
    return not values or fits * 2 > len(values)


def _answers(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    return mostly_text(column, rows) or sum(is_answer_list(value) for value in values) * 2 > len(values)


def is_answer_list(value: Any) -> bool:
    """Whether a value is {"text": [...]}, as sets of questions about passages hold their answers."""
    return isinstance(value, dict) and isinstance(value.get("text"), list)


def _labels(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    if not values or not all(is_label(value) for value in values):
        return False
    kinds = len({str(value) for value in values})
    return kinds <= MOST_LABELS and (len(values) < _ENOUGH or kinds * 2 <= len(values))


def _thumbs(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    return bool(values) and all(thumb_of(value) is not None for value in values)


def _tools(column: str, rows: Rows) -> bool:
    filled = [value for value in values_of(column, rows) if value != "" and not str(value).isspace()]
    lists = sum(isinstance(json_list(value) if isinstance(value, str) else value, list) for value in filled)
    return not filled or lists * 2 > len(filled)


def _thoughts(column: str, rows: Rows) -> bool:
    """Whether a column holds thinking: texts (or parts of them) that are no switches, and of more than a word."""
    values = [value for value in values_of(column, rows) if value not in ("", [])]
    texts = [text for value in values if (text := text_of_thought(value).strip())]
    return not values or (len(texts) * 2 > len(values) and any(len(text) > _ONE_WORD or " " in text for text in texts))


def _weights(column: str, rows: Rows) -> bool:
    return holds_weights(column, values_of(column, rows))


def _marks(column: str, rows: Rows) -> bool:
    return holds_marks([json_list(value) if isinstance(value, str) else value for value in values_of(column, rows)])


HOLDS: dict[str, Callable[[str, Rows], Any]] = {
    "anything": lambda _column, _rows: True,
    "text": mostly_text,
    "added": _added,
    "turns": mostly_turns,
    "either": _either,
    "answers": _answers,
    "label": _labels,
    "thumb": _thumbs,
    "tools": _tools,
    "thoughts": _thoughts,
    "weight": _weights,
    "flags": lambda column, rows: holds_flags(values_of(column, rows)),
    "marks": _marks,
}
