"""The sample questions of a job, answered at each check: a luxury that never costs the job its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.evaluation.sampling import Prompt
from engine.jobs.reporter import Reporter
from engine.training.limits.limits import out_of_memory
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.pace.clock import Clock
from engine.training.pace.extras import Extras


class SampleAnswers:
    """Asks the questions where memory and time allow it.

    Args:
        told: hears of (step, prompts, answers) each time.
        answer: answers to all of them with the present weights, ended where they are after so many seconds.

    Attributes:
        prompts: empty once memory did not suffice.
    """

    def __init__(
        self,
        prompts: Sequence[Prompt],
        answer: Callable[[float | None], list[str]],
        clock: Clock,
        extras: Extras,
        reporter: Reporter,
        progress: TrainingProgress,
        told: Callable[[int, Sequence[Prompt], Sequence[str]], None] | None = None,
    ) -> None:
        self.prompts = prompts
        self._answer, self._clock, self._extras = answer, clock, extras
        self._reporter, self._progress = reporter, progress
        self._told = told

    def ask(self) -> bool:
        """Answer them with the weights of now, once a step. Whether they were answered now."""
        step = self._progress.step
        if not self.prompts or self._progress.sampled_step == step:
            return False
        if step == 0 and not self._extras.room_for(self._clock.planned.base_samples):
            self._reporter.event("info", "samples_later", step=0)
            return False
        self._reporter.phase("sampling")
        try:
            told = self._answer(self._extras.left if step == 0 else self._clock.allowance())
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            self.prompts = []
            self._reporter.event("warning", "samples_left_out", step=step)
            return False
        for index, (prompt, text) in enumerate(zip(self.prompts, told, strict=True)):
            self._reporter.sample(step, index, prompt.text, prompt.expected, text)
        if self._told is not None:
            self._told(step, self.prompts, told)
        self._progress.sampled_step = step
        return True
