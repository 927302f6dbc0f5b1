"""The same question in other words, by patterns and by frames around it, in English and Chinese."""

from __future__ import annotations

import random
import re
from functools import cache

from engine.data.operations.shaping.phrasebook import phrases

HOLE = "{question}"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LONGEST = 400  # characters: longer turns are texts to work on, not questions

_THING = r"((?:the|a|an|your|my|our|his|her|their|its|this|that|[A-Z0-9])(?!.*(?:ing|called|like)\b).*?)"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Questions with one part in brackets, and other wordings around that part."""
    return tuple((re.compile(form.replace("<thing>", _THING)), tuple(others)) for form, others in phrases("questions"))


def paraphrased(text: str, ways: str, own: tuple[str, ...], dice: random.Random) -> str | None:
    """The question in other words.

    Args:
        ways: "both", "patterns" (the sentence itself changes) or "frames" (words around it).
        own: the user's wordings with {question}; where there are some, they alone are used as frames.
    """
    question = text.strip()
    if len(question) > _LONGEST:
        return None
    language = "zh" if _CHINESE.search(question) else "en"
    frames = (
        [frame.replace(HOLE, question) for frame in own or phrases("frames")[language]] if ways != "patterns" else []
    )
    rephrased = _by_pattern(question) if ways != "frames" else []
    pool = [other for other in dict.fromkeys([*rephrased, *frames]) if other != question]
    return dice.choice(pool) if pool else None


def _by_pattern(question: str) -> list[str]:
    for pattern, wordings in _patterns():
        found = pattern.fullmatch(question)
        if found:
            return [wording.format(found[1].strip()) for wording in wordings] if _whole(found[1]) else []
    return []


def _whole(part: str) -> bool:
    """Whether the part is one phrase that can stand elsewhere in a sentence."""
    return bool(part.strip()) and not re.search(r"[?\uff1f!\uff01\u3002;\uff1b\n]|\. ", part)


def can_paraphrase(text: str, ways: str) -> bool:
    """Whether there is another wording: a frame fits around any question, a pattern only around those it knows."""
    question = text.strip()
    return len(question) <= _LONGEST and (ways != "patterns" or bool(_by_pattern(question)))
