"""SimPO: the better answer is to be more likely a token than the worse one, by a margin; needs no reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.charts import PAIRS_RIGHT
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Objective, Values
from engine.objectives.families import PAIRS
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.charts import PAIR_CHARTS
from engine.objectives.preference.counts import counts
from engine.objectives.preference.losses import sigmoid
from engine.objectives.preference.makers import PairMaker, views
from engine.objectives.preference.pairs import read_pairs, weight_of
from engine.objectives.preference.params import BETA, GENTLE, IMITATE, LABEL_SMOOTHING, settings_of
from engine.objectives.preference.refusals import without_training

# fmt: off
_BETA = replace(BETA, default=2.0, help=Text("objectives.simpo.beta.help"), usual=Text("objectives.simpo.beta.usual"))
_GAMMA = Param(
    key="gamma", kind="float", default=1.0, minimum=0.0, maximum=20.0, step=0.1, advanced=False,
    label=Text("objectives.simpo.gamma.label"),
    help=Text("objectives.simpo.gamma.help"),
    usual=Text("objectives.simpo.gamma.usual"),
)
# fmt: on


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    pairs, beta = read_pairs(forward, group, reference=False), float(values["beta"])
    lead = pairs.better_mean - pairs.worse_mean
    preference = sigmoid(lead - float(values["gamma"]) / beta, beta, float(values["label_smoothing"]))
    imitated = -float(values["imitate"]) * pairs.better_mean
    return GroupLoss(((preference + imitated) * pairs.weight).sum(), pairs.sums(lead, preference))


SIMPO = Objective(
    key="simpo",
    label=Text("objectives.simpo.label"),
    tagline=Text("objectives.simpo.tagline"),
    help=Text("objectives.simpo.help"),
    params=settings_of(_BETA, _GAMMA, replace(IMITATE, default=0.0), LABEL_SMOOTHING),
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
    rates=GENTLE,
    own=frozenset({"epochs"}),
    learn=Card(
        what=Text("objectives.simpo.learn.what"),
        data=Text("objectives.simpo.learn.data"),
        when=Text("objectives.simpo.learn.when"),
        when_not=Text("objectives.simpo.learn.when_not"),
        loss="−log σ(β · (log p(better) ÷ its tokens − log p(worse) ÷ its tokens) − γ)",
        paper="Meng et al. 2024, SimPO: Simple Preference Optimization with a Reference-Free Reward, arXiv:2405.14734",
    ),
)
