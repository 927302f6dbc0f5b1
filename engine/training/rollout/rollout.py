"""A rollout: prompts are answered, answers are rewarded, and what that teaches is handed to the steps that it serves.

Everything depends on the seed, the step and the weights alone. So a job that was killed writes the same answers again, or reads
those that are kept; a checkpoint between the steps of one rollout has it in a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data.templates.template import ChatTemplate
from engine.objectives.declaration import Objective
from engine.training.batches.tokenized_dataset import Example
from engine.training.limits.limits import out_of_memory
from engine.training.reference.reads import Reads
from engine.training.reference.tokens import noted_log_probs
from engine.training.rollout import stored_examples
from engine.training.rollout.decode import AnswerDecoder, Asked, Writing, WrittenTokens
from engine.training.rollout.kept_answers import WrittenAnswers
from engine.training.rollout.merged import merged
from engine.training.rollout.prompt_rows import PromptRows
from engine.training.rollout.rewarded import Rewarded, SaysHowGood, bundles, figures_of, rewarded

_OF_TRAINING, _OF_CHECK = 1, 2  # in the name of an answer's random numbers
Wish = Literal["stop", "interrupt"]


class WritingEnded(BaseException):
    """Somebody wants the job to end while answers are written; what is done so far is kept.

    Attributes:
        wish: as `TrainingCallback.ended` has it.
    """

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        super().__init__(wish)


class Trains(Reads, Protocol):
    """What a rollout asks of the trainer: `StepTrainer` is one."""

    start: Any  # `StartModel`, or None where nobody asks the model of the start


@dataclass
class Rollout:
    """Writes for one job.

    Attributes:
        trainer: with the model as it is.
        objective, values: what is learnt, and its settings.
        template: that the answers are read with.
        rows: of the training prompts.
        scores: what says how good answers are.
        kept: answers of the steps since the last checkpoint.
        state: what the objective remembers; kept with the job's progress.
        wish: what somebody wants of the job at the moment.
        at_once: most answers in one batch; fewer from when memory ran out.
        tell: (event code, params) -> tells the user.
        phase: (name) -> tells what the job does now.
        decoder: writes answers with the model.
    """

    trainer: Trains
    objective: Objective
    values: Mapping[str, Any]
    template: ChatTemplate
    rows: PromptRows
    scores: SaysHowGood
    kept: WrittenAnswers
    state: dict[str, Any]
    wish: Callable[[], Wish | None]
    at_once: int
    tell: Callable[..., None] = lambda _code, **_params: None
    phase: Callable[[str], None] = lambda _name: None
    decoder: AnswerDecoder = field(init=False)
    _now: tuple[int, list[Example]] | None = field(init=False, default=None)
    _halts: bool = field(init=False, default=True)  # a wish to end is heard: not in a check, which belongs to the end

    def __post_init__(self) -> None:
        with self.trainer.autocast():
            self.decoder = AnswerDecoder(self.trainer.model)
        assert self.objective.online is not None
        self._online = self.objective.online
        self._ends = frozenset(self.template.eos_ids)
        self._told: set[str] = set()

    def examples(self, prompts: Sequence[Example], step: int) -> tuple[list[Example], dict[str, float]]:
        """What is learnt in the step after `step` others, and the numbers of a rollout that was made for it.

        Raises:
            WritingEnded: where somebody wants the job to end.
        """
        first = step - step % self._online.passes(self.values)
        if self._now is not None and self._now[0] == first:
            return self._now[1], {}
        found, figures = self._roll(prompts, first)
        self._now = first, found
        return found, figures

    def write(
        self,
        prompts: Sequence[Example],
        keys: Sequence[tuple[int, ...]],
        answers: int,
        temperature: float,
        step: int | None,
    ) -> list[WrittenTokens]:
        """Answers to prompts, so many to each, one prompt behind the other.

        Args:
            keys: names of the prompts' random numbers.
            step: under which they are kept; None for those that are not.
        """
        asked = [
            Asked(prompt.ids.tolist(), (*key, number))
            for prompt, key in zip(prompts, keys, strict=True)
            for number in range(answers)
        ]
        how = Writing(self._ends, self.template.pad_id, self._online.new_tokens(self.values), temperature, self._heed)
        found: list[WrittenTokens] = []
        self._halts = step is not None
        with merged(self.trainer.model), self.trainer.autocast():
            while len(found) < len(asked):
                first, rest = len(found), asked[len(found) :]
                known = None if step is None else self.kept.answers(step, first, rest)
                if known is None:
                    known, self.at_once = self.decoder.write(rest[: self.at_once], how, self.at_once)
                    if step is not None:
                        self.kept.keep_answers(step, first, rest[: len(known)], known)
                found += known
        return found

    def reward(self, rows: Sequence[Mapping[str, Any]], found: Sequence[WrittenTokens]) -> Rewarded:
        """What the rewards say of answers to the prompts of these rows."""
        told = rewarded(self.scores, rows, found, self.template, self._ends, self.values)
        for name, count in told.untold.items():
            if name not in self._told:
                self._told.add(name)
                self.tell("reward_untold", name=name, count=count, total=len(found))
        return told

    def check_keys(self, places: Sequence[int]) -> list[tuple[int, ...]]:
        """Names of the random numbers of held-out prompts: the same at each check."""
        return [(int(self.values["seed"]), _OF_CHECK, 0, place) for place in places]

    def distance(self, examples: Sequence[Example]) -> float | None:
        """KL divergence to the model of the start on drawn answers, in nats a token; None where nobody can say."""
        if self.trainer.start is None:
            return None
        temperature = float(self.values["temperature"])
        noted = noted_log_probs(self.trainer, self._referred(examples), "now", temperature=temperature)
        now, start = (np.concatenate([one.label_notes[name] for one in noted]) for name in ("now", "reference"))
        return float((now.astype(np.float64) - start).mean())

    # ------------------------------------------------------------ one rollout

    def _roll(self, prompts: Sequence[Example], step: int) -> tuple[list[Example], dict[str, float]]:
        self.phase("generating")
        keys = [(int(self.values["seed"]), _OF_TRAINING, step, one.place) for one in prompts]
        answers = self._online.answers(self.values)
        found = self.write(prompts, keys, answers, float(self.values["temperature"]), step)
        rows = [self.rows[one.place] for one in prompts for _ in range(answers)]
        known = self.kept.scores(step, found)
        if known is None:
            self.phase("rewarding")
        told = Rewarded(**known) if known is not None else self.reward(rows, found)
        if known is None:
            self.kept.keep_scores(step, found, told.as_dict())
        self.phase("training")
        figures = figures_of(found, told)
        made = bundles(prompts, found, told.totals)
        if not made:
            return [], figures
        learnt = self._online.learn(self._noted(made), self.values, self.state)
        return list(learnt.examples), figures | dict(learnt.figures)

    def _noted(self, examples: list[Example]) -> list[Example]:
        """With all that the loss compares with."""
        needs = self.objective.needs(self.values)
        if needs.value_head:
            examples = noted_values(self.trainer, examples, temperature=float(self.values["temperature"]))
        elif self._online.old(self.values):
            temperature = float(self.values["temperature"])
            examples = noted_log_probs(self.trainer, examples, "old", temperature=temperature)
        return self._referred(examples) if needs.reference == "beside" else examples

    def _referred(self, examples: Sequence[Example]) -> list[Example]:
        with self.trainer.start.asked():
            return noted_log_probs(self.trainer, examples, "reference", temperature=float(self.values["temperature"]))

    def _heed(self) -> None:
        """Between two tokens. Raises what ends the job, at once or with what it has."""
        self.trainer.between_groups()
        if self._halts and (wish := self.wish()) is not None:
            raise WritingEnded(wish)

    # ------------------------------------------------------------ checkpoints

    def save(self, folder: Path, step: int) -> None:
        """What a checkpoint after so many steps must know, and what nobody needs any more."""
        first = step - step % self._online.passes(self.values)
        if self._now is not None and self._now[0] == first:
            stored_examples.store(folder, *self._now)
        self.kept.forget_before(first)

    def load(self, folder: Path) -> None:
        """Go on from such a checkpoint."""
        self._now = stored_examples.load(folder)


def noted_values(trainer: Reads, examples: Sequence[Example], *, temperature: float) -> list[Example]:
    """The examples with what the model says of each label now ("old"), and what its head foresees there ("values")."""
    while True:
        try:
            return _read_values(trainer, examples, temperature)
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
        trainer.halve(examples)


@torch.no_grad()
def _read_values(trainer: Reads, examples: Sequence[Example], temperature: float) -> list[Example]:
    firsts = np.cumsum([0, *(one.trained for one in examples)])
    marked = [
        replace(one, label_notes={"at": np.arange(first, first + one.trained)})
        for one, first in zip(examples, firsts, strict=False)
    ]
    found: dict[str, NDArray[np.float32]] = {name: np.zeros(int(firsts[-1]), np.float32) for name in ("old", "values")}
    was_training = trainer.model.training
    trainer.model.eval()
    try:
        for group in trainer.forward.groups(marked, trainer.budget):
            with trainer.forward.session(group), trainer.autocast():
                read = trainer.forward.read(group, hidden=True, temperature=temperature)
                foreseen = trainer.forward.values(read.hidden)
            at = np.concatenate([one.label_notes["at"] for one in group])
            found["old"][at], found["values"][at] = read.log_probs.cpu().numpy(), foreseen.cpu().numpy()
            trainer.between_groups()
    finally:
        trainer.model.train(was_training)
    return [
        replace(one, label_notes={**one.label_notes, **{n: a[first : first + one.trained] for n, a in found.items()}})
        for one, first in zip(examples, firsts, strict=False)
    ]
