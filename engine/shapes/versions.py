"""What the pages see of versions, their differences, operations tried, and the shape of a data set."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.shapes.data import DataRow

ChangeOfRow = Literal["changed", "dropped", "added", "moved"]


class MadeVersion(TypedDict, total=False):
    """The new version, or the job that makes it."""

    version: int  # its number
    job: int  # where there are many rows


class VersionView(TypedDict):
    """One version of a data set."""

    number: int  # from 1
    parent: int | None  # that it was made from
    operation: str  # that made it
    params: dict[str, Any]  # of the operation
    summary: dict[str, Any]  # what the operation did
    train_rows: int  # to learn from
    val_rows: int  # held out
    test_rows: int  # for tests
    content_hash: str  # of its rows
    created_at: float  # seconds since 1970
    rows: int  # in all
    in_use: bool  # now
    jobs: int  # training jobs that were started on its rows


class DifferenceCounts(TypedDict):
    """How many rows differ between two versions, and how."""

    changed: int  # in their content
    dropped: int  # only in the first
    added: int  # only in the second
    moved: int  # to another split
    same: int  # in everything


class RowDifference(TypedDict):
    """A row that differs between two versions."""

    id: int  # of the row
    before: DataRow | None  # None where it was added
    after: DataRow | None  # None where it was dropped


class VersionDifference(TypedDict):
    """What differs between two versions."""

    counts: DifferenceCounts  # of rows
    total: int  # rows of the sort that was asked for
    rows: list[RowDifference]  # some of them


class ChangeCounts(TypedDict):
    """How many rows an operation changes."""

    changed: int  # in their content
    dropped: int  # taken out
    added: int  # put in
    moved: int  # to another split


class ChangedRow(RowDifference):
    """An example of a change."""

    what: ChangeOfRow  # happens to it


class SplitsChange(TypedDict):
    """Rows by split, before and after."""

    before: dict[str, int]  # as they are
    after: dict[str, int]  # as they would be


class OperationPreview(TypedDict):
    """What an operation would make of the version in use."""

    summary: ChangeCounts  # of rows
    before: int  # rows
    after: int  # rows
    splits: SplitsChange  # of them
    examples: list[ChangedRow]  # some
    looked: int  # rows tried
    whole: bool  # these are all rows


class DataShape(TypedDict):
    """How a data set stands before it is given another shape."""

    splits: dict[str, int]  # rows by split
    columns: list[str]  # that can be asked for
    column: str | None  # that groups are of
    groups: list[tuple[str | None, float]]  # values with their share, the largest first
    others: float  # share of all further ones
    different: int  # values met
    made: float  # share of made rows
    looked: int  # rows looked at
    whole: bool  # these are all training rows
