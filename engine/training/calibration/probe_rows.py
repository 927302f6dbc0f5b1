"""The few rows that a probe takes its steps over: typical ones, and the longest, found without tokenising the data set."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from engine.data.rows.store import belongs_to
from engine.data.rows.training_rows import every, training_lines
from engine.data.templates.lengths import MOST_ROWS, SPLIT, LengthTable
from engine.training.batches.batches import EpochOrder
from engine.training.batches.tokenized_dataset import Example

STEPS = 3
_MOST_TYPICAL = 384  # rows that are tokenised; a larger step repeats them
_MOST_HELD_OUT = 4
_PATIENCE_S = 8.0  # a file that takes longer to look through is looked through in part


@dataclass(frozen=True)
class ProbeRows:
    """Which rows of a data set to read.

    Attributes:
        table: the lengths that the plan measured, with which rows are found again in the file.
        total: rows of the data set.
        max_length: limit of a row, in tokens.
        over_length: what is done with longer rows, by the setting's key.
        batch_size: examples of an optimizer step.
    """

    table: LengthTable
    total: int
    max_length: int
    over_length: str
    batch_size: int

    def read(self, path: Path) -> Iterator[Mapping[str, Any]]:
        """Typical training rows, the longest one, and some held-out rows, in the file's order."""
        wanted = {*self._typical(), *self._longest()}
        place, held_out, longest_line = -1, 0, ""
        began = time.monotonic()
        for line in islice(training_lines(path), 0, None, every(self.total, MOST_ROWS)):
            if belongs_to(line, "val"):
                held_out += 1
                if held_out <= _MOST_HELD_OUT:
                    yield json.loads(line)
                continue
            place += 1
            if place in wanted:
                yield json.loads(line)
            elif len(line) > len(longest_line):
                longest_line = line
            if place % 1000 == 0 and time.monotonic() - began > _PATIENCE_S:
                break
        unsure = self.table.refused or any(self.table.empty.values())  # such a row has no place in the table
        if longest_line and unsure:
            yield json.loads(longest_line)

    def _usable(self) -> list[int]:
        kept = enumerate(self.table.train)
        return [place for place, (length, runs) in kept if self._learns(length, runs)]

    def _learns(self, length: int, runs: Sequence[Sequence[int]]) -> bool:
        if self.table.bundles:
            return True  # prompts are cut, answers hardly ever left out
        if length <= self.max_length or self.over_length == SPLIT:
            return bool(runs)
        return self.over_length != "drop" and any(start < self.max_length for start, _ in runs)

    def _typical(self) -> list[int]:
        usable = self._usable()
        return Random(0).sample(usable, min(len(usable), STEPS * self.batch_size, _MOST_TYPICAL))

    def _longest(self) -> list[int]:
        usable = self._usable()
        return [max(usable, key=lambda place: self.table.train[place][0])] if usable else []


def arranged(examples: Sequence[Example], batch_size: int, seed: int) -> list[Example]:
    """The examples of three steps in the order in which the trainer's loader turns them into steps.

    The longest example comes in the second step: by then the optimizer has its state, so memory is at its highest.
    """
    count = STEPS * batch_size
    by_length = sorted(range(len(examples)), key=lambda place: len(examples[place]))
    typical = Random(0).sample(by_length[:-1], len(by_length) - 1) or by_length
    wanted = [typical[place % len(typical)] for place in range(count)]
    wanted[batch_size] = by_length[-1]
    taken = [place for batch in EpochOrder(count, batch_size, seed) for place in batch]
    result = [examples[0]] * count
    for place, chosen in zip(taken, wanted, strict=True):
        result[place] = examples[chosen]
    return result
