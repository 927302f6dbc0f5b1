"""Proximal policy optimisation of answers (Schulman et al. 2017, arXiv:1707.06347; Ouyang et al. 2022, arXiv:2203.02155, section 3.5).

A head on the trained model foresees, at each token, the reward to come; a token's advantage is what it changed about that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.answer_sums import label_notes
from engine.objectives.charts import (
    CLIP_SHARE,
    EXPLAINED_VARIANCE,
    KL_COEFFICIENT,
    OF_ANSWERS,
    OF_HELD_OUT_ANSWERS,
    REWARD_REACHED,
    VALUE_LOSS,
)
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Needs, Objective, Values
from engine.objectives.families import REWARDS as BY_REWARDS
from engine.objectives.heads import HEAD_RATE
from engine.objectives.online.advantages import (
    adapted_coefficient,
    cut,
    explained_variance,
    gae,
    kl_terms,
    whitened,
)
from engine.objectives.online.declaration import Learnt, Online, State
from engine.objectives.online.learnt import live_share, online_refusals, shares
from engine.objectives.online.params import (
    ANSWER_TOKENS,
    ANSWERS,
    CLIP,
    INNER_PASSES,
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


_COEFFICIENT = "kl_coef"

# fmt: off
_KL = Param(
    key="kl", kind="float", default=0.02, minimum=0.0, maximum=10.0, step=0.01, advanced=False,
    label=Text("objectives.online.ppo.kl.label"),
    help=Text("objectives.online.ppo.kl.help"),
    usual=Text("objectives.online.ppo.kl.usual"),
)
_KL_KIND = Param(
    key="kl_kind", kind="choice", default="k1",
    choices={"k1": Text("objectives.online.ppo.kl_kind.choices.k1"), "k3": Text("objectives.online.ppo.kl_kind.choices.k3")},
    label=Text("objectives.online.ppo.kl_kind.label"),
    help=Text("objectives.online.ppo.kl_kind.help"),
)
_KL_TARGET = Param(
    key="kl_target", kind="float", default=None, optional=True, minimum=1e-4, maximum=1000.0, step=0.1,
    label=Text("objectives.online.ppo.kl_target.label"),
    help=Text("objectives.online.ppo.kl_target.help"),
    usual=Text("objectives.online.ppo.kl_target.usual"),
)
_DISCOUNT = Param(
    key="discount", kind="float", default=1.0, minimum=0.0, maximum=1.0, step=0.01,
    label=Text("objectives.online.ppo.discount.label"),
    help=Text("objectives.online.ppo.discount.help"),
    usual=Text("objectives.online.ppo.discount.usual"),
)
_DECAY = Param(
    key="decay", kind="float", default=0.95, minimum=0.0, maximum=1.0, step=0.01,
    label=Text("objectives.online.ppo.decay.label"),
    help=Text("objectives.online.ppo.decay.help"),
    usual=Text("objectives.online.ppo.decay.usual"),
)
_VALUE_CLIP = Param(
    key="value_clip", kind="float", default=0.2, minimum=0.001, maximum=1000.0, step=0.1,
    label=Text("objectives.online.ppo.value_clip.label"),
    help=Text("objectives.online.ppo.value_clip.help"),
    usual=Text("objectives.online.ppo.value_clip.usual"),
)
_VALUE_WEIGHT = Param(
    key="value_weight", kind="float", default=0.1, minimum=0.0, maximum=100.0, step=0.1,
    label=Text("objectives.online.ppo.value_weight.label"),
    help=Text("objectives.online.ppo.value_weight.help"),
    usual=Text("objectives.online.ppo.value_weight.usual"),
)
_WHITEN = Param(
    key="whiten", kind="bool", default=True,
    label=Text("objectives.online.ppo.whiten.label"),
    help=Text("objectives.online.ppo.whiten.help"),
    usual=Text("objectives.online.ppo.whiten.usual"),
)
# fmt: on


def _with_returns(example: Any, values: Values, coefficient: float) -> Any:
    """The example with each label's advantage and return: the reward comes with the last token, the KL penalty with each."""
    import numpy as np

    counts, notes = example.label_counts, example.label_notes
    terms = kl_terms(notes["old"], notes["reference"], values["kl_kind"])
    foreseen, advantages = notes["values"].astype(np.float64), []
    for reward, kl, value in zip(example.tags, cut(terms, counts), cut(foreseen, counts), strict=True):
        rewards = -coefficient * kl
        rewards[-1] += float(reward)
        advantages.append(gae(rewards, value, float(values["discount"]), float(values["decay"])))
    found = np.concatenate(advantages)
    return replace(example, label_notes={**notes, "advantage": found, "returns": found + foreseen})


def _learn(examples: Sequence[Any], values: Values, state: State) -> Learnt:
    import numpy as np

    coefficient = float(state.setdefault(_COEFFICIENT, float(values["kl"])))
    old, reference = (np.concatenate([one.label_notes[name] for one in examples]) for name in ("old", "reference"))
    answers = sum(len(one.parts) for one in examples)
    kl = float(kl_terms(old, reference, "k1").sum()) / answers
    if values["kl_target"]:
        state[_COEFFICIENT] = adapted_coefficient(coefficient, kl, float(values["kl_target"]))
    noted = [_with_returns(one, values, coefficient) for one in examples]
    if values["unfinished"] == LEFT_OUT:
        kept = [(one, np.flatnonzero(one.answer_notes["ended"] > 0).tolist()) for one in noted]
        noted = [one.only(places) for one, places in kept if places]
    figures = {"kl": float(kl_terms(old, reference, "k1").mean()), _COEFFICIENT: coefficient}
    if not noted:
        return Learnt([], figures)
    advantage, returns, foreseen = (
        np.concatenate([one.label_notes[name] for one in noted]).astype(np.float64)
        for name in ("advantage", "returns", "values")
    )
    figures["explained_variance"] = explained_variance(returns, foreseen)
    if values["whiten"]:
        advantage = whitened(advantage)
    own = cut(advantage, [one.trained for one in noted])
    return Learnt(live_share([_as_floats(one, mine) for one, mine in zip(noted, own, strict=True)]), figures)


def _as_floats(example: Any, advantage: Any) -> Any:
    import numpy as np

    notes = {**example.label_notes, "advantage": advantage}
    return replace(example, label_notes={name: one.astype(np.float32) for name, one in notes.items()})


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """Clipped policy and value losses (arXiv:1707.06347, equations 7 and 9), as means over the tokens of the step."""
    import torch

    read = forward.read(group, entropy=True, hidden=True, temperature=float(values["temperature"]))
    assert read.hidden is not None
    now, foreseen = read.log_probs, forward.values(read.hidden)
    old, advantage, returns, before, even = (
        label_notes(group, name, now) for name in ("old", "advantage", "returns", "values", "even")
    )
    clip, room = float(values["clip"]), float(values["value_clip"])
    ratio = torch.exp(now - old)
    policy = -torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    near = before + (foreseen - before).clamp(-room, room)
    value = 0.5 * torch.maximum((foreseen - returns) ** 2, (near - returns) ** 2)
    outside = ((ratio < 1 - clip) & (advantage < 0)) | ((ratio > 1 + clip) & (advantage > 0))
    sums = {
        "entropy": float((read.entropy * even).sum()),
        "clip_share": float((outside * even).sum()),
        "value_loss": float((value.detach() * even).sum()),
    }
    return GroupLoss(((policy + float(values["value_weight"]) * value) * even).sum(), sums)


PPO = Objective(
    key="ppo",
    label=Text("objectives.online.ppo.label"),
    tagline=Text("objectives.online.ppo.tagline"),
    help=Text("objectives.online.ppo.help"),
    params=(
        *OF_PROMPTS, REWARDS, replace(ANSWERS, default=4, minimum=1), ANSWER_TOKENS, TEMPERATURE, _KL, _KL_KIND, _KL_TARGET, CLIP,
        replace(INNER_PASSES, default=2), _DISCOUNT, _DECAY, _WHITEN, _VALUE_CLIP, _VALUE_WEIGHT, HEAD_RATE, UNFINISHED, UNFINISHED_REWARD,
        *OF_TRAINING,
    ),
    learns_from=frozenset({"prompt", "chat"}),
    family=BY_REWARDS,
    rare=True,
    mask=lambda _values: {"train_on": "assistant"},
    examples=PromptMaker,
    counts=prompt_counts,
    loss=_loss,
    needs=lambda values: Needs(
        reference="beside", value_head=True, generation=True, passes=1 + 2 / 3 / int(values["inner_passes"])
    ),
    head="value",
    weigh=shares,
    outcomes=(REWARD_REACHED,),
    charts=(
        *OF_ANSWERS, CLIP_SHARE, VALUE_LOSS, EXPLAINED_VARIANCE, KL_COEFFICIENT, *OF_HELD_OUT_ANSWERS,
    ),
    refusals=online_refusals,
    example=Text("objectives.online.example"),
    own=OWN,
    writes=answer_room,
    online=Online(
        answers=lambda values: int(values["answers"]),
        new_tokens=new_tokens,
        passes=lambda values: int(values["inner_passes"]),
        old=lambda _values: True,
        learn=_learn,
    ),
    learn=Card(
        what=Text("objectives.online.ppo.learn.what"),
        data=Text("objectives.online.ppo.learn.data"),
        when=Text("objectives.online.ppo.learn.when"),
        when_not=Text("objectives.online.ppo.learn.when_not"),
        loss="−min(ρ·A, clip(ρ, 1−ε, 1+ε)·A) + c·(V − R)² ÷ 2, A by GAE of r − β·KL and V",
        paper="Ouyang et al. 2022, Training language models to follow instructions, arXiv:2203.02155; Schulman et al. 2017, arXiv:1707.06347",
    ),
)  # fmt: skip
