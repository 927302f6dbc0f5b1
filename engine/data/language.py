"""Which language a text is in, as far as its characters (and a few English words) tell. No more is claimed."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

SAMPLE = 600  # characters that tell as much as any more would
_SCRIPTS = {
    "zh": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
    "ja": ((0x3040, 0x30FF),),
    "ko": ((0xAC00, 0xD7AF), (0x1100, 0x11FF)),
    "cyrillic": ((0x0400, 0x04FF),),
    "arabic": ((0x0600, 0x06FF),),
    "latin": ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F)),
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


def _script_of_units() -> npt.NDArray[np.uint8]:
    """For each UTF-16 unit the place of its script in _SCRIPTS, from 1; 0 for none."""
    table = np.zeros(0x10000, dtype=np.uint8)
    for place, ranges in enumerate(_SCRIPTS.values(), 1):
        for first, last in ranges:
            table[first : last + 1] = place
    return table


_TABLE = _script_of_units()


def language_of(text: str) -> str:
    """Either "zh", "ja", "ko", "en", "latin" (Latin letters, not clearly English), "cyrillic", "arabic" or "other"."""
    sample = text[:SAMPLE]
    if sample.isascii():
        lower = sample.lower()
        return _latin(lower) if lower != sample.upper() else "other"
    units = np.frombuffer(sample.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    found = np.bincount(_TABLE[units], minlength=len(_SCRIPTS) + 1).tolist()
    counts = {key: count * _WEIGHT.get(key, 1) for key, count in zip(_SCRIPTS, found[1:], strict=True)}
    if counts["ja"] * 10 > counts["zh"]:  # Japanese mixes its own letters with Chinese characters
        counts["ja"] += counts["zh"]
    best = max(counts, key=counts.__getitem__)
    if not counts[best]:
        return "other"
    return _latin(sample.lower()) if best == "latin" else best


def _latin(lower: str) -> str:
    words = lower.split()
    hits = sum(map(_ENGLISH.__contains__, words))
    return "en" if hits * 12 >= len(words) else "latin"
