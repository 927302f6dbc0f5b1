"""Signs in the sample answers themselves."""

from __future__ import annotations

from engine.data.rows.wording import words
from engine.evaluation.metrics.exact_match import normalised
from engine.rewards.repetition import distinct
from engine.training.doctor.declaration import Ailment, History

_RUN = 3  # words
_LEAST_WORDS = 24  # of an answer that can be a loop
_LOOP = 0.4  # share of its runs that are new
_SHARE = 1 / 3  # of the answers
_LEAST_SAMPLES = 3
_LONGEST = 20_000  # characters that are looked at


def is_loop(answer: str) -> bool:
    """Whether an answer says the same again and again."""
    text = answer[:_LONGEST]
    return len(words(text)) >= _LEAST_WORDS and distinct(text, _RUN) < _LOOP


def _latest(history: History) -> tuple[dict[int, str], dict[int, str]] | None:
    """The answers at first and now; None before there is something to compare."""
    steps = sorted(history.samples)
    if len(steps) < 2 or len(history.samples[steps[-1]]) < _LEAST_SAMPLES:
        return None
    return history.samples[steps[0]], history.samples[steps[-1]]


def looping(history: History) -> Ailment | None:
    """Many sample answers are loops, and were not at first."""
    found = _latest(history)
    if found is None:
        return None
    before, now = (sum(map(is_loop, answers.values())) for answers in found)
    if now >= max(2, _SHARE * len(found[1])) and now >= 2 * before:
        return Ailment("loops", {"count": now, "of": len(found[1])})
    return None


def same_answers(history: History) -> Ailment | None:
    """All questions get the same answer, and did not at first."""
    found = _latest(history)
    if found is None:
        return None
    before, now = ({normalised(answer) for answer in answers.values()} for answers in found)
    if len(now) == 1 and len(before) > 1 and now != {""}:
        return Ailment("same", {"of": len(found[1])})
    return None
