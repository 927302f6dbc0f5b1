"""What the pages see of audits."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage

AuditState = Literal["none", "waiting", "running", "done", "stopped", "failed"]


class CheckCounts(TypedDict):
    """What a check found."""

    rows: int  # with a finding
    groups: NotRequired[int | None]  # of rows that belong together


class AuditWish(TypedDict, total=False):
    """Which checks, with which settings."""

    off: list[str]  # checks that are left out
    values: dict[str, dict[str, Any]]  # settings by check


class AuditView(TypedDict):
    """How far the newest audit is, and what it found."""

    version: int  # in use
    rows: int  # in it
    by_itself: bool  # it is small enough to be looked through unasked
    state: AuditState  # of the audit
    share: float  # that is done, 0 to 1
    job: int | None  # that looks
    error: CodedMessage | None  # why it failed
    checks: dict[str, CheckCounts]  # by check that is through
    settings: AuditWish  # of the audit
    finished_at: float | None  # seconds since 1970


class FoundPart(TypedDict):
    """One text of a row with something found."""

    role: str  # who says it
    list: str  # of the row that it stands in
    pieces: list[tuple[str, str]]  # text and what was found in it
    name: NotRequired[str]  # of a column, or an argument of a call


class FoundRowView(TypedDict):
    """A row that a check found."""

    id: int  # of the row
    place: int  # in the file of rows
    group: int | None  # rows that belong together
    detail: dict[str, Any]  # of the finding
    parts: list[FoundPart]  # texts of the row
    split: str | None  # that it belongs to
    line: int | None  # of the file
    file: str | None  # where there are several


class FoundRows(TypedDict):
    """Some of what a check found."""

    next: int | None  # offset to go on from
    rows: list[FoundRowView]  # some


class SeverityCounts(TypedDict):
    """How many checks of each severity found something."""

    serious: int  # to be repaired
    look: int  # to be looked at
    hint: int  # to be known
