"""Reading what a writer said: labelled lines, JSON, or a question with its answer below it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from engine.data.made.asking import phrases
from engine.data.made.kinds import MadeKind

Pair = tuple[str, str]  # what the user says ("" of a summary) and the answer
_LONGEST = 60_000  # characters of an answer that are looked at
_LABEL_WITHIN = 200  # characters of a line in which its label stands
_FENCE = re.compile(r"\A\s*```[\w-]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_MARKS = ' \t*_#>"“”\u300c\u300d'
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_NUMBERED = re.compile(r"^\s*(?:\d{1,3}[.)\u3001]|[-*•])\s+")


def pairs_of(kind: MadeKind, text: str) -> list[Pair]:
    """All that the answer holds, in order; none where it cannot be read."""
    said = _THOUGHT.sub("", text[:_LONGEST]).strip()
    if fenced := _FENCE.match(said):
        said = fenced[1].strip()
    found = list(_of_json(kind, said))
    if not found:
        found = list(_of_lines(said)) or list(_of_question(said)) if kind.asks else list(_summary(said))
    return [(one.strip(), other.strip()) for one, other in found if other.strip() and (one.strip() or not kind.asks)]


@cache
def _label() -> re.Pattern[str]:
    known = phrases()["labels"]
    names = "|".join(f"(?P<{key}>{'|'.join(sorted(known[key], key=len, reverse=True))})" for key in known)
    number = r"(?:\s{0,3}[#№]?\s{0,3}\d{1,3})?"
    return re.compile(rf"^[\W\d_]{{0,12}}(?:{names}){number}[*_\s]{{0,9}}[:\uff1a]\s{{0,9}}[*_]*\s*", re.IGNORECASE)


def _of_lines(text: str) -> Iterator[Pair]:
    """Each labelled question with the labelled answer that follows it, each as long as it goes on."""
    parts: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        if found := _label().match(line, 0, _LABEL_WITHIN):
            role = next(key for key in ("first", "second", "summary") if found[key])
            parts.append((role, [line[found.end() :]]))
        elif parts and not _RULE.match(line):
            parts[-1][1].append(line)
    for (role, asked), (next_role, said) in pairwise(parts):
        if (role, next_role) == ("first", "second"):
            yield _text(asked), _text(said)


def _text(lines: list[str]) -> str:
    whole = "\n".join(lines).strip()
    trimmed = whole.strip(_MARKS)
    return trimmed if trimmed else whole


def _of_question(text: str) -> Iterator[Pair]:
    """Without labels: a first line that asks, and what stands below it."""
    first, _end, rest = text.partition("\n")
    asked = _NUMBERED.sub("", first).strip(_MARKS)
    if asked.endswith(("?", "\uff1f")) and rest.strip():
        yield asked, rest.strip()


def _summary(text: str) -> Iterator[Pair]:
    found = _label().match(text, 0, _LABEL_WITHIN)
    if found and found["summary"]:
        text = text[found.end() :]
    elif found:
        return  # a question, where a summary was asked for
    yield "", _text(text.split("\n"))


def _of_json(kind: MadeKind, text: str) -> Iterator[Pair]:
    if not text.startswith(("{", "[")):
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    for one in _objects(value):
        if kind.asks:
            yield _member(one, "first"), _member(one, "second")
        else:
            yield "", _member(one, "summary")


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list, or the one object, or those of the only list within it."""
    if isinstance(value, dict):
        lists = [inner for inner in value.values() if isinstance(inner, list)]
        yield from _objects(lists[0]) if len(lists) == 1 else [value]
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))


def _member(one: Mapping[str, Any], part: str) -> str:
    known = phrases()["members"][part]
    found = (value for key, value in one.items() if str(key).casefold() in known and isinstance(value, str))
    return next(found, "")
