"""What the pages see of a data set's report. Reports are made in slices: while one is made, only `working` is there."""

from __future__ import annotations

from typing import Literal, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.rows import TokenView


class SpreadView(TypedDict):
    """How a number is spread over rows."""

    bars: list[tuple[int, int, int]]  # from, to (not included), rows
    mean: float  # of all
    median: int  # half are above
    p95: int  # one in twenty is above
    longest: int  # the largest


class CharacterSpreads(TypedDict):
    """Lengths in characters."""

    whole: SpreadView  # of rows
    answer: SpreadView  # of their answers


class OpeningCounts(TypedDict):
    """The most frequent first words."""

    question: list[tuple[str, int]]  # with the rows that begin so
    answer: list[tuple[str, int]]  # with the rows that begin so


class SameText(TypedDict):
    """An answer that many rows have."""

    text: str  # its beginning
    rows: int  # that have it


class LabelColumn(TypedDict):
    """A column with few different values."""

    column: str  # its name
    values: list[tuple[str, int]]  # with the rows that have them


class SampleCounts(TypedDict):
    """What is counted over a sample of rows."""

    looked: int  # rows
    with_system: int  # rows with a system message
    with_tools: int  # rows with definitions of functions
    made_up: int  # rows that a model or an operation made
    question: SpreadView | None  # lengths in characters
    openings: OpeningCounts  # of texts
    identical: list[SameText]  # answers
    identical_rows: int  # that repeat an answer
    labels: list[LabelColumn]  # that look like labels


class DataReport(TypedDict, total=False):
    """What a data set is like."""

    working: float  # share that is done; nothing else is there then
    rows: int  # in all
    splits: dict[str, int]  # rows by split
    characters: CharacterSpreads  # of rows
    languages: list[tuple[str, int]]  # codes with rows, the most first
    turns: list[tuple[int, int]]  # answers with rows
    most_turns: int  # the last of `turns` stands for so many or more
    empty_answers: int  # rows
    same: int  # rows whose content an earlier one has
    sample: SampleCounts  # of evenly spread rows


class EpochTokens(TypedDict):
    """Tokens of a pass over the training rows."""

    tokens: int  # all
    learnt: int  # of these


class EpochSpeed(TypedDict):
    """The time of an epoch as this machine trained the model last."""

    seconds: float  # of a pass
    method: str  # that trained then
    tokens_per_s: float  # as measured


class TokenReport(TypedDict, total=False):
    """Lengths in a model's tokens."""

    working: float  # share that is done; nothing else is there then
    looked: int  # rows
    rows: int  # in all
    whole: SpreadView  # of rows
    answer: SpreadView  # of what is learnt
    question: SpreadView | None  # of questions
    over: list[tuple[int, int]]  # limits with the rows that are longer
    context: int | None  # the model's limit
    over_context: int  # rows that are longer
    epoch: EpochTokens  # of the training rows
    refused: int  # rows that the template cannot take
    reason: CodedMessage | None  # of the first of them
    skipped: int  # rows with an answer that is not learnt
    thoughts: int  # rows with an answer whose reasoning is not learnt
    ends: int  # rows with an answer that gets an end token which the template does not write
    unlearnable: int  # rows without anything to learn
    cropped: int  # rows with an answer whose white space at the beginning is lost
    controls: int  # rows with control tokens in their texts
    speed: EpochSpeed | None  # None where nothing was measured


class TemplateFinding(CodedMessage):
    """Something about how a template teaches a row."""

    level: Literal["good", "info", "warn", "danger"]  # how it is marked


class TemplateRow(TypedDict):
    """The row that was looked at."""

    id: int | None  # of the row
    line: int | None  # of the file


class TemplateReport(TypedDict):
    """How a model's template teaches a real row."""

    findings: list[TemplateFinding]  # what was seen
    row: TemplateRow | None  # None where it takes none
    tokens: list[TokenView]  # the row's last ones
    cut: bool  # there are more before them
    head: str  # what the template puts before the first question
