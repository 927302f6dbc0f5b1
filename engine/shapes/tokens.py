"""What the pages see of tokens."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class TokenView(TypedDict):
    """One token as text."""

    text: str  # of it
    trained: bool  # whether the model learns to say it
    weight: NotRequired[float]  # how much it counts in the loss; 1 where it does not say


class ExampleTokens(TypedDict):
    """One training example as tokens."""

    row: int  # the line that completed it, from 1
    split: str  # that it belongs to
    texts: int  # pieces of text that are packed into it
    truncated: bool  # it was cut
    tokens: list[TokenView]  # in their order
