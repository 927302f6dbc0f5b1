"""One number for each answer of some examples, and which of them are known by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

from engine.training.batches.tokenized_dataset import Example


class AnswerNumbers:
    """A number for each answer of the examples, in their order.

    Attributes:
        values: shape (answers,); no number where it is not known yet.
    """

    def __init__(self, counts: Sequence[int], values: NDArray[np.float32] | None = None) -> None:
        """`counts`: answers of each example."""
        self._firsts = [0, *accumulate(counts)]
        fresh = values is None or len(values) != self._firsts[-1]
        self.values = np.full(self._firsts[-1], np.nan, np.float32) if fresh or values is None else values

    def __len__(self) -> int:
        return len(self._firsts) - 1

    def answers(self, place: int) -> NDArray[np.int64]:
        """Where the numbers of one example stand."""
        return np.arange(self._firsts[place], self._firsts[place + 1])

    def of(self, place: int) -> NDArray[np.float32]:
        """The numbers of one example."""
        return self.values[self._firsts[place] : self._firsts[place + 1]]

    def known(self, place: int) -> bool:
        """Whether they are there."""
        return not bool(np.isnan(self.of(place)).any())


class NotedExamples(Sequence[Example]):
    """The same examples, each with a number for each of its answers (`Example.answer_notes`).

    Attributes:
        examples: as they are without.
        lengths: their tokens, shape (examples,).
    """

    def __init__(self, examples: Sequence[Example], name: str, numbers: AnswerNumbers) -> None:
        self.examples, self._name, self._numbers = examples, name, numbers
        own = getattr(examples, "lengths", None)
        self.lengths: NDArray[np.int64] = np.asarray(list(map(len, examples)) if own is None else own)

    def __len__(self) -> int:
        return len(self.examples)

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        example = self.examples[place]
        notes = {**example.answer_notes, self._name: self._numbers.of(place % len(self))}
        return replace(example, answer_notes=notes)


def answers_of(example: Example) -> int:
    """How many sequences an example has."""
    return max(1, len(example.parts))


def looked_through(examples: Sequence[Example], look: Callable[[], None]) -> tuple[list[int], str]:
    """Answers of each example, and a hash of all that their log-probabilities depend on; calls `look()` in between."""
    counts, found = [], sha256()
    for example in examples:
        counts.append(answers_of(example))
        found.update(repr((len(example), example.parts, example.shared)).encode())
        found.update(example.ids.tobytes())
        found.update(example.labels.tobytes())
        look()
    return counts, found.hexdigest()


def pieces(examples: Sequence[Example], tokens: int) -> Iterator[range]:
    """Places of examples behind each other that have so many tokens together, or one larger example. They depend on nothing
    else, so that what is interrupted goes on with the same ones."""
    start, held = 0, 0
    for place, example in enumerate(examples):
        if place > start and held + len(example) > tokens:
            yield range(start, place)
            start, held = place, 0
        held += len(example)
    if start < len(examples):
        yield range(start, len(examples))
