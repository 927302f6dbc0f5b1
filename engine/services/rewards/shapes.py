"""What the pages see of rewards: what can be chosen, and scores of real answers."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage, NameOfId


class RewardService(TypedDict):
    """The operator's service, as a judge."""

    host: str  # that answers are sent to
    model: str  # name of the model there
    near: bool  # it is on this machine


class RewardChoices(TypedDict):
    """What settings of rewards can name."""

    reward_models: list[NameOfId]  # tuned models that score
    models: list[NameOfId]  # base models that may judge
    files: list[str]  # of the operator, by name
    service: RewardService | None  # of the operator


class TypedAnswer(TypedDict):
    """An answer that somebody wrote to see its score."""

    question: str  # that it answers; ""
    answer: str  # of it
    expected: NotRequired[str]  # the right one


class RewardTrial(TypedDict):
    """What is to be scored."""

    rewards: Any  # as a spec holds them
    dataset: int | None  # whose expected answers are scored
    typed: list[TypedAnswer]  # further answers
    sampled: int | None  # the job that asked the model


class TriedPart(TypedDict):
    """One reward of a trial."""

    name: str  # of its scores
    key: str  # of the reward
    weight: float  # of it
    lowest: float | None  # score that there can be
    highest: float | None  # score that there can be
    later: bool  # it takes a model and scores while the job runs alone
    unscored: int  # answers that it had no score for


class TriedAnswer(TypedDict):
    """One answer of a trial with its scores."""

    origin: Literal["expected", "sampled", "typed"]  # where it is from
    question: str  # the beginning of it
    answer: str  # the beginning of it
    cut: bool  # there is more of the answer
    total: float | None  # weighted sum; None where a part has no score
    scores: dict[str, float | None]  # by part


class RewardSampling(TypedDict):
    """The model's own answers to questions of the data."""

    job: int  # that asks it
    done: int  # answers that are there
    total: int  # questions
    ended: bool  # no more will come
    error: CodedMessage | None  # why it failed


class RewardTrialView(TypedDict):
    """What a trial says."""

    parts: list[TriedPart]  # in their order
    answers: list[TriedAnswer]  # in the order of their origin
    flat: bool  # several of the model's answers, and all have the same total
    sampling: RewardSampling | None  # where the model was asked


class SuggestedRewards(TypedDict):
    """What a job begins with where nobody chose its rewards."""

    rewards: list[dict[str, Any]]  # as a spec holds them
    why: CodedMessage  # what in the rows speaks for them
