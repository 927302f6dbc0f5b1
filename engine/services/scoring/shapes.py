"""What the pages see of reward models as instruments."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.chat import ChatSettings


class ScorerView(TypedDict):
    """A tuned reward model."""

    id: int  # of its row
    name: str  # of it
    base_name: str  # of the model that it was made from


class ScoreOf(TypedDict):
    """What a reward model says of one answer."""

    score: float | None  # None where it has nothing to say
    error: CodedMessage | None  # why it has not


class AnswerScore(ScoreOf):
    """The same of an answer in a conversation."""

    turn: int  # counted from 1
    side: str  # "base" or "tuned:ID"


class DrawnAnswer(ScoreOf):
    """One of several answers to a question."""

    text: str  # as far as it is said
    tokens: int  # of it
    ended: bool  # by itself, not at the limit


class BestOfView(TypedDict):
    """Several answers to a question, and the best of them."""

    status: Literal["waiting", "answering", "scoring", "done", "failed"]  # how far it is
    answers: list[DrawnAnswer]  # in the order in which they were drawn
    best: int | None  # place of the best one among them; None while nothing is scored
    error: CodedMessage | None  # why there is none


class JudgeView(TypedDict, total=False):
    """Which of two models a reward model prefers, on the held-out questions of a job."""

    working: float  # share done; then nothing else is there
    share: float  # that the tuned model wins; ties count half
    low: float  # of the 95 % interval
    high: float  # of it
    wins: int  # questions
    ties: int  # questions
    count: int  # questions
    base_mean: float  # score
    tuned_mean: float  # score
    longer: (
        float | None
    )  # share of the questions whose longer answer has the higher score; None where all are equally long


class ScoredGroup(TypedDict):
    """Answers of one kind in a data set."""

    key: str  # "better", "worse" or "answers"
    counts: list[int]  # of each bar
    mean: float  # score
    count: int  # answers


class ScoreProbe(TypedDict):
    """What becomes of the score when good answers are spoilt in one way."""

    key: Literal["twice", "half", "shuffled", "other", "word"]  # what was done to them
    mean: float  # score
    worse: float  # share of the answers whose spoilt form has the lower score, as it should
    count: int  # answers


class ScoreSpread(TypedDict):
    """How a reward model scores a data set."""

    working: NotRequired[float]  # share done; then nothing else is there
    edges: NotRequired[list[float]]  # of the bars
    groups: NotRequired[list[ScoredGroup]]  # by kind of answer
    right: NotRequired[float | None]  # share of pairs whose better answer leads; None of a data set without pairs
    length: NotRequired[float | None]  # rank correlation of score and length; None where there is none
    longer_better: NotRequired[float | None]  # share of pairs whose better answer is the longer one
    probes: NotRequired[list[ScoreProbe]]  # good answers, spoilt
    rows: NotRequired[int]  # that were scored
    total: NotRequired[int]  # rows of the data set
    left_out: NotRequired[int]  # answers that are too long or empty


class WantedDraw(TypedDict):
    """What is drawn."""

    base_id: int  # that answers
    tuned_id: int | None  # that answers instead of it
    scorer_id: int  # that scores
    question: str  # to be answered
    count: int  # of answers
    settings: (
        ChatSettings  # of the conversation; at temperature 0, where all answers are the same, they are drawn at 0.8
    )
