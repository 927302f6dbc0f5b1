"""What the pages see of rows that are browsed, shown as tokens, or rejected."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.data import DataRow


class TokenView(TypedDict):
    """One token as text."""

    text: str  # of it
    trained: bool  # whether the model learns to say it
    weight: NotRequired[float]  # how much it counts in the loss; 1 where it does not say


class ExampleTokens(TypedDict):
    """One training example as tokens."""

    row: int  # the line that completed it, from 1
    split: str  # that it belongs to
    texts: int  # pieces of text that are packed into it
    answers: int  # to its question, each shown behind it
    truncated: bool  # it was cut
    tokens: list[TokenView]  # in their order


class RowQuery(TypedDict, total=False):
    """Which rows, in which order; what is empty means "any"."""

    text: str  # stands in one of the row's texts
    split: str  # that rows belong to
    language: str  # code
    turns: int | str | None  # answers in the conversation
    column: str  # another column ...
    value: str  # ... that holds this
    check: str  # that found something in them
    sort: str  # what they are ordered by
    descending: bool  # largest first
    model: int | None  # whose tokens are counted


class RowMeasures(TypedDict):
    """Numbers of a row."""

    characters: int  # of all its texts
    answer: int  # characters of its answer
    turns: int  # answers


class BrowsedRow(DataRow):
    """A row in the list."""

    place: int  # in the file
    clipped: bool  # long texts were cut
    numbers: RowMeasures  # of the whole row


class BrowsedRows(TypedDict):
    """The next rows of a query."""

    rows: list[BrowsedRow]  # that were found
    next: int  # the cursor behind them
    total: int  # rows in question
    exact: bool  # all of these belong to the query
    done: bool  # nothing is left


class RowAsTokens(TypedDict):
    """A row as a model reads it; only `error` where it does not take it."""

    id: int  # of the row
    error: CodedMessage | None  # why it is not taken
    tokens: NotRequired[list[TokenView]]  # the first ones
    length: NotRequired[int]  # of the whole row, in tokens
    trained: NotRequired[int]  # tokens that are learnt
    weights: NotRequired[list[float]]  # how much learnt tokens count, each once; empty where each counts once
    more: NotRequired[int]  # tokens that are not shown
    skipped_turns: NotRequired[int]  # answers that are not learnt
    lost_thoughts: NotRequired[int]  # answers whose reasoning is not learnt
    open_ends: NotRequired[int]  # answers whose end is not learnt
    cropped: NotRequired[int]  # answers whose white space at the beginning is lost
    controls: NotRequired[bool]  # control tokens stand in its texts
    over: NotRequired[int | None]  # the model's limit, where the row is longer


class MeasuredTokens(TypedDict):
    """How far the counting of tokens is."""

    measured: int  # rows
    total: int  # rows


class RejectedRowView(CodedMessage):
    """A row of the import that could not be used."""

    id: int  # of it
    file: str | None  # where there are several
    line: int | None  # of the file, from 1
    row: int | None  # record, from 1
    column: str | None  # at fault
    raw: str  # its beginning
    place: int | None  # in the file of rejected rows
    repaired_at: float | None  # seconds since 1970


class RejectedRows(TypedDict):
    """Some rejected rows in the order of the file."""

    total: int  # of all
    listed: int  # that can be looked at
    repaired: int  # of these
    rows: list[RejectedRowView]  # some


class RejectedFields(CodedMessage):
    """A rejected row to be repaired."""

    id: int  # of it
    line: int | None  # of the file, from 1
    file: str | None  # where there are several
    raw: str  # all of it
    fields: list[tuple[str, str]] | None  # columns and texts; None where they cannot be told


class RowRepair(TypedDict):
    """A rejected row as a person put it right."""

    id: int  # of the rejected row
    values: NotRequired[dict[str, str]]  # by column
    raw: NotRequired[str]  # where columns cannot be told


class TriedRepair(TypedDict):
    """Whether a repaired row works."""

    row: DataRow | None  # as it would be stored
    fault: CodedMessage | None  # why not
