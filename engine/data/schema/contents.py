"""What the values of a column look like, told by the values alone."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from engine.data.rows.labels import are_labels
from engine.data.schema.declared import holds_conversations, plain_name
from engine.data.schema.layouts.literals import literal_as_json, object_in
from engine.data.schema.layouts.parts import joined
from engine.data.schema.layouts.roles import role_name, role_of
from engine.data.schema.layouts.turn_lists import TURN_KEYS, from_columns, layout_of, usual_turns
from engine.data.schema.majority import filled, most, nearly_all, says_nothing
from engine.data.schema.members import text_of_thought
from engine.data.schema.ranked import holds_margins, holds_numbers, holds_several
from engine.data.schema.weighted import holds_flags, holds_marks, holds_weights

Rows = Sequence[Mapping[str, Any]]
MOST_LABELS = 100
CHOICES = ("choices", "options", "endings", "candidates", "answers", "选项")  # columns of answers to choose from
LONGEST_LABEL = 80  # characters
NO_CLASS = ("n/a", "#n/a", "nan", "null")  # what tables write where no class is known
_ONE_WORD = 12  # characters; a thought is longer, or has words in it
_ENOUGH = 20  # rows from which on labels must repeat
_NUMBER = re.compile(r"[\s\d.,:/+%$€£¥年月日T-]+Z?")  # numbers, dates, times, amounts
_CODE = re.compile(r"[A-Za-z_.:/@#-]*+\d[A-Za-z\d_.:/@#-]*")  # "ID-0042", "doc7.pdf", an address
Reads = Literal["text", "nested", "label", "number"]

THUMBS: dict[Any, bool] = {
    **dict.fromkeys(
        ("true", "yes", "y", "t", "1", "1.0", "+1", "good", "up", "thumbs_up", "thumbs up", "thumbs-up", "thumbsup", "thumb_up", "like", "liked",
         "upvote", "upvoted", "desirable", "positive", "accepted", "accept", "approved", "correct", "right", "helpful", "👍", "是", "好", "赞",
         "点赞", "赞同", "满意", "有用", "有帮助", "正确", "对", "好评", "喜欢", "采纳"), True),
    **dict.fromkeys(
        ("false", "no", "n", "f", "0", "0.0", "-1", "-1.0", "bad", "down", "thumbs_down", "thumbs down", "thumbs-down", "thumbsdown", "thumb_down",
         "dislike", "disliked", "downvote", "downvoted", "undesirable", "negative", "rejected", "reject", "incorrect", "wrong", "unhelpful",
         "not helpful", "👎", "否", "差", "踩", "点踩", "反对", "不满意", "没用", "无用", "没有帮助", "错误", "错", "差评", "不喜欢", "不采纳"), False),
}  # fmt: skip
_FEELINGS = ("positive", "negative")  # under a label they are classes
_TONES = "\ufe0f🏻🏼🏽🏾🏿"  # behind a hand


def thumb_of(value: Any) -> bool | None:
    """Whether a value means "good" or "bad"; None when it means neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float, str)):
        return THUMBS.get(str(value).strip().casefold().rstrip(_TONES))
    return None


def reads_like(counts: Mapping[str, int]) -> Reads:
    """What a column is by how often each of its values is there: "number" stands for dates and codes too."""
    numbers = sum(
        n
        for value, n in counts.items()
        if _NUMBER.fullmatch(value) or _CODE.fullmatch(value) or value in ("True", "False")
    )
    if nearly_all(numbers, sum(counts.values())):
        return "number"
    return "label" if are_labels(counts) else "text"


def is_label(value: Any) -> bool:
    """Whether a value could be a class: a number, yes/no, or a short text."""
    if isinstance(value, str):
        said = value.strip()
        return 0 < len(said) <= LONGEST_LABEL and "\n" not in said and said.casefold() not in NO_CLASS
    return isinstance(value, (bool, int)) or (isinstance(value, float) and value.is_integer())


def turns_of(value: Any, named: bool = False) -> str | None:
    """The shape of a list of turns ("messages" or "sharegpt"), also where it is written as JSON or as Python writes it.

    Args:
        named: whether it stands where conversations do, so that a list of texts is one too.
    """
    found = list_in(value)
    if not isinstance(found, list) or not found:
        return None
    if (key := turn_of(found[0])) is not None:
        return key
    layout = layout_of(found)
    return None if layout is None or (layout.by_name and not named) else "messages"


def turn_of(value: Any) -> str | None:
    """The shape of a single turn."""
    if not isinstance(value, dict):
        return None
    return next((key for key, names in TURN_KEYS.items() if all(name in value for name in names)), None)


def json_list(text: str) -> Any:
    """The list that a text holds as JSON, or as Python writes it; None for other texts."""
    if not text.lstrip()[:6].startswith(("[", "(", "array(")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return None if (same := literal_as_json(text)) is None else json.loads(same)
    except (ValueError, RecursionError):
        return None


def values_of(column: str, rows: Rows) -> list[Any]:
    """What stands in a column, without what is missing or blank."""
    return filled(row.get(column) for row in rows)


def mostly_text(column: str, rows: Rows) -> bool:
    """Whether most values are texts; so is a column without values."""
    values = values_of(column, rows)
    return not values or most(sum(isinstance(value, str) for value in values), len(values))


def mostly_turns(column: str, rows: Rows) -> str | None:
    """The shape of the turns that most values are lists of; None for columns of text."""
    values, named = values_of(column, rows), holds_conversations(column)
    votes = Counter(key for value in values if (key := turns_of(value, named)))
    return votes.most_common(1)[0][0] if most(votes.total(), len(values)) else None


def mostly_keyed(column: str, rows: Rows, key: str) -> bool:
    """Whether the turns of most values have the two members of a shape."""
    lists = [found for value in values_of(column, rows) if isinstance(found := list_in(value), list) and found]
    return most([turn_of(found[0]) for found in lists].count(key), len(lists))


def mostly_answered(column: str, rows: Rows) -> bool:
    """Whether most values are conversations that end with an answer."""
    ends = [_last_role(list_in(value)) for value in values_of(column, rows)]
    return most(ends.count("assistant"), len(ends))


def mostly_asking(column: str, rows: Rows) -> bool:
    """Whether most values are conversations that end with a question."""
    ends = [_last_role(list_in(value)) for value in values_of(column, rows)]
    return most(ends.count("user"), len(ends))


def asking_only(column: str, rows: Rows) -> bool:
    """Whether most values are conversations that end with a question and hold no answer."""
    lists = [list_in(value) for value in values_of(column, rows)]
    return most(sum(_asks(turns) for turns in lists), len(lists))


def _asks(turns: Any) -> bool:
    said = (
        [role_of(role_name(one.get("role"))) for one in usual_turns(turns) if isinstance(one, dict)]
        if isinstance(turns, list)
        else []
    )
    return bool(said) and said[-1] == "user" and "assistant" not in said


def _last_role(turns: Any) -> str | None:
    last = usual_turns(turns)[-1] if isinstance(turns, list) and turns else None
    return role_of(role_name(last.get("role", last.get("from")))) if isinstance(last, dict) else None


def example_of(column: str, rows: Rows) -> Any:
    """The first element of the first list of turns in a column."""
    lists = (list_in(value) for value in values_of(column, rows))
    return next((found[0] for found in lists if turns_of(found, named=True)), None)


def list_in(value: Any) -> Any:
    """The list that a cell is, or holds as text or by columns; any other value as it is, None for other texts."""
    if isinstance(value, str):
        if value[:1] != "{" or "[" not in value:
            return json_list(value)
        value = object_in(value)
    return from_columns(value) if isinstance(value, dict) else value


def says_something(value: Any) -> bool:
    """Whether a cell holds anything at all."""
    return bool(value.strip()) if isinstance(value, str) else value not in (None, [], {})


def _added(column: str, rows: Rows) -> bool:
    """Whether a column holds texts of its own, neither numbers nor a few labels; so does one without values."""
    filled = Counter(str(value).strip() for value in values_of(column, rows) if str(value).strip())
    return mostly_text(column, rows) and (not filled or reads_like(filled) == "text")


def _is_asked(value: Any) -> bool:
    """Whether a value is {"messages": [turns], ...}, as OpenAI's preferences hold their questions."""
    return isinstance(value, dict) and turns_of(value.get("messages")) is not None


def _either(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    fits = sum(
        isinstance(value, str) or bool(turns_of(value) or turn_of(value) or _is_asked(value)) for value in values
    )
    return not values or most(fits, len(values))


def _answers(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    return mostly_text(column, rows) or most(sum(is_answer_list(value) for value in values), len(values))


def _single(column: str, rows: Rows) -> bool:
    """Whether most values are texts, numbers or yes/no; beside a list to choose from, a number is only a place in it."""
    values = values_of(column, rows)
    if most(sum(isinstance(row.get(name), list) for row in rows for name in CHOICES if name in row), len(rows)):
        return False
    return not values or most(sum(isinstance(value, (str, bool, int, float)) for value in values), len(values))


def _words(column: str, rows: Rows) -> bool:
    """Whether most values are texts, in parts or whole."""
    values = values_of(column, rows)
    return not values or most(sum(joined(value) is not None for value in values), len(values))


def _history(column: str, rows: Rows) -> bool:
    """Whether the values are lists of earlier turns; many are empty."""
    lists = [list_in(value) for value in values_of(column, rows)]
    empty = lists.count([])
    turns = sum(turns_of(value, named=True) is not None for value in lists if value != [])
    return bool(lists) and most(empty + turns, len(lists)) and (turns > 0 or empty == len(lists))


def is_answer_list(value: Any) -> bool:
    """Whether a value is {"text": [...]}, as sets of questions about passages hold their answers."""
    return isinstance(value, dict) and isinstance(value.get("text"), list)


def _labels(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    labels = [value for value in values if is_label(value)]
    if not nearly_all(len(labels), len(values)):
        return False
    kinds = len({str(value) for value in labels})
    return kinds <= MOST_LABELS and (len(labels) < _ENOUGH or kinds * 2 <= len(labels))


def _thumbs(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    rated = [value for value in values if not says_nothing(value)]
    thumbs = sum(thumb_of(value) is not None for value in rated)
    feelings = sum(str(value).strip().casefold() in _FEELINGS for value in rated)
    if plain_name(column) in ("label", "标签") and feelings * 2 > len(rated):
        return False
    return nearly_all(thumbs, len(rated)) and thumbs * 2 >= len(values)


def _judged(column: str, rows: Rows) -> bool:
    """Thumbs of both kinds, where the column's name could mean something else."""
    return _thumbs(column, rows) and len({thumb_of(value) for value in values_of(column, rows)} - {None}) > 1


def _given(column: str, rows: Rows) -> bool:
    """Texts; under the very name of an input numbers too."""
    return mostly_text(column, rows) or (plain_name(column) in ("input", "输入") and _single(column, rows))


def _tools(column: str, rows: Rows) -> bool:
    values = values_of(column, rows)
    lists = (list_in(value) for value in values)
    defined = sum(isinstance(found, list) and all(isinstance(one, dict) for one in found) for found in lists)
    return not values or most(defined, len(values))


def _objects(column: str, rows: Rows) -> bool:
    """Whether most values are objects, also where they are written as JSON."""
    values = values_of(column, rows)
    fits = sum(isinstance(value, dict) or (isinstance(value, str) and value.startswith("{")) for value in values)
    return most(fits, len(values))


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
    "judged": _judged,
    "given": _given,
    "tools": _tools,
    "thoughts": _thoughts,
    "weight": _weights,
    "flags": lambda column, rows: holds_flags(values_of(column, rows)),
    "marks": _marks,
    "single": _single,
    "words": _words,
    "history": _history,
    "object": _objects,
    "several": lambda column, rows: holds_several([list_in(value) for value in values_of(column, rows)]),
    "order": lambda column, rows: holds_numbers([list_in(value) for value in values_of(column, rows)]),
    "number": lambda column, rows: holds_margins(values_of(column, rows)),
}
