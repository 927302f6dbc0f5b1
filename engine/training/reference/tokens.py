"""Log-probabilities of the labels of examples that are there now, without gradients: of the model as it is, or at its start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.batches.tokenized_dataset import Example
from engine.training.limits.limits import out_of_memory
from engine.training.reference.reads import Reads

_AT = "at"


def noted_log_probs(
    trainer: Reads, examples: Sequence[Example], name: str, *, temperature: float = 1.0
) -> list[Example]:
    """The examples with what the model says now of each label, under that name (`Example.label_notes`). Within
    `StartModel.asked` that is the start model. Groups become smaller where memory runs out.

    Raises:
        OutOfMemory: where that is no help.
    """
    counts = [example.trained for example in examples]
    firsts = np.cumsum([0, *counts])
    marked = [
        replace(one, label_notes={_AT: np.arange(first, first + count)})
        for one, first, count in zip(examples, firsts, counts, strict=False)
    ]
    while True:
        try:
            found = _read(trainer, marked, int(firsts[-1]), temperature)
            break
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
        trainer.halve(examples)
    return [
        replace(one, label_notes={**one.label_notes, name: found[first : first + count]})
        for one, first, count in zip(examples, firsts, counts, strict=False)
    ]


@torch.no_grad()
def _read(trainer: Reads, marked: Sequence[Example], count: int, temperature: float) -> NDArray[np.float32]:
    found = np.zeros(count, np.float32)
    training = trainer.model.training
    trainer.model.eval()
    try:
        for group in trainer.forward.groups(marked, trainer.budget):
            with trainer.forward.session(group), trainer.autocast():
                read = trainer.forward.read(group, temperature=temperature).log_probs
            found[np.concatenate([one.label_notes[_AT] for one in group])] = read.cpu().numpy()
            trainer.between_groups()
    finally:
        trainer.model.train(training)
    return found
