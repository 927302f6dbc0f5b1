"""ORPO: imitates the better answer and, in the same step, raises its odds over those of the worse one; needs no reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.core.text import Text
from engine.objectives.charts import PAIRS_RIGHT
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Objective, Values
from engine.objectives.families import PAIRS
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.charts import PAIR_CHARTS
from engine.objectives.preference.counts import counts
from engine.objectives.preference.losses import odds_ratio
from engine.objectives.preference.makers import PairMaker, views
from engine.objectives.preference.pairs import read_pairs, weight_of
from engine.objectives.preference.params import BETA, IMITATING, settings_of
from engine.objectives.preference.refusals import without_training

_BETA = replace(BETA, default=0.1, help=Text("objectives.orpo.beta.help"), usual=Text("objectives.orpo.beta.usual"))


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """The likelihood is that of the better answer alone; the paper's code takes the question's tokens too."""
    pairs, beta = read_pairs(forward, group, reference=False), float(values["beta"])
    preference = odds_ratio(pairs.better_mean, pairs.worse_mean)
    total = (beta * preference - pairs.better_mean) * pairs.weight
    return GroupLoss(total.sum(), pairs.sums(pairs.better_mean - pairs.worse_mean, preference))


ORPO = Objective(
    key="orpo",
    label=Text("objectives.orpo.label"),
    tagline=Text("objectives.orpo.tagline"),
    help=Text("objectives.orpo.help"),
    params=settings_of(_BETA),
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    mask=lambda _values: MASK,
    examples=PairMaker,
    views=views,
    counts=counts,
    loss=_loss,
    whole=True,
    weigh=weight_of,
    outcomes=(PAIRS_RIGHT,),
    charts=PAIR_CHARTS,
    refusals=without_training,
    example=Text("objectives.preference.pairs"),
    rates=IMITATING,
    own=frozenset({"epochs"}),
    learn=Card(
        what=Text("objectives.orpo.learn.what"),
        data=Text("objectives.orpo.learn.data"),
        when=Text("objectives.orpo.learn.when"),
        when_not=Text("objectives.orpo.learn.when_not"),
        loss="−log p(better) ÷ tokens − β · log σ(log odds(better) − log odds(worse))",
        paper="Hong et al. 2024, ORPO: Monolithic Preference Optimization without Reference Model, arXiv:2403.07691",
    ),
)
