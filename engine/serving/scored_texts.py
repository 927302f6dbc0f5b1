"""What a reward model reads of a conversation and an answer: the same tokens as in its training. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.objectives import objective_in
from engine.objectives.preference.bundling import answered
from engine.objectives.shared_params import as_trained

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate
    from storage.tables import TunedModel

UNSCORED = ("reward.no_answer", "reward.too_long")  # faults of one answer


def spec_of(tuned: TunedModel) -> Mapping[str, Any]:
    """The settings that a tuned model was trained with."""
    found: Mapping[str, Any] = (tuned.lineage or {}).get("spec") or {}
    return found


def talks(tuned: TunedModel) -> bool:
    """Whether a tuned model answers in words; a reward model scores, and whatever it would say means nothing."""
    try:
        return objective_in(spec_of(tuned)).talks
    except Fault:  # an objective that this version does not have
        return True


@dataclass(frozen=True)
class ScoredTexts:
    """Conversations as one reward model reads them.

    Attributes:
        template: of its base, as the model was trained.
        most: tokens of the longest text that it was trained on.
        name: of the model.
    """

    template: ChatTemplate
    most: int
    name: str

    @classmethod
    def of(cls, template: ChatTemplate, tuned: TunedModel) -> ScoredTexts:
        """Those of a tuned reward model over its base's template. Raises Fault("reward.talks") for a model that does not score."""
        if talks(tuned):
            raise Fault("reward.talks", name=tuned.name)
        training = spec_of(tuned).get("training", {})
        return cls(as_trained(template, training), int(training.get("max_length", 512)), tuned.name)

    def ids(self, question: Sequence[Mapping[str, Any]], answer: str) -> tuple[int, ...]:
        """The tokens up to the answer's end. A question that is too long loses its beginning, as in training.

        Raises:
            Fault: "reward.too_long" for an answer that is longer than any in training, "reward.no_answer" where nothing is left of it.
        """
        read = answered(self.template, question, [[{"role": "assistant", "content": answer}]])
        if not answer.strip() or read is None:
            raise Fault("reward.no_answer")
        fitting = read.fitted(self.most)
        if fitting is None:
            raise Fault("reward.too_long", tokens=len(read.answers[0]), most=self.most, name=self.name)
        return (*fitting[0].prompt, *fitting[0].answers[0])
