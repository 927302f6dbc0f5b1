"""How an objective learns from answers that the model writes itself: what is asked, how often, and what becomes of rewarded answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.bundles.sizes import BundleSize

Values = Mapping[str, Any]
State = dict[str, Any]  # what an objective remembers between rollouts, as JSON


@dataclass(frozen=True)
class Learnt:
    """What a rollout teaches.

    Attributes:
        examples: `Example`s with all that the loss reads; of groups that teach nothing there are none.
        figures: numbers of the rollout, by the key of a chart.
    """

    examples: Sequence[Any]
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Online:
    """How an objective learns from answers that are written between the steps.

    A rollout is this: the prompts of a step are answered, the answers are rewarded, and each prompt with its answers becomes an
    `Example` (a bundle) whose `tags` are the rewards, with these notes: of each answer "ended" (1 or 0), of each label "old" (its
    log-probability when it was written, where `old` asks for it), "reference" and "values" (as the objective's needs say).

    Attributes:
        answers: settings -> how many answers each prompt gets.
        new_tokens: settings -> most tokens of an answer.
        passes: settings -> optimizer steps that a rollout serves.
        old: settings -> whether the loss reads "old".
        learn: (examples, settings, state) -> what is learnt from them. It may change the state, which is kept with checkpoints.
    """

    answers: Callable[[Values], int]
    new_tokens: Callable[[Values], int]
    passes: Callable[[Values], int]
    old: Callable[[Values], bool]
    learn: Callable[[Sequence[Any], Values, State], Learnt]

    def size_of(self, prompt: int, values: Values) -> BundleSize:
        """A prompt of so many tokens with all its answers, as long as they may become: what a step learns from it."""
        return BundleSize(prompt - 1, (self.new_tokens(values),) * self.answers(values))
