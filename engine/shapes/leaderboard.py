"""What the leaderboard of a comparison says."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage

EntrantState = Literal["base", "running", "waiting", "done", "partly", "failed", "stopped"]
Mark = Literal["best", "level"]


class RunView(TypedDict):
    """One job of an entrant."""

    job_id: int  # of the job
    seed: int  # that it trains with
    status: str  # of the job
    fraction: float  # that is done, 0 to 1
    seconds_left: float | None  # estimate
    tuned_id: int | None  # that it made
    error: CodedMessage | None  # why it failed
    whole: bool  # it used its whole budget


class CellView(TypedDict):
    """A number over the runs that have it."""

    mean: float  # over the runs
    spread: float | None  # sample standard deviation; None for one run
    runs: int  # that have it
    mark: Mark | None  # the best, or as good as the best


class ParameterCounts(TypedDict, total=False):
    """How many parameters an entrant trains and changes."""

    trained: int | None  # numbers that are trained
    changed: int | None  # numbers of the base that change
    rank: int | None  # of that change


class LeaderboardRow(TypedDict):
    """One row of the leaderboard."""

    key: str  # of the entrant; "base" for the untouched base
    kind: Literal["base", "tuned", "fewshot"]  # as pages colour it
    runs: list[RunView]  # its jobs
    state: EntrantState  # of all of them
    partial: bool  # its numbers are of what ended early
    now: float | None  # held-out loss of what runs
    counts: ParameterCounts  # of parameters
    cells: dict[str, CellView]  # by column
    method: NotRequired[str | None]  # key
    variant: NotRequired[str | None]  # key
    objective: NotRequired[str | None]  # key, in a comparison of objectives
    label: NotRequired[str]  # its name for people
