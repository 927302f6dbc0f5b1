"""What stands for learning from several answers while only memory and time are looked at: their log-probabilities are read and made
larger, in the same groups. What objectives calculate of them besides is little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.data.templates.encoded import Bundle
from engine.objectives.declaration import ForwardPass, GroupLoss, Objective, Values
from engine.planner.memory.workload import Workload
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example


def standing_for(objective: Objective) -> Objective:
    """The objective itself, or one that needs nothing noted of its examples."""
    if not objective.makes_bundles:
        return objective
    return replace(objective, loss=_read_alone, weigh=lambda example: float(example.trained), before_step=None)


def _read_alone(forward: ForwardPass, group: Sequence[Any], _values: Values) -> GroupLoss:
    return GroupLoss(-forward.read(group).log_probs.sum())


def with_answers(example: Example, objective: Objective, values: Values) -> Example:
    """A prompt with answers of as many tokens as may be written to it; other examples as they are."""
    if objective.online is None:
        return example
    ids = example.ids.tolist()
    answers = objective.online.size_of(len(ids), values).answers
    return bundle_example(Bundle(ids, [[ids[-1]] * answer for answer in answers], [0.0] * len(answers)))


def lengths_in(work: Workload, examples: Sequence[Example]) -> list[int]:
    """Tokens of the rows that the examples are in a step."""
    if work.packs:
        return [len(example) for example in examples]
    return [one.longest for one in examples for _ in range(max(1, len(one.parts)))]
