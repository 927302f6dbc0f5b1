"""An answer that does not say the same again and again."""

from __future__ import annotations

from engine.core.params import Param
from engine.core.text import Text
from engine.data.rows.wording import words
from engine.rewards.declaration import Answered, Reward, Values, alone

# fmt: off
_RUN = Param(
    key="run", kind="int", default=3, minimum=1, maximum=20, step=1,
    label=Text("rewards.repetition.run.label"),
    help=Text("rewards.repetition.run.help"),
    usual=Text("rewards.repetition.run.usual"),
)
# fmt: on


def distinct(text: str, run: int) -> float:
    """Share of the runs of so many words that are there for the first time; 1 for a text of one run or less."""
    found = words(text)
    runs = [tuple(found[place : place + run]) for place in range(len(found) - run + 1)]
    return len(set(runs)) / len(runs) if len(runs) > 1 else 1.0


def _score(one: Answered, values: Values) -> float:
    return distinct(one.answer, values["run"])


REPETITION = Reward(
    key="repetition",
    label=Text("rewards.repetition.label"),
    help=Text("rewards.repetition.help"),
    params=(_RUN,),
    open=alone(_score),
    source="Li et al. 2016, arXiv:1510.03055 (distinct-n)",
)
