"""Several answers to one question with ranks or scores: what such columns hold, and which order they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.data.schema.weighted import number_of

MOST_ANSWERS = 64
SAID = (
    "response",
    "answer",
    "text",
    "content",
    "output",
    "completion",
    "generation",
    "message",
    "messages",
    "回答",
    "内容",
)
RANK_OF, SCORE_OF = (
    ("rank", "ranking", "排名"),
    ("overall_score", "score", "rating", "reward", "fine-grained_score", "得分", "评分"),
)
_SPEAKS = ("role", "from")  # members of a turn: a list of turns is one answer, not several


def said_in(answer: Any) -> Any:
    """The text, or the turns, of one answer, which may be an object with ranks, names and notes beside it; None for no such thing."""
    if not isinstance(answer, Mapping):
        return answer if isinstance(answer, str | list) else None
    if any(key in answer for key in _SPEAKS):
        return None
    return next((answer[key] for key in SAID if isinstance(answer.get(key), str | list)), None)


def holds_several(lists: Sequence[Any]) -> bool:
    """Whether most values are lists of several answers."""
    fits = sum(_several(found) for found in lists)
    return not lists or fits * 2 > len(lists)


def _several(found: Any) -> bool:
    return isinstance(found, list) and len(found) > 1 and all(said_in(one) is not None for one in found)


def holds_numbers(lists: Sequence[Any]) -> bool:
    """Whether most values are lists of numbers."""
    fits = sum(isinstance(found, list) and len(found) > 1 and _numbers(found) is not None for found in lists)
    return fits * 2 > len(lists)


def _numbers(found: Sequence[Any]) -> list[float] | None:
    numbers = [None if isinstance(one, bool) else number_of(one) for one in found]
    return None if None in numbers else [float(one) for one in numbers if one is not None]


def holds_margins(values: Sequence[Any]) -> bool:
    """Whether most values of a column are numbers."""
    return sum(_numbers([one]) is not None for one in values) * 2 > len(values)


def order_within(answers: Sequence[Any]) -> tuple[str, str] | None:
    """The member of answers that are objects which tells their order: ("rank" or "score", its name); None where there is none."""
    if not all(isinstance(one, Mapping) for one in answers):
        return None
    for kind, names in (("rank", RANK_OF), ("score", SCORE_OF)):
        for name in names:
            if all(_numbers([one.get(name)]) is not None for one in answers):
                return kind, name
    return None


def ordered_within(lists: Sequence[Any]) -> bool:
    """Whether the answers of most values tell their order themselves."""
    found = [one for one in lists if _several(one)]
    return bool(found) and sum(order_within(one) is not None for one in found) * 2 > len(found)


def ranks_of(numbers: Sequence[float], *, scores: bool = False) -> list[int]:
    """Ranks from 1 without gaps, equal ones tied.

    Args:
        scores: higher is better.
    """
    places = {number: place for place, number in enumerate(sorted(set(numbers), reverse=scores), 1)}
    return [places[number] for number in numbers]


def numbers_in(values: Any) -> list[float] | None:
    """The numbers of a list; None where it is none, or holds anything else."""
    return _numbers(values) if isinstance(values, list) else None


def ranks_fault(answers: Any, ranks: Any, scores: Any = None) -> str | None:
    """What is wrong with the ranks of a ranking's answers, as the code of a sentence; None where nothing is."""
    if not isinstance(answers, list) or not 2 <= len(answers) <= MOST_ANSWERS:
        return "data.ranking.count"
    whole = isinstance(ranks, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in ranks)
    if not whole or len(ranks) != len(answers):
        return "data.ranking.ranks"
    if scores is not None and (numbers_in(scores) is None or len(scores) != len(answers)):
        return "data.ranking.ranks"
    return None if sorted(set(ranks)) == list(range(1, len(set(ranks)) + 1)) else "data.ranking.ranks"


def is_margin(value: Any) -> bool:
    """Whether a value says how much better a better answer is."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def margin_of(given: Any, better: Any, worse: Any) -> float | None:
    """How much better the better answer is: as said, or by the scores of both; None where neither says more than nothing."""
    found = _numbers([given])
    if found is None:
        both = _numbers([better, worse])
        found = None if both is None else [both[0] - both[1]]
    return found[0] if found and is_margin(found[0]) else None
