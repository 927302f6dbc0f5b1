"""A model as a judge: it reads question and answer and gives points from 0 to 10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.data.rows.language import language_of
from engine.rewards.declaration import Answered, Reward, RewardEnv, Values
from engine.rewards.reading.expected import expected_of
from engine.rewards.reading.numbers import numbers_in

POINTS = 10
_LONGEST = 16  # tokens of a verdict
_MOST = 12_000  # characters of a question or an answer that are shown
_PROMPT, _EXPECTED, _CRITERIA = (
    Text("rewards.judge.prompt"),
    Text("rewards.judge.expected"),
    Text("rewards.judge.usual"),
)

# fmt: off
_MODEL = Param(
    key="model", kind="choice", default=None, source="model", optional=True, advanced=False,
    label=Text("rewards.judge.model.label"),
    help=Text("rewards.judge.model.help"),
)
_HOST = Param(
    key="host", kind="text", default=None, optional=True, advanced=False,
    label=Text("rewards.judge.host.label"),
    help=Text("rewards.judge.host.help"),
)
_WANTED = Param(
    key="criteria", kind="text", default=None, optional=True, advanced=False, lines=3,
    label=Text("rewards.judge.criteria.label"),
    help=Text("rewards.judge.criteria.help"),
)
# fmt: on


def verdict_of(said: str | None) -> float | None:
    """The points that a judge's answer begins with, 0 to 1; None where it says no number from 0 to 10."""
    number = next(numbers_in(said or ""), None)
    if number is None or not 0 <= number.value <= POINTS:
        return None
    return float(number.value) / POINTS


def asked_of_judge(one: Answered, criteria: str | None) -> str:
    """What a judge is asked, in the language of the question."""
    question = "\n".join(f"{turn.get('role')}: {str(turn.get('content') or '')[:_MOST]}" for turn in one.question)
    language = "zh" if language_of(question + one.answer[:200]) == "zh" else "en"
    expected = expected_of(one.row)
    wanted = criteria or _CRITERIA.in_(language)
    beside = _EXPECTED.filled(expected=expected[:_MOST]).in_(language) if expected else ""
    said = _PROMPT.filled(criteria=wanted, question=question, answer=one.answer[:_MOST], expected=beside, points=POINTS)
    return said.in_(language)


class _Judge:
    """Asks a model for each answer; greedy, so that the same answer gets the same points."""

    def __init__(self, values: Values, env: RewardEnv) -> None:
        self._criteria = values["criteria"]
        model = values["model"]
        self._judge = env.judge(None if model is None else int(model), values["host"] or "")

    def score(self, batch: Sequence[Answered]) -> list[float | None]:
        """0 to 1 for each; None where it gave no points."""
        asked = [[{"role": "user", "content": asked_of_judge(one, self._criteria)}] for one in batch]
        return [verdict_of(said) for said in self._judge.say(asked, _LONGEST)]

    def close(self) -> None:
        """Give the model or the connection back."""
        self._judge.close()


def _open(values: Values, env: RewardEnv) -> _Judge:
    return _Judge(values, env)


def _check(values: Values) -> Mapping[str, CodedMessage]:
    if (values["model"] is None) == (not values["host"]):
        return {"model": {"code": "reward.no_judge", "params": {}}}
    return {}


JUDGE = Reward(
    key="judge",
    label=Text("rewards.judge.label"),
    help=Text("rewards.judge.help"),
    params=(_MODEL, _HOST, _WANTED),
    open=_open,
    needs=frozenset({"model", "endpoint"}),
    check=_check,
    source="Zheng et al. 2023, arXiv:2306.05685",
)
