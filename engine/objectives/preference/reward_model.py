"""A reward model: it learns from comparisons to say how good an answer is, as one number, read at the answer's end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.methods.common.declaration import Family, Method, Refusal
from engine.objectives.charts import PAIRS_RIGHT
from engine.objectives.comparisons import bradley_terry, off_centre, pairs_of, plackett_luce
from engine.objectives.declaration import Card, Chart, ForwardPass, GroupLoss, Needs, Objective, Parts, Row, Values
from engine.objectives.families import PAIRS
from engine.objectives.heads import HEAD_RATE
from engine.objectives.preference.bundling import MASK
from engine.objectives.preference.counts import counts
from engine.objectives.preference.makers import PairMaker, answers_in, views
from engine.objectives.preference.pairs import weight_of
from engine.objectives.preference.params import settings_of

if TYPE_CHECKING:
    from torch import Tensor

_PAIRS, _LIST = "pairs", "plackett_luce"
# Shares of the rate that a method imitates at: 2e-4 for the smallest models with LoRA, 1e-5 for whole ones of 7 billion parameters
# (9e-6 for 6 billion: Ouyang et al. 2022, InstructGPT, arXiv:2203.02155, appendix C.2).
_RATES: Mapping[Family, float] = {"whole": 0.5, "selective": 0.2, "low_rank": 0.2, "adapter": 0.2, "research": 0.2}

# fmt: off
_RANKING = Param(
    key="ranking_loss", kind="choice", default=_PAIRS,
    choices={_PAIRS: Text("objectives.reward_model.ranking.choices.pairs"), _LIST: Text("objectives.reward_model.ranking.choices.plackett_luce")},
    label=Text("objectives.reward_model.ranking.label"),
    help=Text("objectives.reward_model.ranking.help"),
    usual=Text("objectives.reward_model.ranking.usual"),
)
_CENTRING = Param(
    key="centring", kind="float", default=0.01, minimum=0.0, maximum=10.0, step=0.01,
    label=Text("objectives.reward_model.centring.label"),
    help=Text("objectives.reward_model.centring.help"),
    usual=Text("objectives.reward_model.centring.usual"),
)
# fmt: on

ACCURACY = Chart(
    "accuracy", Text("objectives.reward_model.accuracy.label"), Text("objectives.reward_model.accuracy.help")
)
MARGIN = Chart("margin", Text("objectives.reward_model.margin.label"), Text("objectives.reward_model.margin.help"))
REWARD = Chart("reward", Text("objectives.reward_model.reward.label"), Text("objectives.reward_model.reward.help"))
LONGER = Chart(
    "longer_higher", Text("objectives.reward_model.longer.label"), Text("objectives.reward_model.longer.help")
)


class _Comparisons(PairMaker):
    """Rows as `PairMaker` makes bundles of them, but of rankings the tags lie within 0 and 1: they say the order and no margins."""

    def add(self, row: Row) -> Iterator[Parts]:
        answers, tags = answers_in(row)
        if "ranks" in row:
            span = max(tags) - min(tags) or 1.0
            tags = [(tag - min(tags)) / span for tag in tags]
        yield from self._bundled(row, answers, tags)


# ---------------------------------------------------------------- the loss


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """The mean of each prompt's comparisons, summed over the prompts of a group."""
    import torch

    scores = forward.scores(group)
    compared = plackett_luce if values.get(_RANKING.key) == _LIST else bradley_terry
    centring = float(values.get(_CENTRING.key, 0.0))
    total, first = scores.new_zeros(()), 0
    sums: dict[str, float] = defaultdict(float)
    for example in group:
        own = scores[first : first + len(example.parts)]
        first += len(example.parts)
        tags = torch.from_numpy(example.tags).to(own.device)
        lost = compared(own, tags)
        if centring:
            lost = lost + centring * off_centre(own, tags)
        total = total + weight_of(example) * lost
        for key, value in _told(own.detach(), tags, example).items():
            sums[key] += weight_of(example) * value
    return GroupLoss(total, sums)


def _told(scores: Tensor, tags: Tensor, example: Any) -> Mapping[str, float]:
    """What charts draw of one prompt."""
    import torch

    better, worse = pairs_of(tags)
    lead = scores[better] - scores[worse]
    sizes = torch.tensor(example.label_counts, device=scores.device)
    longer = (sizes[better] - sizes[worse]).sign() * lead
    return {
        ACCURACY.key: _share_above_0(lead),
        MARGIN.key: float(lead.mean()),
        REWARD.key: float(scores.mean()),
        LONGER.key: _share_above_0(longer),
    }


def _share_above_0(values: Tensor) -> float:
    """0 itself counts half."""
    return float((values > 0).float().mean() + (values == 0).float().mean() / 2)


def _refusals(method: Method) -> Iterator[Refusal]:
    able, said = method.capabilities, {"method": method.label.as_dict()}
    if not able.trains:
        yield Refusal("method", "reward.no_training", said)
    elif (
        not able.packing
    ):  # vectors in front of a text, or a network beside the model: neither changes its last state alone
        yield Refusal("method", "reward.no_state", said)


REWARD_MODEL = Objective(
    key="reward_model",
    label=Text("objectives.reward_model.label"),
    tagline=Text("objectives.reward_model.tagline"),
    help=Text("objectives.reward_model.help"),
    params=settings_of(HEAD_RATE, _RANKING, _CENTRING),
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    mask=lambda _values: MASK,
    examples=_Comparisons,
    views=views,
    counts=counts,
    loss=_loss,
    needs=lambda _values: Needs(value_head=True),
    head="reward",
    whole=True,
    weigh=weight_of,
    example=Text("objectives.preference.pairs"),
    own=frozenset({"epochs"}),
    rates=_RATES,
    outcomes=(PAIRS_RIGHT,),
    charts=(ACCURACY, MARGIN, REWARD, LONGER),
    refusals=_refusals,
    learn=Card(
        what=Text("objectives.reward_model.learn.what"),
        data=Text("objectives.reward_model.learn.data"),
        when=Text("objectives.reward_model.learn.when"),
        when_not=Text("objectives.reward_model.learn.when_not"),
        loss="−log σ(score of the better − score of the worse − margin)",
        paper="Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155",
    ),
)
