"""The words of the cost formulas in each language: formulas are declared once, in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from engine.core.text import FALLBACK, Text, catalogue

_WORDS = "services.app.formulas.words."  # what the keys of all words begin with


@cache
def formula_words() -> Mapping[str, Text]:
    """The words that formulas may use, by their English."""
    return {english: Text(key) for key, english in catalogue(FALLBACK).items() if key.startswith(_WORDS)}


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(formula_words(), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![a-z]){re.escape(one)}(?![a-z])" for one in words))


def formula_in(formula: str, language: str) -> str:
    """A formula with its words in `language`."""
    return _pattern().sub(lambda found: formula_words()[found.group()].in_(language), formula)
