"""What the pages see of comparisons."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import TypedNumber
from engine.shapes.leaderboard import EntrantState, LeaderboardRow
from engine.shapes.plans import VerdictView, WarningView


class RawEntrant(TypedDict):
    """An entrant as a form has it."""

    method: str  # key
    variant: str | None  # key
    objective: NotRequired[str | None]  # key, in a comparison of objectives
    method_params: NotRequired[dict[str, Any]]  # settings of its own
    training: NotRequired[dict[str, Any]]  # settings of training of its own


class RawComparison(TypedDict, total=False):
    """A comparison as a form has it, not checked yet."""

    name: str  # what the user calls it
    base_model: int | None  # id
    dataset: int | None  # id
    entrants: list[RawEntrant]  # what is compared
    shared: dict[str, Any]  # settings that are the same for all
    device: str  # "auto", or key of a device
    memory_mb: TypedNumber  # limit of each job
    judged_by: list[dict[str, Any]]  # rewards that say which of two answers is better, in a comparison of objectives


class EntrantCost(TypedDict, total=False):
    """What an entrant would cost; only `error` where it cannot be told."""

    error: CodedMessage  # why it cannot be told
    seconds: float | None  # of a job
    memory_mb: int  # at the peak
    limit_mb: int  # that it may use
    trainable: int  # numbers
    verdict: VerdictView  # whether it fits
    warnings: list[WarningView]  # texts `plan.<code>`


class ComparisonCosts(TypedDict):
    """What a comparison would cost."""

    jobs: int  # that it needs
    seconds: float | None  # of all, one after the other; None while one is unknown
    entrants: dict[str, EntrantCost]  # by key


class EntrantKey(TypedDict):
    """Who takes part."""

    key: str  # in the comparison
    method: str  # key
    variant: str | None  # key
    objective: NotRequired[str | None]  # key, in a comparison of objectives
    label: NotRequired[str]  # its name for people


class ComparisonBrief(TypedDict):
    """What lists show of a comparison."""

    id: int  # of its row
    name: str  # of it
    created_at: float  # seconds since 1970
    base_model_name: str | None  # of its model
    dataset_name: str | None  # of its data
    entrants: list[EntrantKey]  # who takes part
    seeds: int  # repeats
    held: str  # what is the same for all: "tokens" or "time"
    jobs: int  # in all
    ended: int  # of these
    state: EntrantState  # of all of them


class ComparisonBody(TypedDict):
    """One comparison with its leaderboard."""

    id: int  # of its row
    name: str  # of it
    created_at: float  # seconds since 1970
    spec: dict[str, Any]  # as it runs
    base_model_name: str | None  # of its model
    dataset_name: str | None  # of its data
    state: EntrantState  # of all jobs
    active: bool  # something waits or runs
    rows: list[LeaderboardRow]  # the base first


class ComparisonView(ComparisonBody):
    """One comparison, with a mark of what is shown."""

    version: str  # changes when anything else does


class ComparedAnswers(TypedDict):
    """A scored question with everyone's answer."""

    question: str  # asked
    expected: str  # of the data set
    base: str  # answer of the untouched base
    answers: dict[str, str]  # by entrant


Curves = dict[str, list[list[float]]]  # points [step, value] by name of the loss
