"""CPO: DPO without its reference, held in place by imitating the better answer."""

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
from engine.objectives.preference.losses import sigmoid
from engine.objectives.preference.makers import PairMaker, views
from engine.objectives.preference.pairs import read_pairs, weight_of
from engine.objectives.preference.params import BETA, GENTLE, IMITATE, LABEL_SMOOTHING, settings_of
from engine.objectives.preference.refusals import without_training

_BETA = replace(BETA, default=0.1, help=Text("objectives.cpo.beta.help"), usual=Text("objectives.cpo.beta.usual"))


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    pairs, beta = read_pairs(forward, group, reference=False), float(values["beta"])
    lead = pairs.better - pairs.worse
    preference = sigmoid(lead, beta, float(values["label_smoothing"]))
    imitated = -float(values["imitate"]) * pairs.better_mean
    return GroupLoss(((preference + imitated) * pairs.weight).sum(), pairs.sums(beta * lead, preference))


CPO = Objective(
    key="cpo",
    label=Text("objectives.cpo.label"),
    tagline=Text("objectives.cpo.tagline"),
    help=Text("objectives.cpo.help"),
    params=settings_of(_BETA, replace(IMITATE, default=1.0), LABEL_SMOOTHING),
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    rare=True,
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
        what=Text("objectives.cpo.learn.what"),
        data=Text("objectives.cpo.learn.data"),
        when=Text("objectives.cpo.learn.when"),
        when_not=Text("objectives.cpo.learn.when_not"),
        loss="−log σ(β · (log p(better) − log p(worse))) − α · log p(better) ÷ tokens",
        paper="Xu et al. 2024, Contrastive Preference Optimization, arXiv:2401.08417",
    ),
)
