"""What a reward is: one frozen value that says how good an answer is, as a number.

A scorer sees answers in batches, in the worker or where a person tries it, and gives each a number within the declared range, or None
where it cannot say: a row without the expected answer, a service that did not reply, a pattern that took too long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.settings import Settings
from engine.core.shapes import CodedMessage
from engine.core.text import Text

Values = Mapping[str, Any]
Message = Mapping[str, Any]
RowPart = Literal["reference", "tools"]
Need = Literal["model", "endpoint", "file"]


@dataclass(frozen=True)
class Answered:
    """One answer to be scored.

    Attributes:
        question: the conversation up to the answer.
        answer: what was said, without the template's marks.
        row: the row that the question comes from, with its reference, tools and other columns.
        ended: the answer ended by itself, not at the limit of length.
        tokens: how many it took; 0 where nobody counted.
    """

    question: Sequence[Message]
    answer: str
    row: Mapping[str, Any] = field(default_factory=dict)
    ended: bool = True
    tokens: int = 0


class Scorer(Protocol):
    """A reward that is ready to score."""

    def score(self, batch: Sequence[Answered]) -> list[float | None]:
        """The score of each answer; None where there is none."""

    def close(self) -> None:
        """Give back what it holds: a model, a connection."""


Talk = Sequence[tuple[Sequence[Message], str]]  # conversations, each with the answer that follows


class Judging(Protocol):
    """A model that is asked for its opinion."""

    def say(self, asked: Sequence[Sequence[Message]], longest: int) -> Sequence[str | None]:
        """Its greedy answers of at most so many tokens to each conversation; None where it gave none."""

    def close(self) -> None:
        """Give it back."""


def _no_model(model: int | None, _host: str = "") -> Any:
    raise Fault("reward.no_models_here", model=model)


@dataclass(frozen=True)
class RewardEnv:
    """What scorers may use of where they run.

    Attributes:
        settings: the program's, for the home folder and the operator's service; None where there is neither.
        reward_model: id of a tuned reward model -> a function from talks to its scores (None of what it cannot read). Raises Fault where it cannot be had.
        judge: (id of a base model, "") or (None, host of the operator's service that the user agreed to) -> it as a judge. Raises Fault
            where it cannot be had.
        heed: is called while something waits; what it raises ends the waiting.
    """

    settings: Settings | None = None
    reward_model: Callable[[int], Callable[[Talk], Sequence[float | None]]] = _no_model
    judge: Callable[[int | None, str], Judging] = _no_model
    heed: Callable[[], None] = lambda: None


class EachAlone:
    """A scorer that looks at one answer at a time and holds nothing."""

    def __init__(self, score: Callable[[Answered], float | None]) -> None:
        self._score = score

    def score(self, batch: Sequence[Answered]) -> list[float | None]:
        """Each by itself."""
        return [self._score(one) for one in batch]

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True)
class Reward:
    """One way to say how good an answer is.

    Attributes:
        key: name in specs and charts.
        params: its settings.
        lowest, highest: the range of its scores; None where there is no such bound.
        open: (values, where it runs) -> a scorer. Raises Fault where it cannot work here.
        asks_of_rows: what a row must have for it to say anything.
        suits: (values, row) -> whether a row has that.
        needs: what it takes besides the answer: "model" (memory for one), "endpoint" (the operator's service, which sees the answers),
            "file" (one that the operator put into the home folder).
        check: values -> what is wrong with them beyond their declared bounds, by setting.
        why_not: why it cannot be used on this machine; None where it can.
        source: where it is from, if somebody described it.
    """

    key: str
    label: Text
    help: Text
    params: tuple[Param, ...]
    open: Callable[[Values, RewardEnv], Scorer]
    lowest: float | None = 0.0
    highest: float | None = 1.0
    asks_of_rows: frozenset[RowPart] = frozenset()
    suits: Callable[[Values, Mapping[str, Any]], bool] = lambda _values, _row: True
    needs: frozenset[Need] = frozenset()
    check: Callable[[Values], Mapping[str, CodedMessage]] = lambda _values: {}
    why_not: Callable[[Settings | None], CodedMessage | None] = lambda _settings: None
    source: str = ""


def alone(score: Callable[[Answered, Values], float | None]) -> Callable[[Values, RewardEnv], Scorer]:
    """`Reward.open` of a reward that looks at each answer by itself and needs nothing."""
    return lambda values, _env: EachAlone(lambda one: score(one, values))
