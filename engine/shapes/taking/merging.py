"""What the pages see of merging adapters."""

from __future__ import annotations

from typing import TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import StatusName


class MergeCandidate(TypedDict):
    """A tuned model that can, or cannot, be merged with others of its base."""

    id: int  # of its row
    name: str  # shown in lists
    rank: int | None  # of its adapter; None where it has none
    bytes: int  # of its files
    refused: CodedMessage | None  # why it cannot be merged


class MergeBase(TypedDict):
    """A base model with what was tuned on it."""

    id: int  # of its row
    name: str  # shown in lists
    models: list[MergeCandidate]  # the newest first


class MergeJobView(TypedDict):
    """How a merge job is getting on."""

    id: int  # of its row
    status: StatusName  # where it is in its life
    phase: str | None  # what it does now
    error: CodedMessage | None  # why it failed
    tuned_id: int | None  # the model that it made
    divergence: float | None  # how far that is from the sum of its parents, in nats
    agreement: float | None  # share of places where both find the same token likeliest
