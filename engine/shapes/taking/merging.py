"""What the pages see of merging adapters."""

from __future__ import annotations

from typing import Literal, TypedDict

from engine.core.shapes import CodedMessage, Said
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


class MergeWayView(TypedDict):
    """A way in which adapters are merged."""

    key: str  # in specs and on the command line
    label: Said  # its name
    help: Said  # what one gets
    rank: Literal["sum", "chosen", "same"]  # what the merged adapter's rank is


class MergeForm(TypedDict):
    """What can be merged, and how."""

    bases: list[MergeBase]  # with at least two tuned models
    ways: list[MergeWayView]  # the usual one first
    strongest: float  # weight of a model, forwards or backwards


class MergeParent(TypedDict):
    """A model that goes into a merge."""

    id: int  # of its row
    weight: float  # how much of it goes in


class MergeWish(TypedDict):
    """A merge that somebody asks for."""

    parents: list[MergeParent]  # of one base
    way: str  # key of the way
    rank: int | None  # where it can be chosen; None: the highest of the parents
    name: str  # of the new model; "": from its parents
