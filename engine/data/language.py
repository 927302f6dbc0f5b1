"""Which language a text is in, as far as its characters (and a few English words) tell. No more is claimed."""

from __future__ import annotations

import re

_SAMPLE = 2_000
_SCRIPTS = {
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f]"),
}
CLEAR = ("zh", "ja", "ko", "en")  # scripts alone do not name a language
_WEIGHT = {"zh": 3, "ja": 3, "ko": 3}  # one such character says about as much as three letters
_ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the a an and or of to in is are was be it that this for with on as at by from you your we i what how why do "
        "does not can will have has if which who when where there my me all one no yes",
    )
)
_WORD = re.compile(r"[A-Za-z']+")


def language_of(text: str) -> str:
    """Either "zh", "ja", "ko", "en", "latin" (Latin letters, not clearly English), "cyrillic", "arabic" or "other"."""
    sample = text[:_SAMPLE]
    if sample.isascii():
        return _latin(sample) if any(map(str.isalpha, sample)) else "other"
    counts = {key: len(script.findall(sample)) * _WEIGHT.get(key, 1) for key, script in _SCRIPTS.items()}
    if counts["ja"] * 10 > counts["zh"]:  # Japanese mixes its own letters with Chinese characters
        counts["ja"] += counts["zh"]
    best = max(counts, key=lambda key: counts[key])
    if not counts[best]:
        return "other"
    return _latin(sample) if best == "latin" else best


def _latin(sample: str) -> str:
    words = _WORD.findall(sample.lower())
    hits = sum(word in _ENGLISH for word in words)
    return "en" if hits * 12 >= len(words) else "latin"
