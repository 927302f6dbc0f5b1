"""Answers that are written between the steps, all of a batch at once."""

from __future__ import annotations

from dataclasses import dataclass

WRITTEN_AT_ONCE = 64  # answers in one batch
MOST_ANSWERED = 48  # held-out prompts that are answered at a check, evenly spread over all


@dataclass(frozen=True)
class WrittenAnswers:
    """What is written in one batch.

    Attributes:
        rows: answers at once.
        prompts: different ones among theirs.
        asked: tokens of the longest prompt.
        tokens: most of an answer.
    """

    rows: int
    prompts: int
    asked: int
    tokens: int

    @property
    def width(self) -> int:
        """Tokens of the longest row."""
        return self.asked + self.tokens


def written_at_once(prompts: int, answers: int, asked: int, tokens: int) -> WrittenAnswers:
    """The largest batch of a rollout of so many prompts, each with so many answers."""
    rows = min(WRITTEN_AT_ONCE, prompts * answers)
    return WrittenAnswers(rows, -(-rows // answers), asked, tokens)
