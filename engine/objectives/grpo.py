"""Group relative policy optimisation: of several answers to one prompt, those above their mean become likelier.

After Shao et al. 2024 (DeepSeekMath, arXiv:2402.03300, equation 3), with the changes of Liu et al. 2025 (Dr. GRPO,
arXiv:2503.20783) and Yu et al. 2025 (DAPO, arXiv:2503.14476) as choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.objectives.answer_sums import label_notes
from engine.objectives.charts import CLIP_SHARE, FLAT_GROUPS, OF_ANSWERS, OF_HELD_OUT_ANSWERS, REWARD_REACHED
from engine.objectives.declaration import Card, ForwardPass, GroupLoss, Needs, Objective, Values
from engine.objectives.families import REWARDS as BY_REWARDS
from engine.objectives.online.advantages import group_advantages, is_flat
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
    import numpy as np


DAPO, GRPO_, DR_GRPO = "dapo", "grpo", "dr_grpo"

# fmt: off
_VARIANT = Param(
    key="variant", kind="choice", default=DAPO,
    choices={
        DAPO: Text("objectives.online.grpo.variant.choices.dapo"), GRPO_: Text("objectives.online.grpo.variant.choices.grpo"),
        DR_GRPO: Text("objectives.online.grpo.variant.choices.dr_grpo"),
    },
    label=Text("objectives.online.grpo.variant.label"),
    help=Text("objectives.online.grpo.variant.help"),
    usual=Text("objectives.online.grpo.variant.usual"),
)
_CLIP_HIGH = Param(
    key="clip_high", kind="float", default=0.28, minimum=0.001, maximum=10.0, step=0.01,
    label=Text("objectives.online.grpo.clip_high.label"),
    help=Text("objectives.online.grpo.clip_high.help"),
    usual=Text("objectives.online.grpo.clip_high.usual"),
)
_KL = Param(
    key="kl", kind="float", default=0.0, minimum=0.0, maximum=10.0, step=0.01,
    label=Text("objectives.online.grpo.kl.label"),
    help=Text("objectives.online.grpo.kl.help"),
    usual=Text("objectives.online.grpo.kl.usual"),
)
# fmt: on


def _label_weights(variant: str, counts: Sequence[int], answers: int, tokens: int, most: int) -> np.ndarray[Any, Any]:
    """What each label of a group counts in the loss of a rollout of so many answers and tokens.

    Mean over answers of their means (arXiv:2402.03300), over all tokens (arXiv:2503.14476, equation 8), or over the tokens that
    there might be (arXiv:2503.20783, section 3.1: no length is normalised).
    """
    import numpy as np

    if variant == GRPO_:
        return np.concatenate([np.full(count, 1 / (count * answers)) for count in counts])
    return np.full(sum(counts), 1 / tokens if variant == DAPO else 1 / (answers * most))


def _learn(examples: Sequence[Any], values: Values, _state: State) -> Learnt:
    import numpy as np

    answers, tokens = sum(len(one.parts) for one in examples), sum(one.trained for one in examples)
    live = [one for one in examples if not is_flat(one.tags)]
    found = []
    for one in live:
        counts = one.label_counts
        advantages = group_advantages(one.tags, scaled=values["variant"] != DR_GRPO)
        weights = _label_weights(values["variant"], counts, answers, tokens, new_tokens(values))
        notes = {
            "advantage": np.repeat(advantages, counts).astype(np.float32),
            "counts": weights.astype(np.float32),
        }
        one = replace(one, label_notes={**one.label_notes, **notes})
        kept = np.flatnonzero((one.answer_notes["ended"] > 0) | (values["unfinished"] != LEFT_OUT))
        if len(kept):
            found.append(one if len(kept) == len(one.parts) else one.only(kept.tolist()))
    return Learnt(live_share(found) if found else [], {"flat_groups": 1 - len(live) / len(examples)})


def _loss(forward: ForwardPass, group: Sequence[Any], values: Values) -> GroupLoss:
    """Clipped surrogate (Schulman et al. 2017, arXiv:1707.06347, equation 7) with the advantages of the groups, plus the KL term k3."""
    import torch

    read = forward.read(group, entropy=True, temperature=float(values["temperature"]))
    now, even = read.log_probs, label_notes(group, "even", read.log_probs)
    old = label_notes(group, "old", now) if "old" in group[0].label_notes else now.detach()
    advantage, weights = label_notes(group, "advantage", now), label_notes(group, "counts", now)
    ratio = torch.exp(now - old)
    clipped = ratio.clamp(1 - float(values["clip"]), 1 + float(values["clip_high"]))
    losses = -torch.minimum(ratio * advantage, clipped * advantage)
    outside = ((ratio < 1 - float(values["clip"])) & (advantage < 0)) | (
        (ratio > 1 + float(values["clip_high"])) & (advantage > 0)
    )
    sums = {"entropy": float((read.entropy * even).sum()), "clip_share": float((outside * even).sum())}
    if "reference" in group[0].label_notes:
        apart = label_notes(group, "reference", now) - now
        kl = torch.exp(apart) - apart - 1
        losses = losses + float(values["kl"]) * kl
        sums["kl"] = float((kl.detach() * even).sum())
    return GroupLoss((losses * weights).sum(), sums)


def _needs(values: Values) -> Needs:
    passes, beside = int(values["inner_passes"]), float(values["kl"]) > 0
    more = (1 / 3) * ((passes > 1) + beside) / passes
    return Needs(reference="beside" if beside else "", generation=True, passes=1 + more)


GRPO = Objective(
    key="grpo",
    label=Text("objectives.online.grpo.label"),
    tagline=Text("objectives.online.grpo.tagline"),
    help=Text("objectives.online.grpo.help"),
    params=(
        *OF_PROMPTS, REWARDS, ANSWERS, ANSWER_TOKENS, TEMPERATURE, _VARIANT, CLIP, _CLIP_HIGH, _KL, INNER_PASSES, UNFINISHED, UNFINISHED_REWARD,
        *OF_TRAINING,
    ),
    learns_from=frozenset({"prompt", "chat"}),
    family=BY_REWARDS,
    mask=lambda _values: {"train_on": "assistant"},
    examples=PromptMaker,
    counts=prompt_counts,
    loss=_loss,
    needs=_needs,
    weigh=shares,
    outcomes=(REWARD_REACHED,),
    charts=(*OF_ANSWERS, CLIP_SHARE, FLAT_GROUPS, *OF_HELD_OUT_ANSWERS),
    refusals=online_refusals,
    example=Text("objectives.online.example"),
    own=OWN,
    writes=answer_room,
    online=Online(
        answers=lambda values: int(values["answers"]),
        new_tokens=new_tokens,
        passes=lambda values: int(values["inner_passes"]),
        old=lambda values: int(values["inner_passes"]) > 1,
        learn=_learn,
    ),
    learn=Card(
        what=Text("objectives.online.grpo.learn.what"),
        data=Text("objectives.online.grpo.learn.data"),
        when=Text("objectives.online.grpo.learn.when"),
        when_not=Text("objectives.online.grpo.learn.when_not"),
        loss="−min(ρ·A, clip(ρ, 1−ε, 1+ε′)·A) + β·KL, A = (r − mean r) ÷ std r, ρ = π(token) ÷ π_old(token)",
        paper="Shao et al. 2024, DeepSeekMath, arXiv:2402.03300",
    ),
)  # fmt: skip
