"""What the pages see of what votes prove."""

from __future__ import annotations

from typing import TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.annotation import AgreementView
from engine.shapes.chat import SideKind


class VotedModel(TypedDict):
    """A model that answers were voted on of."""

    name: str  # for people: the newest that it was called by
    kind: SideKind  # as pages colour it


class RankedModel(VotedModel):
    """A model among those that blind votes compare with it."""

    weights: str  # hash that names it
    group: int  # models of different groups were never compared
    rank: int  # within the group; equal where intervals overlap
    points: float  # strength: 0 is the mean of the group, 400 more are odds of ten to one
    low: float  # end of its interval of 95 %, for one look
    high: float  # the other end
    prompts: int  # it met others on


class DuelView(TypedDict):
    """What votes say of two models, as the first of them did."""

    one: str  # hash of the first
    other: str  # hash of the second
    wins: int  # votes
    losses: int  # votes
    ties: int  # votes
    prompts: int  # different ones: votes on the same count once
    share: float  # win rate, ties counted half
    low: float  # end of its interval of 95 %, which holds however often one looks
    high: float  # the other end


class DuelLook(TypedDict):
    """The win rate of two models as it was after so many votes."""

    votes: int  # so far
    share: float  # win rate
    low: float  # end of its interval
    high: float  # the other end


class LeanView(TypedDict):
    """How often votes with a winner went one way, whoever gave the answers."""

    share: float  # of them
    low: float  # end of its interval of 95 %, which holds however often one looks
    high: float  # the other end
    prompts: int  # that it was counted on
    sure: bool  # it is no chance


class AdjustedView(TypedDict):
    """The win rate of the leading model among votes with a winner, were both answers equally long."""

    share: float  # of the first of the two
    low: float  # end of its interval of 95 %, for one look
    high: float  # the other end
    prompts: int  # that it was counted on


class EvidenceView(TypedDict):
    """What votes prove of some models. Blind ones alone count as proof."""

    sentence: CodedMessage  # whether that is enough, and how many more it takes
    voted: dict[str, VotedModel]  # all of them by hash
    models: list[RankedModel]  # by group, the strongest first
    duels: list[DuelView]  # of every two that met in blind votes
    looks: list[DuelLook]  # of the first duel, which the sentence is about
    open: list[DuelView]  # of every two that met in votes that were given with the names in sight
    blind_votes: int  # on these models
    open_votes: int  # on them
    prompts: int  # different ones of the blind votes
    bad: float | None  # share of the blind votes that found no answer good
    longer: LeanView | None  # how often the longer answer won
    left: LeanView | None  # how often the answer further left won
    adjusted: AdjustedView | None  # of the first duel; None of less than 20 prompts with a winner
    agreements: list[AgreementView]  # of people who voted on the same answers, with most in common first


class VotesAgainstBase(TypedDict):
    """What blind votes say of a tuned model against its base."""

    wins: int  # votes
    ties: int  # votes
    votes: int  # in all
    low: float  # end of the win rate's interval of 95 %, which holds however often one looks
    high: float  # the other end
