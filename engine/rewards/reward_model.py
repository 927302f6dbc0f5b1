"""A reward model that was trained here: it has learnt from people which answers are better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.core.params import Param
from engine.core.shapes import CodedMessage
from engine.core.text import Text
from engine.rewards.declaration import Answered, Reward, RewardEnv, Values

_WORDLESS = "."  # how an answer without words is read: no reward model has ever seen an empty one

# fmt: off
_MODEL = Param(
    key="model", kind="choice", default=None, source="reward_model", advanced=False,
    label=Text("rewards.reward_model.model.label"),
    help=Text("rewards.reward_model.model.help"),
)
_CENTRE = Param(
    key="centre", kind="float", default=0.0, minimum=-1000.0, maximum=1000.0,
    label=Text("rewards.reward_model.centre.label"),
    help=Text("rewards.reward_model.centre.help"),
)
# fmt: on


class _Model:
    """Its scores, less what counts as 0."""

    def __init__(self, values: Values, env: RewardEnv) -> None:
        self._centre = float(values["centre"])
        self._scores = env.reward_model(int(values["model"]))

    def score(self, batch: Sequence[Answered]) -> list[float | None]:
        """One number for each answer that it can read."""
        found = self._scores([(one.question, one.answer if one.answer.strip() else _WORDLESS) for one in batch])
        return [None if score is None else float(score) - self._centre for score in found]

    def close(self) -> None:
        """Whoever loaded the model gives it back."""


def _open(values: Values, env: RewardEnv) -> _Model:
    return _Model(values, env)


def _check(values: Values) -> Mapping[str, CodedMessage]:
    return {} if values["model"] is not None else {"model": {"code": "param.missing", "params": {}}}


REWARD_MODEL = Reward(
    key="reward_model",
    label=Text("rewards.reward_model.label"),
    help=Text("rewards.reward_model.help"),
    params=(_MODEL, _CENTRE),
    open=_open,
    lowest=None,
    highest=None,
    needs=frozenset({"model"}),
    check=_check,
    source="Ouyang et al. 2022, arXiv:2203.02155",
)
