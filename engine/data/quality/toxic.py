"""Insults, slurs and threats, by two modest lists of words and the user's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from engine.core.params import Param
from engine.core.text import Text
from engine.data.quality.base import Check, Detail, Span, Values, drop, each
from engine.data.rows.row import Row, texts_of
from engine.data.rows.wording import CJK

_FOLDER = Path(__file__).parent / "words"
_SPLIT = re.compile(r"[\n,;，；、]+")


@lru_cache(maxsize=2)
def shipped(language: str) -> tuple[str, ...]:
    """The terms of one list, "en" or "zh"; lines that begin with # are notes."""
    lines = (_FOLDER / f"toxic_{language}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def patterns_of(terms: list[str]) -> list[re.Pattern[str]]:
    """What finds the terms in small letters: those of Chinese characters anywhere, others as whole words.

    A final * stands for any ending.
    """
    wanted = {" ".join(term.split()).lower() for term in terms} - {"", "*"}
    inside = {term for term in wanted if CJK.search(term)}
    found = [re.compile("|".join(map(re.escape, _longest_first(inside))))] if inside else []
    by_letter: dict[str, list[str]] = {}
    for term in _longest_first(wanted - inside):
        by_letter.setdefault(re.escape(term[0]), []).append(_ending(term[1:]))
    if by_letter:  # by first letter, so that most words are passed over at once
        branches = "|".join(f"{letter}(?:{'|'.join(endings)})" for letter, endings in by_letter.items())
        found.append(re.compile(rf"(?<!\w)(?:{branches})"))
    return found


def _longest_first(terms: set[str]) -> list[str]:
    return sorted(terms, key=lambda term: (-len(term), term))


def _ending(rest: str) -> str:
    stem, star = (rest[:-1], r"\w*") if rest.endswith("*") else (rest, "")
    return r"[\s_-]+".join(map(re.escape, stem.split(" "))) + star + r"(?!\w)"


def _look(values: Values) -> Callable[[Row], Detail | None]:
    terms = [term for language in values["lists"] for term in shipped(language)]
    patterns = patterns_of(terms + _SPLIT.split(values["extra"] or ""))

    def judge(row: Row) -> Detail | None:
        spans: list[Span] = []
        named: dict[str, None] = {}
        for part, text in enumerate(texts_of(row)):
            low = text.lower()
            if len(low) != len(text):  # a few letters of Turkish become two
                low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
            for found in (one for pattern in patterns for one in pattern.finditer(low)):
                spans.append((part, *found.span(), "term"))
                named[found.group()] = None
        return {"code": "toxic", "terms": ", ".join(list(named)[:5]), "spans": sorted(spans)[:200]} if spans else None

    return judge


TOXIC = Check(
    key="toxic",
    severity="look",
    label=Text("data.quality.toxic.label"),
    help=Text("data.quality.toxic.help"),
    found=Text("data.quality.toxic.found"),
    run=each(_look),
    params=(
        Param(
            "lists", "multi", ["en", "zh"], Text("data.quality.toxic.lists.label"), Text("data.quality.toxic.lists.help"),
            choices={"en": Text("data.quality.toxic.lists.choices.en"), "zh": Text("data.quality.toxic.lists.choices.zh")},
        ),
        Param(
            "extra", "text", None, Text("data.quality.toxic.extra.label"),
            Text("data.quality.toxic.extra.help"),
            optional=True, advanced=False,
        ),
    ),
    fixes=(drop("toxic"),),
)  # fmt: skip
