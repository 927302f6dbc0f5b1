"""Examples of several sequences in micro-batches: what they share is read once, as far as they stay together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.training.batches.tokenized_dataset import Example


def padded_bundles(examples: Sequence[Example], budget: int, front: int = 0) -> list[list[Example]]:
    """Whole examples in groups whose padded sequences take at most `budget` places (or one larger example).

    Args:
        front: tokens that the method puts before each sequence.
    """
    groups: list[list[Example]] = []
    rows = 0
    for example in sorted(examples, key=lambda one: one.longest):
        own = max(1, len(example.parts))
        if groups and (rows + own) * (example.longest + front) <= budget:
            groups[-1].append(example)
            rows += own
        else:
            groups.append([example])
            rows = own
    return groups


def bundles_within(examples: Sequence[Example], budget: int) -> list[Example]:
    """The examples, those that share nothing as single sequences, the others in pieces of at most `budget` tokens."""
    return [piece for example in examples for piece in _pieces(example, budget)]


def _pieces(example: Example, budget: int) -> Iterator[Example]:
    if not example.shared:
        yield from example.sequences()
        return
    if len(example) <= budget:
        yield example
        return
    taken: list[int] = []
    held = example.shared
    for number, size in enumerate(example.parts):
        if taken and held + size > budget:
            yield example.only(taken)
            taken, held = [], example.shared
        taken.append(number)
        held += size
    yield example.only(taken)
