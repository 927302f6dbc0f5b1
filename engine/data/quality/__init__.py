"""Checks that find faults in a data set, in one explicit tuple, in the order in which the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import NotFound, SpecError
from engine.core.params import read_all
from engine.core.shapes import Faults
from engine.data.quality.base import Check
from engine.data.quality.contradictions import CONTRADICTIONS
from engine.data.quality.control_tokens import CONTROL_TOKENS
from engine.data.quality.duplicates import EXACT, NEAR_DUPLICATES
from engine.data.quality.empty_answers import EMPTY_ANSWERS
from engine.data.quality.encoding import BROKEN_ENCODING
from engine.data.quality.leakage import LEAKAGE
from engine.data.quality.loops import LOOPS
from engine.data.quality.lost_thoughts import LOST_THOUGHTS
from engine.data.quality.pairs.contradictory import CONTRADICTORY_VOTES
from engine.data.quality.pairs.length_bias import LENGTH_BIAS
from engine.data.quality.pairs.same_answers import SAME_ANSWERS
from engine.data.quality.personal import PERSONAL
from engine.data.quality.refusals import REFUSALS
from engine.data.quality.too_long import TOO_LONG
from engine.data.quality.toxic import TOXIC
from engine.data.quality.truncated import TRUNCATED
from engine.data.quality.wrong_language import WRONG_LANGUAGE

CHECKS: tuple[Check, ...] = (
    PERSONAL,
    LEAKAGE,
    BROKEN_ENCODING,
    TRUNCATED,
    LOOPS,
    EXACT,
    NEAR_DUPLICATES,
    CONTRADICTIONS,
    SAME_ANSWERS,
    CONTRADICTORY_VOTES,
    LENGTH_BIAS,
    EMPTY_ANSWERS,
    REFUSALS,
    WRONG_LANGUAGE,
    TOXIC,
    CONTROL_TOKENS,
    TOO_LONG,
    LOST_THOUGHTS,
)
_BY_KEY = {check.key: check for check in CHECKS}


def check_of(key: str) -> Check:
    """The check called `key`. Raises NotFound."""
    if key not in _BY_KEY:
        raise NotFound(check=key[:60])
    return _BY_KEY[key]


def read_settings(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Which checks are made and with which values: check -> values, from {"off": [checks], "values": {check: values}}.

    Raises:
        SpecError: with every fault, by "check.param".
    """
    off, given = set(raw.get("off") or ()), raw.get("values") or {}
    read: dict[str, dict[str, Any]] = {}
    faults: Faults = {}
    for check in CHECKS:
        if check.key not in off:
            read[check.key], wrong = read_all(check.params, given.get(check.key) or {}, check.key)
            faults |= wrong
    if faults:
        raise SpecError(faults)
    return read
