"""A reward model: it learns from comparisons to say how good an answer is, as one number, read at the answer's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.lengths import Counts, LengthIndex
from engine.data.templates.losses import refuses_a_row
from engine.methods.common.declaration import Method, Refusal
from engine.objectives.answer_tokens import answer_tokens, shared_beginning, within
from engine.objectives.charts import PAIRS_RIGHT
from engine.objectives.comparisons import bradley_terry, off_centre, pairs_of, plackett_luce
from engine.objectives.declaration import (
    Card,
    Chart,
    ForwardPass,
    GroupLoss,
    LeftOut,
    Needs,
    Objective,
    Parts,
    Row,
    Values,
)
from engine.objectives.families import PAIRS
from engine.objectives.heads import HEAD_RATE
from engine.objectives.shared_params import (
    BATCH_SIZE,
    CHECKPOINTING,
    CONTROL_TOKENS,
    DOUBLE_QUANTISATION,
    EPOCHS,
    EVALUATIONS,
    KEEP_CHECKPOINTS,
    LEARNING_RATE,
    MAX_GRAD_NORM,
    MAX_LENGTH,
    MODEL_FROM,
    OFFLOAD,
    OPTIMIZER,
    QUANTISATION,
    SCHEDULE,
    SEED,
    THINKING,
    TRAINED_FORMAT,
    WARMUP,
    WEIGHT_DECAY,
)

if TYPE_CHECKING:
    from torch import Tensor

    from engine.data.templates.template import ChatTemplate

_PAIRS, _LIST = "pairs", "plackett_luce"

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


# ---------------------------------------------------------------- from rows to examples


def _answers(row: Row) -> tuple[list[Any], list[float]]:
    """The answers of a pair or a ranking, and how good each is: differences of at most 1 say which is better, more is a margin."""
    if "ranks" in row:
        ranks = [float(rank) for rank in row["ranks"]]
        span = max(ranks) - min(ranks) or 1.0
        return list(row["answers"]), [(max(ranks) - rank) / span for rank in ranks]
    return [row["chosen"], row["rejected"]], [1.0 + float(row.get("margin") or 0.0), 0.0]


class _Comparisons:
    """Each row is an example: a prompt, and the answers that are compared."""

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._most, self._left_out = template, int(values["max_length"]), left_out

    def add(self, row: Row) -> Iterator[Parts]:
        from engine.data.templates.encoded import Bundle

        if row.get("weight", 1) == 0:
            self._left_out("unlearnable")
            return
        answers, tags = _answers(row)
        try:
            read = [answer_tokens(self._template, row["prompt"], one, row.get("tools")) for one in answers]
        except Fault as fault:
            if not refuses_a_row(fault):
                raise
            self._left_out("refused", fault=fault)
            return
        said = [(one, tag) for one, tag in zip(read, tags, strict=True) if one is not None]
        fitting = [(short, tag) for one, tag in said if (short := within(*one, self._most)) is not None]
        if len({tag for _, tag in fitting}) < 2:  # too long, or nothing is preferred
            self._left_out("dropped" if len(fitting) < len(said) else "unlearnable")
            return
        self._left_out("truncated", int(any(len(ids) > self._most for (ids, _), _ in said)))
        whole = [one for one, _ in fitting]
        front = max(1, shared_beginning(whole))
        yield Bundle(
            whole[0][0][:front],
            [ids[front:] for ids, _ in whole],
            [tag for _, tag in fitting],
            float(row.get("weight", 1)),
        )

    def close(self) -> Iterator[Parts]:
        return iter(())


def _counts(index: LengthIndex, values: Values) -> Counts:
    return index.count(int(values["max_length"]), "truncate")


# ---------------------------------------------------------------- the loss


def _weight(example: Any) -> float:
    """A prompt counts once, unless its row says otherwise."""
    return 1.0 if example.weights is None else float(example.weights[0])


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """The mean of each prompt's comparisons, summed over the prompts of a group."""
    import torch

    scores = forward.scores(group)
    compared = plackett_luce if values.get(_RANKING.key) == _LIST else bradley_terry
    centring = float(values.get(_CENTRING.key, 0.0))
    total, sums, first = scores.new_zeros(()), Counter[str](), 0
    for example in group:
        own = scores[first : first + len(example.parts)]
        first += len(example.parts)
        tags = torch.from_numpy(example.tags).to(own.device)
        lost = compared(own, tags)
        if centring:
            lost = lost + centring * off_centre(own, tags)
        total = total + _weight(example) * lost
        for key, value in _told(own.detach(), tags, example).items():
            sums[key] += _weight(example) * value
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


_PARAMS: tuple[Param, ...] = (
    replace(EPOCHS, default=1, usual=Text("objectives.reward_model.epochs.usual")),
    LEARNING_RATE, HEAD_RATE, BATCH_SIZE, replace(MAX_LENGTH, help=Text("objectives.reward_model.max_length.help")), _RANKING, _CENTRING, THINKING,
    CONTROL_TOKENS, SCHEDULE, WARMUP, WEIGHT_DECAY, MAX_GRAD_NORM, OPTIMIZER, TRAINED_FORMAT, OFFLOAD, CHECKPOINTING, QUANTISATION, DOUBLE_QUANTISATION,
    EVALUATIONS, MODEL_FROM, KEEP_CHECKPOINTS, SEED,
)  # fmt: skip

REWARD_MODEL = Objective(
    key="reward_model",
    label=Text("objectives.reward_model.label"),
    tagline=Text("objectives.reward_model.tagline"),
    help=Text("objectives.reward_model.help"),
    params=_PARAMS,
    learns_from=frozenset({"preference", "ranking"}),
    family=PAIRS,
    mask=lambda _values: {"train_on": "assistant"},
    examples=_Comparisons,
    counts=_counts,
    loss=_loss,
    needs=lambda _values: Needs(value_head=True),
    head="reward",
    whole=True,
    weigh=_weight,
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
