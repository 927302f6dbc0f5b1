"""Lengths of examples that have several answers to a prompt: what a limit leaves of them, as those who make them keep to it.

A measured bundle is kept as a row is: all its tokens, and where its answers lie. The prompt's last token stands before each of
them (`engine.training.batches.examples.bundle_example`), so one follows from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Runs: TypeAlias = "list[list[int]]"


@dataclass(frozen=True)
class BundleSize:
    """Tokens of a prompt and of the answers to it.

    Attributes:
        shared: in front of all answers: the prompt without its last token.
        answers: of each answer, without that token.
    """

    shared: int
    answers: tuple[int, ...]

    @property
    def parts(self) -> tuple[int, ...]:
        """Tokens of each sequence behind what is shared."""
        return tuple(1 + answer for answer in self.answers)

    @property
    def tokens(self) -> int:
        """All that are read once."""
        return self.shared + sum(self.parts)

    @property
    def longest(self) -> int:
        """Of the longest sequence, with the prompt."""
        return self.shared + max(self.parts, default=0)

    @property
    def padded(self) -> int:
        """Places that the sequences take where each reads the prompt by itself."""
        return len(self.answers) * self.longest

    @property
    def pairs(self) -> int:
        """Twice the pairs of tokens that attend to one another, about: what is read behind a prompt attends to it too."""
        return self.shared**2 + sum(part * (part + 2 * self.shared) for part in self.parts)

    def within(self, most: int) -> BundleSize | None:
        """The same, with the prompt cut from the left where a sequence has more than `most` tokens; None where an answer alone
        leaves no room for a token of it."""
        over = self.longest - most
        if over <= 0:
            return self
        return BundleSize(self.shared - over, self.answers) if self.shared >= over else None


def measured(prompt: int, answers: Iterable[int]) -> tuple[int, Runs]:
    """A prompt and answers of so many tokens, as `LengthTable` keeps a row."""
    end, runs = prompt - 1, list[list[int]]()
    for answer in answers:
        runs.append([end + 1, end + 1 + answer])
        end += 1 + answer
    return end, runs


def size_of(tokens: int, runs: Runs) -> BundleSize:
    """Back from that; of a prompt without answers all is shared."""
    answers = tuple(end - start for start, end in runs)
    return BundleSize(tokens - sum(answers) - len(answers), answers)


@dataclass(frozen=True)
class BundlesLeft:
    """What a limit leaves of measured bundles.

    Attributes:
        sizes: of those that are left.
        cut: bundles whose prompt is cut.
        dropped: those that are left out, for an answer alone is too long.
    """

    sizes: Sequence[BundleSize]
    cut: int
    dropped: int

    @cached_property
    def tokens(self) -> int:
        """Of all that are left, each prompt counted once."""
        return sum(one.tokens for one in self.sizes)

    @cached_property
    def trained(self) -> int:
        """Tokens with a label: those of all answers."""
        return sum(sum(one.answers) for one in self.sizes)


def left_of(sizes: Iterable[BundleSize], most: int, *, drop: bool) -> BundlesLeft:
    """What is left within a limit of length.

    Args:
        drop: whole bundles are left out where a prompt would be cut.
    """
    kept: list[BundleSize] = []
    cut = dropped = 0
    for size in sizes:
        found = size.within(most)
        if found is None or (drop and found is not size):
            dropped += 1
            continue
        cut += found is not size
        kept.append(found)
    return BundlesLeft(kept, cut, dropped)
