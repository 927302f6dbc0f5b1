"""What the command line tells of files that it read: the keys of `data check --json`, which stay as they are."""

from __future__ import annotations

from typing import Any, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.data import DetectionNote, LeftOutView, TidyView


class FileRead(TypedDict):
    """One file, archives unpacked."""

    name: str  # with its folders
    format: str  # "jsonl", "csv" ...
    encoding: str | None  # of text files
    part: str | None  # that the file says: "train", "val" or "test"


class SplitCounts(TypedDict):
    """Accepted rows by part."""

    train: int  # to learn from
    val: int  # held out for validation
    test: int  # held out for the test, never trained on


class RowPlace(TypedDict):
    """Where a row is."""

    file: str | None  # where there are several
    line: int | None  # of the file, from 1
    row: int | None  # record, from 1
    column: str | None  # at fault


class RejectedReason(CodedMessage):
    """Why rows are rejected."""

    rows: int  # that this reason rejects
    first: RowPlace | None  # the first of them


class FilesRead(TypedDict):
    """What files are, and what an import makes of them."""

    files: list[FileRead]  # in order
    format: str  # of all files
    encoding: str | None  # that all text files share
    columns: list[str]  # names
    shape: str | None  # of the rows; None where none is known
    kind: str | None  # of the rows
    mapping: dict[str, str]  # field of the shape -> column
    templates: dict[str, list[str]]  # field -> wordings
    accepted: int  # rows that are stored
    rejected: int  # rows that cannot be used
    whole: bool  # every row was read
    splits: SplitCounts  # accepted rows by part
    reasons: list[RejectedReason]  # of rejected rows
    rejections: list[dict[str, Any]]  # the first rejected rows
    tidy: list[TidyView]  # fixes that save rows, or are made
    left_out: list[LeftOutView]  # columns that are not learnt although rows have something there
    duplicates: int  # accepted rows that an earlier one equals
    leaked: int  # rows that came held out and equal a training row
    stats: dict[str, Any]  # further numbers: languages, turns, rows with weights or tools
    members: dict[str, int]  # accepted rows that have each member ("tools", "weight", "message.weight" ...)
    choice: dict[str, Any]  # every setting as it is used, as `data import` takes it
    notes: list[DetectionNote]  # why each thing is read as it is
