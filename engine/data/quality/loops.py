"""Answers that say the same again and again."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.core.params import Param
from engine.core.text import Text
from engine.data.quality.base import Check, Detail, Values, drop, each
from engine.data.rows.row import Row
from engine.data.rows.wording import WORD, answer_part, blanked_code, judged_answer

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_LONGEST_UNIT = 60  # words
_LEAST_WORDS = 20  # that the repetition must cover: "ha ha ha" is no fault
_PACKS = 2.6  # a text that zlib makes fewer times smaller repeats nothing for long
_LETTER = re.compile(r"[^\W\d_]")


def longest_loop(text: str) -> tuple[int, int, int, int] | None:
    """The longest stretch in which a unit of words follows itself: (from, to, words in the unit, times), in characters."""
    import numpy as np

    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) < 40 or len(raw) < _PACKS * len(zlib.compress(raw, 1)):
        return None
    found = list(WORD.finditer(text))
    places: dict[str, int] = {}
    numbers = np.array([places.setdefault(word.group().casefold(), len(places)) for word in found], dtype=np.int32)
    best = (0, 0, 0)  # words covered, first word, unit
    for unit in range(1, min(_LONGEST_UNIT, len(numbers) // 2) + 1):
        length, start = _longest_true(numbers[unit:] == numbers[:-unit])
        if length + unit > best[0] and length >= unit:
            best = (length + unit, start, unit)
    covered, start, unit = best
    if covered < _LEAST_WORDS or not any(_LETTER.search(found[at].group()) for at in range(start, start + unit)):
        return None
    return found[start].start(), found[start + covered - 1].end(), unit, covered // unit


def _longest_true(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Length and place of the longest run of true values."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    if not len(edges):
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    at = int(lengths.argmax())
    return int(lengths[at]), int(edges[2 * at])


def _look(values: Values) -> Callable[[Row], Detail | None]:
    least = values["times"]

    def judge(row: Row) -> Detail | None:
        answer = judged_answer(row)
        loop = longest_loop(blanked_code(answer)) if answer else None
        if loop is None:
            return None
        start, end, unit, times = loop
        wanted = least if unit > 2 else 2 * least
        if times < wanted or "|" in answer[start:end]:
            return None
        return {"code": "loop", "times": times, "spans": [(answer_part(row), start, end, "loop")]}

    return judge


LOOPS = Check(
    key="loops",
    severity="serious",
    label=Text("data.quality.loops.label"),
    help=Text("data.quality.loops.help"),
    found=Text("data.quality.loops.found"),
    run=each(_look),
    params=(
        Param(
            "times", "int", 4,
            Text("data.quality.loops.times.label"),
            Text("data.quality.loops.times.help"),
            minimum=3, maximum=50,
        ),
    ),
    fixes=(drop("loops"),),
    weight=2,
)  # fmt: skip
