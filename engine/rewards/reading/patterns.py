"""Patterns that people type: compiled once, tried on texts that make careless ones slow, and given up after a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from engine.rewards.reading.within_time import SECONDS, TookTooLong

LONGEST = 1_000  # characters of a pattern
_PROBE = 4_000  # characters of a text that it is tried on
_PROBE_SECONDS = 0.1
_TRIES = 3
_FURTHER = ("a", "0", " ", "ab", "word ", "中。", "\n")
_END = "\u0001!"


class BadPattern(Exception):
    """A pattern that cannot be used: `code` says why, `reason` in the words of the library."""

    def __init__(self, code: str, reason: str = "") -> None:
        self.code, self.reason = code, reason
        super().__init__(code)


@lru_cache(maxsize=200)
def compiled(pattern: str, flags: str = "") -> Any:
    """The pattern, ready to be asked.

    Args:
        flags: "i" whatever the case, "s" a dot is a line break too.

    Raises:
        BadPattern: it is too long, no pattern, or slow on a text of 4,000 characters.
    """
    import regex

    if len(pattern) > LONGEST:
        raise BadPattern("reward.pattern_long")
    options = (regex.IGNORECASE if "i" in flags else 0) | (regex.DOTALL if "s" in flags else 0)
    try:
        made = regex.compile(pattern, options | regex.MULTILINE, cache_pattern=False)
    except (regex.error, RecursionError, OverflowError, KeyError, ValueError) as error:
        raise BadPattern("reward.pattern_wrong", str(error)) from None
    if _is_slow(made, pattern):
        raise BadPattern("reward.pattern_slow")
    return made


def _is_slow(made: Any, pattern: str) -> bool:
    try:
        for text in _probes(pattern):
            _within(made.search, text, _PROBE_SECONDS)
    except TookTooLong:
        return True
    return False


def _within(ask: Callable[..., Any], text: str, seconds: float) -> Any:
    """What is found within so many seconds of this thread: the library counts those of the clock, in which others work too."""
    began = time.thread_time()
    for _try in range(_TRIES):
        try:
            return ask(text, timeout=seconds)
        except TimeoutError:
            if time.thread_time() - began > seconds / 2:
                break
    raise TookTooLong


def _probes(pattern: str) -> Iterator[str]:
    """Long texts of the pattern's own letters, which end otherwise than it hopes."""
    letters = "".join(one for one in pattern if one.isalnum())[:12]
    units = dict.fromkeys((*_FURTHER, *letters, letters or "a"))
    for unit in units:
        yield (unit * (_PROBE // len(unit)))[:_PROBE] + _END


def found(made: Any, text: str, *, whole: bool = False) -> bool:
    """Whether the pattern stands in the text, or is all of it. Raises TookTooLong after a quarter of a second."""
    return _within(made.fullmatch if whole else made.search, text, SECONDS) is not None
