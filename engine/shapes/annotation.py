"""What the pages see of the annotation queue, of rewriting, and of answers that people rank."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.data import ChatTurn, RowContent
from engine.shapes.jobs import StatusName

ReviewStatus = Literal["waiting", "approved", "rejected", "added"]


class ReviewRowView(TypedDict):
    """A row that waits to be judged, or was."""

    id: int  # in the queue
    row: RowContent  # its content
    origin: dict[str, Any]  # who made it
    status: ReviewStatus  # where it stands
    dataset_id: int | None  # that it is meant for
    created_at: float  # seconds since 1970
    updated_at: float  # seconds since 1970
    kind: str  # of the row
    dataset_name: str  # of the data set that it is meant for


class ReviewTarget(TypedDict):
    """A data set that rows are meant for."""

    id: int  # of the data set
    name: str  # of it
    rows: int  # that are meant for it


class ReviewQueue(TypedDict):
    """Some rows of the queue."""

    rows: list[ReviewRowView]  # some
    total: int  # of that status
    counts: dict[str, int]  # rows by status
    targets: list[ReviewTarget]  # data sets that rows are meant for


class AddedRows(TypedDict):
    """Approved rows that became part of a data set."""

    dataset: int  # its id
    rows: int  # that were added
    left: int  # of another kind, which stay
    version: NotRequired[int]  # that has them
    job: NotRequired[int]  # that makes the version


class RewriteView(TypedDict):
    """The newest rewriting of a data set."""

    job: int  # that rewrites
    status: StatusName  # of it
    step: int  # rows so far
    total: int | None  # rows in all
    phase: str | None  # of the job
    seconds_left: float | None  # estimate
    result: dict[str, Any]  # {"rows", "made", "left_out"}; it grows
    error: CodedMessage | None  # why it failed


# ------------------------------------------------------------------ answers that people rank


class DrawnView(TypedDict):
    """Prompts whose answers are drawn by one job, or the votes of the playground."""

    job: int | None  # that draws; None: votes of the playground
    name: str  # of it; "" for votes
    status: StatusName | None  # of the job
    step: int  # answers so far
    total: int | None  # answers in all
    seconds_left: float | None  # estimate
    error: CodedMessage | None  # why it failed
    resumable: bool  # it can go on
    prompts: int  # of it
    ranked: int  # of these, by anybody


class RankedAnswer(TypedDict):
    """An answer to be ranked. Who gave it is not told before."""

    place: int  # among the answers as they were drawn
    text: str  # of it
    whole: bool  # it ended by itself


class RankTask(TypedDict):
    """A prompt with its answers, in the order in which this person sees them."""

    id: int  # of the prompt
    prompt: list[ChatTurn]  # that was answered
    answers: list[RankedAnswer]  # two or more
    ranks: list[int]  # as this person ranked them, by place; empty where they did not
    best: str | None  # the best answer as this person rewrote it


class RankQueue(TypedDict):
    """What is to be ranked next, and how far it is."""

    tasks: list[RankTask]  # the next ones
    ready: int  # prompts whose answers are there
    ranked: int  # of these, by this person
    passed: int  # that this person passed over
    alike: int  # prompts without two different answers: nothing to rank
    waiting: int  # prompts whose answers still come


class RaterCount(TypedDict):
    """How much somebody ranked."""

    rater: str  # their name
    ranked: int  # prompts


class AgreementView(TypedDict):
    """How far two people agree on prompts that both ranked."""

    one: str  # name
    other: str  # name
    prompts: int  # that both ranked
    pairs: int  # of answers that both told apart
    agreed: int  # of these, in the same order
    share: float | None  # agreed of pairs
    low: float | None  # end of its interval of 95 %
    high: float | None  # the other end
    tau: float | None  # Kendall's tau-b, mean over the prompts
    verdict: str  # in a word: "none", "chance", "weak", "fair" or "good"


class RankedView(TypedDict):
    """Who ranked what, before rows are made of it."""

    raters: list[RaterCount]  # the most busy first
    agreements: list[AgreementView]  # of every two
    rows: dict[str, int]  # that would be made, by form: "ranking", "pairs", "thumbs"


class GatherWish(TypedDict):
    """Rows that are to be made of rankings."""

    form: str  # "pairs", "ranking" or "thumbs"
    which: str  # pairs: "adjacent", "all" or "best_worst"
    rater: str  # whose rankings; "" for everybody's
    held_out: float  # percent of the prompts
    name: str  # of a new data set
    dataset: int | None  # that the rows are added to, instead


class GatheredRows(TypedDict):
    """Rows that were made of rankings."""

    dataset: int  # that holds them
    rows: int  # that were made
    job: int | None  # that adds them, where there are many


class VoteView(TypedDict):
    """A vote in the playground."""

    turn: int  # of the conversation
    better: str  # side; "" for a tie
