"""Direct preference optimisation: the better of two answers becomes more likely than the worse one, measured from the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.charts import PAIRS_RIGHT
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Needs, Objective, Values
from engine.objectives.families import PAIRS
from engine.objectives.preference import losses
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.charts import PAIR_CHARTS
from engine.objectives.preference.counts import counts
from engine.objectives.preference.makers import PairMaker, views
from engine.objectives.preference.pairs import RankedPairs, read_pairs, weight_of
from engine.objectives.preference.params import BETA, GENTLE, IMITATE, LABEL_SMOOTHING, settings_of
from engine.objectives.preference.refusals import without_start

if TYPE_CHECKING:
    from torch import Tensor

# fmt: off
_VARIANT = Param(
    key="variant", kind="choice", default="sigmoid",
    choices={
        "sigmoid": Text("objectives.dpo.variant.choices.sigmoid"), "robust": Text("objectives.dpo.variant.choices.robust"),
        "hinge": Text("objectives.dpo.variant.choices.hinge"), "ipo": Text("objectives.dpo.variant.choices.ipo"),
    },
    label=Text("objectives.dpo.variant.label"),
    help=Text("objectives.dpo.variant.help"),
    usual=Text("objectives.dpo.variant.usual"),
)
# fmt: on


def _ipo(pairs: RankedPairs, beta: float, _smoothing: float) -> Tensor:
    high, low = pairs.rises
    return losses.ipo(high / pairs.better_size - low / pairs.worse_size, beta)


def _gap(pairs: RankedPairs) -> Tensor:
    high, low = pairs.rises
    return high - low


_LOSSES: Mapping[str, Callable[[RankedPairs, float, float], Tensor]] = {
    "sigmoid": lambda pairs, beta, smoothing: losses.sigmoid(_gap(pairs), beta, smoothing),
    "robust": lambda pairs, beta, smoothing: losses.robust(_gap(pairs), beta, smoothing),
    "hinge": lambda pairs, beta, _smoothing: losses.hinge(_gap(pairs), beta),
    "ipo": _ipo,
}


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    pairs, beta = read_pairs(forward, group, reference=True), float(values["beta"])
    preference = _LOSSES[values["variant"]](pairs, beta, float(values["label_smoothing"]))
    imitated = -float(values["imitate"]) * pairs.better_mean
    return GroupLoss(((preference + imitated) * pairs.weight).sum(), pairs.sums(beta * _gap(pairs), preference))


DPO = Objective(
    key="dpo",
    label=Text("objectives.dpo.label"),
    tagline=Text("objectives.dpo.tagline"),
    help=Text("objectives.dpo.help"),
    params=settings_of(_VARIANT, BETA, IMITATE, LABEL_SMOOTHING),
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    mask=lambda _values: MASK,
    examples=PairMaker,
    views=views,
    counts=counts,
    loss=_loss,
    needs=lambda _values: Needs(reference="before"),
    whole=True,
    weigh=weight_of,
    outcomes=(PAIRS_RIGHT,),
    charts=PAIR_CHARTS,
    refusals=without_start,
    example=Text("objectives.preference.pairs"),
    rates=GENTLE,
    own=frozenset({"epochs"}),
    learn=Card(
        what=Text("objectives.dpo.learn.what"),
        data=Text("objectives.dpo.learn.data"),
        when=Text("objectives.dpo.learn.when"),
        when_not=Text("objectives.dpo.learn.when_not"),
        loss="−log σ(β · (log p(better) ÷ p₀(better) − log p(worse) ÷ p₀(worse)))",
        paper="Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290",
    ),
)
