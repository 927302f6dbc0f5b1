"""How prompts with several answers lie in a step: read once where examples share a row, once more with each answer where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.data.bundles.sizes import BundleSize


@dataclass(frozen=True)
class ArrangedLengths:
    """The measured examples as they are worked through.

    Attributes:
        descending: places that each takes in a group, the largest first.
        attended: pairs of tokens that attend to one another, over those of examples that are one sequence each.
        read_again: keys of prompts that answers read behind them, for each token: they are put together with the answer's own.
    """

    descending: Sequence[int]
    attended: float = 1.0
    read_again: float = 0.0

    @property
    def largest(self) -> int:
        """Of the largest example."""
        return self.descending[0] if self.descending else 0


def arranged_lengths(lengths: Sequence[int], bundles: Sequence[BundleSize], *, packs: bool) -> ArrangedLengths:
    """How they lie in a step.

    Args:
        lengths: tokens of the examples.
        bundles: their sizes, where they are prompts with answers; other examples are one sequence.
        packs: several examples may share a row.
    """
    if not bundles:
        return ArrangedLengths(sorted(lengths, reverse=True))
    if not packs:
        return ArrangedLengths(sorted((one.padded for one in bundles), reverse=True))
    tokens = max(1, sum(one.tokens for one in bundles))
    together = sum(one.pairs for one in bundles) / max(1, sum(one.tokens**2 for one in bundles))
    again = sum(len(one.answers) * one.shared + sum(one.parts) for one in bundles if one.shared) / tokens
    return ArrangedLengths(sorted(lengths, reverse=True), together, again)


def sequences_of(lengths: Sequence[int], bundles: Sequence[BundleSize], *, packs: bool) -> Sequence[Sequence[int]]:
    """The rows that each example is in a step: itself, or each of its answers with the prompt."""
    if packs or not bundles:
        return [[length] for length in lengths]
    return [[one.longest] * len(one.answers) for one in bundles]
