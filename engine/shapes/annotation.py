"""What the pages see of the annotation queue and of rewriting."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.data import RowContent
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
