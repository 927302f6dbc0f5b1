"""Whether the texts of a file are filled-in templates, by most of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.data.arrange.arrangement import Arrangement
from engine.data.arrange.guess_rows import LONGEST, Way
from engine.data.records.record import RowFault
from engine.data.schema.contents import Rows, says_something
from engine.data.schema.declared import plain_name
from engine.data.schema.filled_templates.columns import split_value
from engine.data.schema.filled_templates.declared import FILLED_TEMPLATES, FilledTemplate

_MOSTLY, _NEARLY_ALL = 0.5, 0.8  # share of the texts that must be one; of those whose marks are words
_SOME = 0.2  # from which on it is offered
_LOOKED_AT = 100  # texts
_CHARACTERS = 500_000  # of texts that are looked through
_BEFORE = {"prompt_completion": ("prompt", "completion"), "alpaca": ("instruction", "output")}
_LABELS = ("label", "labels", "class", "label_text", "sentiment", "标签")
_SUMMARIES = ("summary", "summaries", "summarization", "highlights", "abstract", "摘要", "总结")
_MARKED = 0.3  # share of the paragraphs of a script that begin a turn


def text_ways(
    shape: str | None, mapping: Mapping[str, str], columns: Sequence[str], rows: Rows
) -> tuple[list[Way], bool]:
    """The way in which texts are filled-in templates, and whether most are; without one where hardly any is.

    Args:
        shape, mapping: as the columns are read without one.
    """
    some: list[Way] = []
    for before, answers in _candidates(shape, mapping, columns, rows):
        for template in FILLED_TEMPLATES:
            share = min(_share(before, column, template, rows) for column in answers)
            if share >= _SOME:
                found = Arrangement("filled", template=template.key, columns=answers, before=before)
                shown = ", ".join((before, *answers) if before else answers)
                params = {"columns": shown, "template": template.name, "share": round(100 * share)}
                way = (found, "arrange.filled", params)
                if share > (_NEARLY_ALL if template.words else _MOSTLY):
                    return [way], not _told_of(shape, mapping, columns)
                some.append(way)
    return some[:1], False


def _candidates(
    shape: str | None, mapping: Mapping[str, str], columns: Sequence[str], rows: Rows
) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Columns that may hold such texts: (the text before them, the texts)."""
    if shape in _BEFORE and all(key in mapping for key in _BEFORE[shape]):
        asked, answered = (mapping[key] for key in _BEFORE[shape])
        if not any(says_something(row.get(mapping.get("input", ""))) for row in rows):
            yield asked, (answered,)
    elif shape == "preference" and {"chosen", "rejected"} <= mapping.keys():
        both = (mapping["chosen"], mapping["rejected"])
        if "prompt" in mapping:
            yield mapping["prompt"], both
        yield None, both
    elif shape in (None, "text", "classification"):
        yield from ((None, (column,)) for column in columns)


def _told_of(shape: str | None, mapping: Mapping[str, str], columns: Sequence[str]) -> bool:
    """Whether a column says something of the whole text, so that the answers in it may not be what is to be learnt."""
    label = mapping.get("label", "") if shape == "classification" else ""
    return plain_name(label) in _LABELS or (shape is None and any(plain_name(one) in _SUMMARIES for one in columns))


def _share(before: str | None, column: str, template: FilledTemplate, rows: Rows) -> float:
    """The share of the texts in which the template stands with a question and an answer; of words, which can be taken apart whole."""
    texts = [row for row in rows if isinstance(row.get(column), str) and row[column].strip()][:_LOOKED_AT]
    if len(texts) * 2 < min(len(rows), _LOOKED_AT):
        return 0.0
    texts = _within_reason(texts, column)
    fits = _is_dialogue if before is None and not template.words else _is_whole
    return sum(fits(row, before, column, template) for row in texts) / len(texts)


def _within_reason(texts: list[Mapping[str, Any]], column: str) -> list[Mapping[str, Any]]:
    """The first of the rows, as far as their texts are not too much to be looked through; one at least."""
    size = 0
    for place, row in enumerate(texts):
        size += len(row[column])
        if size > _CHARACTERS:
            return texts[: place + 1]
    return texts


def _is_dialogue(row: Mapping[str, Any], _before: str | None, column: str, template: FilledTemplate) -> bool:
    roles = {template.role_of(mark) for mark in template.pattern.finditer(row[column])}
    return {"user", "assistant"} <= roles


def _is_whole(row: Mapping[str, Any], before: str | None, column: str, template: FilledTemplate) -> bool:
    try:
        turns = split_value(row.get(before) if before else None, row[column], template, before, column)
    except RowFault:
        return False
    return any(turn["role"] == "user" for turn in turns)


def script_ways(column: str, rows: Rows, *, cut: bool) -> tuple[list[Way], bool]:
    """The ways in which the lines or paragraphs of a text are turns, each behind who speaks; and whether the first is sure."""
    texts = [row[column] for row in rows if isinstance(row.get(column), str)]
    for template in FILLED_TEMPLATES:
        marked = [
            marks for text in texts if (marks := [template.role_of(one) for one in template.pattern.finditer(text)])
        ]
        roles = {role for marks in marked for role in marks}
        enough = _MARKED * len(texts) if template.words else 2
        if len(marked) < max(2, enough) or not {"user", "assistant"} <= roles:
            continue
        long = cut or len(marked) > LONGEST
        params = {"template": template.name, "marked": len(marked), "count": len(texts)}
        ways: list[Way] = [
            (
                Arrangement("script", content=column, template=template.key, begin=begin),
                f"arrange.script_{begin}",
                params,
            )
            for begin in (("question", "file") if long or template.preambles else ("file", "question"))
        ]
        return ways, bool(template.preambles) or not long
    return [], False
