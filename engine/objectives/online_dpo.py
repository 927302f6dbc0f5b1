"""Online DPO (Guo et al. 2024, arXiv:2402.04792): the better and the worse of the model's own answers are a pair to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.answer_sums import answer_sums, label_counts, label_notes
from engine.objectives.charts import (
    FLAT_GROUPS,
    OF_ANSWERS,
    OF_HELD_OUT_ANSWERS,
    OWN_MARGIN,
    OWN_PAIRS_RIGHT,
    REWARD_REACHED,
)
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Needs, Objective, Values
from engine.objectives.families import REWARDS as BY_REWARDS
from engine.objectives.online.advantages import is_flat
from engine.objectives.online.declaration import Learnt, Online, State
from engine.objectives.online.learnt import online_refusals
from engine.objectives.online.params import (
    ANSWER_TOKENS,
    ANSWERS,
    LEFT_OUT,
    OWN,
    REWARDS,
    TEMPERATURE,
    UNFINISHED,
    UNFINISHED_REWARD,
    answer_room,
    new_tokens,
)
from engine.objectives.online.prompts import PromptMaker, prompt_counts
from engine.objectives.shared_params import OF_PROMPTS, OF_TRAINING

if TYPE_CHECKING:
    pass


# fmt: off
_BETA = Param(
    key="beta", kind="float", default=0.1, minimum=0.001, maximum=10.0, step=0.05, advanced=False,
    label=Text("objectives.online.online_dpo.beta.label"),
    help=Text("objectives.online.online_dpo.beta.help"),
    usual=Text("objectives.online.online_dpo.beta.usual"),
)
# fmt: on


def _pair(example: Any, *, ended: bool) -> list[int]:
    """Places of the best and of the worst answer, the first of equal ones; of those that ended alone where that is asked for."""
    places = [at for at in range(len(example.parts)) if not ended or example.answer_notes["ended"][at] > 0]
    if is_flat(example.tags[places]):
        return []
    ordered = sorted(places, key=lambda at: (-float(example.tags[at]), at))
    worst = min(places, key=lambda at: (float(example.tags[at]), at))
    return [ordered[0], worst]


def _learn(examples: Sequence[Any], values: Values, _state: State) -> Learnt:
    import numpy as np

    chosen = [(one, _pair(one, ended=values["unfinished"] == LEFT_OUT)) for one in examples]
    pairs = [replace(one.only(pair), tags=np.asarray([1, 0], np.float32)) for one, pair in chosen if pair]
    return Learnt(pairs, {"flat_groups": 1 - len(pairs) / len(examples)})


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """−log σ(β·(how much likelier the better answer became − how much likelier the worse one did)): arXiv:2305.18290, equation 7."""
    import torch

    read = forward.read(group, entropy=True, temperature=float(values["temperature"]))
    apart = read.log_probs - label_notes(group, "reference", read.log_probs)
    better, worse = answer_sums(apart, group).view(-1, 2).unbind(1)
    margin = float(values["beta"]) * (better - worse)
    counts = label_counts(group, margin)
    assert read.entropy is not None
    per_pair = {
        "accuracy": (margin.detach() > 0).float(),
        "margin": margin.detach(),
        "kl": (answer_sums(apart.detach(), group) / counts).view(-1, 2).mean(1),
        "entropy": (answer_sums(read.entropy, group) / counts).view(-1, 2).mean(1),
    }
    return GroupLoss(
        -torch.nn.functional.logsigmoid(margin).sum(), {name: float(one.sum()) for name, one in per_pair.items()}
    )


ONLINE_DPO = Objective(
    key="online_dpo",
    label=Text("objectives.online.online_dpo.label"),
    tagline=Text("objectives.online.online_dpo.tagline"),
    help=Text("objectives.online.online_dpo.help"),
    params=(
        *OF_PROMPTS, REWARDS, replace(ANSWERS, default=4), ANSWER_TOKENS, TEMPERATURE, _BETA, UNFINISHED, UNFINISHED_REWARD,
        *OF_TRAINING,
    ),
    learns_from=frozenset({"prompt", "chat"}),
    family=BY_REWARDS,
    rare=True,
    mask=lambda _values: {"train_on": "assistant"},
    examples=PromptMaker,
    counts=prompt_counts,
    loss=_loss,
    needs=lambda _values: Needs(reference="beside", generation=True, passes=4 / 3),
    whole=True,
    weigh=lambda _example: 1.0,
    outcomes=(REWARD_REACHED,),
    charts=(*OF_ANSWERS, OWN_PAIRS_RIGHT, OWN_MARGIN, FLAT_GROUPS, *OF_HELD_OUT_ANSWERS),
    refusals=online_refusals,
    example=Text("objectives.online.example"),
    own=OWN,
    writes=answer_room,
    online=Online(
        answers=lambda values: int(values["answers"]),
        new_tokens=new_tokens,
        passes=lambda _values: 1,
        old=lambda _values: False,
        learn=_learn,
    ),
    learn=Card(
        what=Text("objectives.online.online_dpo.learn.what"),
        data=Text("objectives.online.online_dpo.learn.data"),
        when=Text("objectives.online.online_dpo.learn.when"),
        when_not=Text("objectives.online.online_dpo.learn.when_not"),
        loss="−log σ(β·(log π(better) ÷ π₀(better) − log π(worse) ÷ π₀(worse)))",
        paper="Guo et al. 2024, Direct Language Model Alignment from Online AI Feedback, arXiv:2402.04792",
    ),
)  # fmt: skip
