"""The reference that is made before the first step: the log-probability of each answer with the weights as they are.

It needs no second model, and it is right whatever training starts from. Interrupted, it goes on where it was; a job that needs
the same numbers as another one reads them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import torch

from engine.objectives.answer_sums import answer_sums
from engine.training.batches.tokenized_dataset import Example
from engine.training.limits.limits import out_of_memory
from engine.training.reference import kept
from engine.training.reference.reads import Reads
from engine.training.reference.sums import AnswerNumbers, NotedExamples, looked_through, pieces

NAME = "reference"
_VERSION = 1  # of how the numbers are made: files of another one are not read
_PIECE = 16_384  # tokens that are worked through between two looks at the user's wishes
_KEEP_SECONDS = 5.0


@dataclass
class ReferenceWork:
    """Making the reference of a job, and how far that is.

    Attributes:
        trainer: that the model is read with, before its first step.
        heed: called in between; what it raises as the user wishes ends the work.
        folder: of the kept numbers.
        weights: hash of the model as it is (`start_weights`).
        seconds: that it took so far.
        done, total: tokens that are worked through, and of all; those that were there already are in neither.
    """

    trainer: Reads
    heed: Callable[[], None]
    folder: Path
    weights: str
    seconds: float = 0.0
    done: int = 0
    total: int = 0

    @property
    def seconds_left(self) -> float:
        """As measured so far."""
        return self.seconds / self.done * (self.total - self.done) if self.done else 0.0

    def noted(self, *splits: Sequence[Example], tell: Callable[[], None] = lambda: None) -> list[NotedExamples]:
        """The examples of these splits with their notes. Calls `tell()` after each piece of the work.

        Raises:
            Cancelled, StoppedEarly: as the user wishes.
            OutOfMemory: where smaller groups are no help.
        """
        opened = [self._opened(examples) for examples in splits]
        self.total += sum(
            len(example)
            for examples, (numbers, _file) in zip(splits, opened, strict=True)
            for place, example in enumerate(examples)
            if not numbers.known(place)
        )
        for examples, (numbers, file) in zip(splits, opened, strict=True):
            self._make(examples, numbers, file, tell)
        return [NotedExamples(examples, NAME, numbers) for examples, (numbers, _) in zip(splits, opened, strict=True)]

    def _opened(self, examples: Sequence[Example]) -> tuple[AnswerNumbers, Path]:
        counts, content = looked_through(examples, self.heed)
        name = sha256(json.dumps([_VERSION, self.weights, content]).encode()).hexdigest()
        file = self.folder / f"{name}.f32"
        return AnswerNumbers(counts, kept.load(file, sum(counts))), file

    def _make(self, examples: Sequence[Example], numbers: AnswerNumbers, file: Path, tell: Callable[[], None]) -> None:
        latest, fresh = time.monotonic(), False
        try:
            for places in pieces(examples, _PIECE):
                if all(map(numbers.known, places)):
                    continue
                began = time.monotonic()
                some = [examples[place] for place in places]
                self._read(some, places, numbers)
                fresh = True
                self.done += sum(map(len, some))
                self.seconds += time.monotonic() - began
                tell()
                if time.monotonic() - latest > _KEEP_SECONDS:
                    kept.keep(file, numbers.values)
                    latest, fresh = time.monotonic(), False
        finally:
            if fresh:
                kept.keep(file, numbers.values)

    def _read(self, examples: Sequence[Example], places: range, numbers: AnswerNumbers) -> None:
        """One piece, in smaller groups where memory runs out."""
        marked = [
            replace(one, answer_notes={"at": numbers.answers(place)})  # type: ignore[dict-item]
            for one, place in zip(examples, places, strict=True)
        ]
        while True:
            try:
                return self._through(marked, numbers)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
            self.trainer.halve(examples)

    @torch.no_grad()
    def _through(self, marked: Sequence[Example], numbers: AnswerNumbers) -> None:
        trainer = self.trainer
        was_training = trainer.model.training
        trainer.model.eval()
        try:
            for group in trainer.forward.groups(marked, trainer.budget):
                with trainer.forward.session(group), trainer.autocast():
                    found = answer_sums(trainer.forward.read(group).log_probs, group).cpu().numpy()
                at = [place for one in group for place in one.answer_notes["at"].tolist()]
                numbers.values[at] = found
                self.heed()
        finally:
            trainer.model.train(was_training)
