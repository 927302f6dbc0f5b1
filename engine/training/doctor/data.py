"""Signs in the examples before the first step."""

from __future__ import annotations

from engine.training.doctor.declaration import Ailment, History

_LEAST = 10  # answers
_RARE = 0.1  # share of the rarer kind


def one_sided(history: History) -> Ailment | None:
    """Nearly all answers are good, or nearly all are bad: what makes the difference can hardly be learnt."""
    good, bad = history.thumbs
    if good + bad >= _LEAST and min(good, bad) < _RARE * (good + bad):
        return Ailment("one_sided", {"good": good, "bad": bad})
    return None
