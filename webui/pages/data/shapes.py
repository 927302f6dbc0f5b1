"""What the view of the Data page gets beside what the services give."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.core.shapes import CodedMessage, Named
from engine.shapes.annotation import RewriteView
from engine.shapes.jobs import StatusName
from engine.shapes.making import WriterView
from engine.shapes.versions import VersionView
from webui.draft_shapes import SheetDraft
from webui.form_shapes import ParamForm


class DataValue(TypedDict):
    """What the Data page is placed with."""

    max_upload_mb: int  # of a file
    page_rows: int  # rows of a page


class ExportVersion(TypedDict):
    """A version that can be taken away."""

    number: int  # of it
    rows: int  # in it
    in_use: bool  # now


class ExportFormOfData(TypedDict):
    """The form of an export."""

    params: list[ParamForm]  # its settings
    original: bool  # the columns of the original file can be written
    versions: list[ExportVersion]  # the newest first


class FixForm(TypedDict):
    """A repair of what a check finds."""

    operation: str  # key
    values: dict[str, Any]  # settings of the operation
    label: str  # in words


class CheckForm(Named):
    """One check as the page shows it."""

    severity: Literal["serious", "look", "hint"]  # of what it finds
    help: str  # what it looks for
    found: str  # what it found, in words
    kinds: list[str]  # of rows that it looks at
    params: list[ParamForm]  # its settings
    fixes: list[FixForm]  # repairs


class FoundCheck(Named):
    """A check that found something."""

    rows: int  # with a finding


class RowFilters(TypedDict):
    """What rows can be filtered by."""

    columns: list[str]  # other columns
    checks: list[FoundCheck]  # that found something


class RewriteState(TypedDict):
    """How far a rewriting is."""

    job: RewriteView | None  # the newest
    waiting: int  # rows that wait to be judged


class DrawWriter(TypedDict):
    """A model that can answer."""

    key: str  # as it is chosen
    label: str  # its name


class DrawForm(TypedDict):
    """What can be chosen before answers are drawn to be ranked."""

    params: list[ParamForm]  # settings
    writers: list[DrawWriter]  # models of this machine


class MakingForm(TypedDict):
    """The form of rows from documents."""

    params: list[ParamForm]  # its settings
    writers: list[WriterView]  # who may write
    endings: str  # of documents' names, as a file input takes them


class OpenedSheet(TypedDict):
    """The table that was being typed."""

    sheet: SheetDraft | None  # None where there is none
    warnings: list[CodedMessage]  # what was wrong with the stored one


class VersionJob(TypedDict):
    """A job that makes a version."""

    status: StatusName  # of it
    step: int  # rows so far
    total_steps: int | None  # rows in all
    error: CodedMessage | None  # why it failed
    result: dict[str, Any]  # what it made


class SaidVersion(VersionView):
    """A version with its operation in words."""

    label: str  # of the operation
    settings: list[tuple[str, str]]  # names and values


class Versions(TypedDict):
    """All versions of a data set."""

    versions: list[SaidVersion]  # the newest first
    job: int | None  # that is about to make one
