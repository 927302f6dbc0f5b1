"""What the pages see of rows made from documents."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import StatusName


class MakingTaken(TypedDict):
    """Documents that were brought."""

    making: str  # names them
    job: NotRequired[int]  # that reads them, where that takes longer


class DocumentView(TypedDict):
    """One document."""

    name: str  # of the file
    pages: int  # of it; 0: it has none
    passages: int  # that it was split into
    lost: list[CodedMessage]  # pages that could not be read
    fault: CodedMessage | None  # why it cannot be used at all


class PassageView(TypedDict):
    """A passage as it is read."""

    text: str  # of it
    file: str  # that it stands in
    page: int | None  # on which it begins
    heading: str  # that it stands under


class WriterView(TypedDict):
    """Who may write."""

    key: str  # as it is chosen
    label: str  # its name
    host: str  # that the passages are sent to; "": they stay on this machine
    near: bool  # that host is this machine
    starter: bool  # it is the small model that ships with the product
    missing_bytes: int | None  # of its weights, where they are not here yet; None where they are


class MakingView(TypedDict):
    """Documents that were read, and the first of their passages."""

    making: str  # names them
    documents: list[DocumentView]  # in order
    passages: int  # of all documents
    languages: dict[str, int]  # passages by language
    examples: list[PassageView]  # some of them, evenly spread
    wordings: dict[str, dict[str, str]]  # what is asked: by language, then by kind of example


class ForecastView(TypedDict):
    """What it will cost."""

    passages: int  # that are read
    asks: int  # answers that are asked for
    rows: int  # at most, before the checks
    tokens_in: int  # that are read, about
    tokens_out: int  # that are written, about
    seconds: float  # about
    source: str  # "measured", "estimate" (the planner's) or "assumed" (nothing is known of the service)
    tokens_per_second: float  # that it goes by
    crossing: bool  # answers in other letters than the passages: the comparison of words is left out


class MadeRowsView(TypedDict):
    """A job that makes rows from documents."""

    job: int  # its id
    name: str  # of the first document
    making: str  # the documents
    status: StatusName  # of the job
    step: int  # answers so far
    total: int | None  # answers in all
    phase: str | None  # of the job
    seconds_left: float | None  # estimate
    result: dict[str, Any]  # {"asks", "made", "left_out", "tokens_in", "tokens_out", "writer", "host"}; it grows
    error: CodedMessage | None  # why it failed
    resumable: bool  # it can go on
    dataset: int | None  # that the rows are meant for
