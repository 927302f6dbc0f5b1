"""What each thing that a job does takes once, and from that what is waited for before the first step and after the last one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

PART_OF = {
    "start": "start",
    "base_answers": "answers",
    "base_samples": "answers",
    "samples": "answers",
    "answers": "answers",
    "score": "checks",
    "reference": "checks",
    "step": "training",
    "save": "saving",
    "result": "saving",
}  # which part of the plan's time each of them belongs to


@dataclass(frozen=True)
class UnitTimes:
    """Seconds of each thing once, and how often it is done.

    Attributes:
        start: until the model can work: the worker, the rows as tokens, the weights.
        base_answers, answers: the scored questions, answered by the base and by what was made.
        base_samples, samples: one round of sample questions, of the base and afterwards.
        score: the held-out rows once.
        step: one optimizer step.
        save: one checkpoint.
        result: what is written at the end.
        steps, checks: steps of the job, and checks after some of them; the last one follows the last step.
        first: there is a check before the first step.
        reference: all rows once, read before the first step, for objectives that compare with the start.
    """

    start: float
    base_answers: float
    answers: float
    base_samples: float
    samples: float
    score: float
    step: float
    save: float
    result: float
    steps: int
    checks: int
    first: bool
    reference: float = 0.0

    @property
    def check(self) -> float:
        """One check: a score and sample answers."""
        return self.score + self.samples

    @property
    def extras(self) -> float:
        """What is done before the first step besides loading: it tells of the base, and teaches nothing."""
        return self.base_answers + (self.score + self.base_samples if self.first else 0.0)

    @property
    def prepare(self) -> float:
        """Until the first step."""
        return self.start + self.reference + self.extras

    @property
    def training(self) -> float:
        """The steps, with the checks between them."""
        between = max(0, self.checks - 1)
        return self.steps * self.step + between * (self.check + self.save)

    @property
    def tail(self) -> float:
        """After the last step: the last check with its checkpoint (a score alone where there are no checks), the scored
        answers, and the result."""
        last = self.check + self.save if self.checks else self.score
        return last + self.answers + self.result

    @property
    def seconds(self) -> float:
        """The whole job."""
        return self.prepare + self.training + self.tail

    @property
    def parts(self) -> dict[str, float]:
        """The same seconds by what is done, as the plan shows them."""
        rounds = self.checks + (1 if self.first or not self.checks else 0)
        samples = (self.base_samples if self.first else 0.0) + self.checks * self.samples
        return {
            "start": self.start,
            "reference": self.reference,
            "training": self.steps * self.step,
            "checks": rounds * self.score,
            "answers": self.base_answers + self.answers + samples,
            "saving": self.checks * self.save + self.result,
        }

    def corrected(self, seconds: Callable[[str, float], float]) -> UnitTimes:
        """Each as this machine needs it.

        Args:
            seconds: (part, modelled seconds) -> seconds, as `Correction.seconds`.
        """
        found: dict[str, Any] = {name: seconds(part, getattr(self, name)) for name, part in PART_OF.items()}
        return replace(self, **found)
