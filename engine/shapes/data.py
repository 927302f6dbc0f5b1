"""What the pages see of data sets, their imports and their rows."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import StatusName

SplitName = Literal["train", "val", "test"]


class ImportStateView(TypedDict):
    """An import that goes on, waits or ended early."""

    status: StatusName  # of its job
    phase: str | None  # of its job
    seconds_left: float | None  # estimate
    error: CodedMessage | None  # why it failed
    job: int  # that imports
    bytes: int  # that are read
    total: int | None  # bytes in all
    rows: int  # that were taken so far
    rejected: int  # that were not
    ended: bool  # nothing more comes
    can_resume: bool  # it can go on
    waiting: int  # place in the queue, from 1; 0 where it does not wait


class DatasetColumns(TypedDict):
    """What lists show of a data set, but for its import."""

    id: int  # of its row
    name: str  # shown in lists
    status: Literal["draft", "ready"]  # whether it was imported
    source_name: str  # of its file
    format: str | None  # of its file
    encoding: str | None  # of its file, where it is text
    shape: str | None  # key of a `Shape`
    kind: str | None  # of its rows
    columns: list[str]  # of its file
    mapping: dict[str, str]  # field of the shape -> column
    templates: dict[str, list[str]]  # field -> wordings with {column} in them
    options: dict[str, Any]  # of the reader
    accepted: int  # rows
    rejected: int  # rows of the import
    train_rows: int  # rows to learn from
    val_rows: int  # rows held out
    test_rows: int  # rows for tests
    seed: int  # of the draw that splits the rows
    val_fraction: float  # share that is held out
    stats: dict[str, Any]  # numbers of the import
    content_hash: str | None  # of its rows
    created_at: float  # seconds since 1970
    sample_key: str | None  # of a built-in sample
    version: int  # in use


ImportPart = TypedDict("ImportPart", {"import": ImportStateView | None})  # the key is a keyword of Python


class DatasetBrief(DatasetColumns, ImportPart):
    """What lists show of a data set, with the import that anybody must know of."""

    badge: (
        Literal["chat", "tools", "pairs", "thumbs", "ranking", "prompts", "text"] | None
    )  # kind of its rows; None while nobody knows
    spoken: list[str]  # languages of many rows


class DetectionNote(CodedMessage):
    """Why something of a file is read as it is: sentence `detect.<code>`."""

    what: str  # is read
    value: Any  # as what


class RowField(TypedDict):
    """A field of a shape of rows."""

    key: str  # of the field
    required: bool  # it needs a column
    wording: bool  # it may be worded from several columns
    role: str  # what it is in a row, the same in every shape
    seldom: bool  # few files have it


class RowShape(TypedDict):
    """A shape that rows can have."""

    key: str  # of the shape
    kind: str  # of the rows
    fields: list[RowField]  # in their order
    further: Literal["input", "system"] | None  # field that takes one more column


class ReadingView(TypedDict, total=False):
    """How files are read, as far as a person may choose it."""

    sheet: str  # of a workbook, or table of a database or page
    sheets: list[Any]  # that there are
    unit: str  # what becomes a row of a text
    chunk_characters: int  # length of a piece of text
    header: str  # what names the columns: "first" or "none"
    quoting: str  # how quotes stand in texts: "doubled", "spaced", "backslash" or "plain"


class ReadingWish(TypedDict, total=False):
    """What is to be read in another way."""

    sheet: str  # of a workbook, or table of a database or page
    header: str  # what names the columns: "first" or "none"
    quoting: str  # how quotes stand in texts: "doubled", "spaced", "backslash" or "plain"


class ArrangementWay(TypedDict):
    """One way in which records become conversations, with the shape that they have then."""

    arrange: dict[str, Any]  # as an import's choice has it
    code: str  # of the sentence that says why: `detect.<code>`
    params: dict[str, Any]  # of the sentence
    columns: list[str]  # that there are then
    shape: str | None  # key of a shape
    mapping: dict[str, str]  # field of the shape -> column
    templates: dict[str, list[str]]  # field -> wordings


class SplitWish(TypedDict, total=False):
    """Where the rows' parts come from."""

    kind: Literal["random", "kept"]  # drawn anew, or as the data have them
    files: dict[str, SplitName]  # file -> its part
    column: str | None  # that says a row's part
    eval: Literal["val", "test"]  # what "eval" means in the column
    empty: SplitName | None  # what an empty cell of the column means; None: the row is refused
    draw: bool  # validation rows are drawn out of training where there are none


class SplitsView(TypedDict):
    """The parts that the data bring."""

    proposed: SplitWish | None  # as found; None: nothing to keep
    chosen: SplitWish | None  # of the last import
    files: list[str]  # names, in order


class DatasetView(DatasetBrief):
    """Everything about one data set except its rows."""

    detection: list[DetectionNote]  # why it is read as it is
    shapes: list[RowShape]  # that its rows could have
    by_name: dict[str, dict[str, str]]  # shape -> field -> column whose name means it
    encodings: list[str]  # that its files could have
    reading: ReadingView  # as chosen
    arrange: dict[str, Any] | None  # how records become conversations; None: each by itself
    ways: list[ArrangementWay]  # in which they can; empty where each is one by itself
    plain_columns: list[str]  # of the records by themselves
    tidy: list[str]  # repairs of conversations that were chosen
    repaired: int  # rejected rows that were put right
    versions: int  # how many there are
    splits: SplitsView  # the parts that the data bring


class ImportWish(TypedDict, total=False):
    """How files are to be read, as the mapping screen has it."""

    name: str  # of the data set
    shape: str | None  # key of a shape
    mapping: dict[str, str]  # field of the shape -> column
    val_fraction: float  # share that is held out
    seed: int  # of the draw
    encoding: str | None  # of text files
    templates: dict[str, list[str]] | None  # field -> wordings
    options: dict[str, Any] | None  # of the reader
    arrange: dict[str, Any] | None  # how records become conversations; None: as detected
    tidy: list[str]  # repairs of conversations
    splits: SplitWish | None  # where rows' parts come from; None: as detected


class JobStarted(TypedDict):
    """The answer where a job does the work."""

    job: int  # that does it


class RejectedPreview(CodedMessage):
    """A row that could not be used, in a preview."""

    line: int | None  # of the file, from 1
    row: int | None  # record, from 1
    column: str | None  # at fault
    raw: str  # its beginning
    file: str | None  # where there are several


class ChatTurn(TypedDict):
    """One message of a conversation."""

    role: str  # "system", "user", "assistant" or "tool"
    content: NotRequired[Any]  # its text
    tool_calls: NotRequired[list[Any]]  # functions that it calls
    name: NotRequired[str]  # of the tool that answers
    weight: NotRequired[float]  # how much an answer counts in the loss; 1 where it does not say


class RowContent(TypedDict, total=False):
    """What is trained on of a row: fields of its kind."""

    messages: list[ChatTurn]  # of a conversation
    text: str  # plain text
    prompt: list[ChatTurn]  # before two answers, or a judged one
    chosen: list[ChatTurn]  # the better answer
    rejected: list[ChatTurn]  # the worse answer
    margin: float  # how much better the better answer is
    answers: list[list[ChatTurn]]  # of a ranking
    ranks: list[int]  # of them, 1 is best; equal ones are ties
    scores: list[float]  # of them, of which the ranks were made
    completion: list[ChatTurn]  # a judged answer
    label: bool  # the judgement
    reference: dict[str, Any]  # what an answer to a question without one is judged by
    tools: list[Any]  # definitions of functions
    weight: float  # how much the row counts in the loss; 1 where it does not say
    extra: dict[str, Any]  # other columns
    origin: dict[str, Any]  # who made it


class DataRow(RowContent, total=False):
    """A row of a data set."""

    id: int  # stays the same in all versions
    split: SplitName  # that it belongs to
    line: int | None  # of the file
    file: str | None  # where there are several
    index: int  # place among those that were asked for


class EditedRow(RowContent):
    """A row of a data set as a person left it."""

    id: int  # of the row that it replaces
    split: NotRequired[SplitName]  # that it belongs to
    line: NotRequired[int | None]  # of the file
    file: NotRequired[str | None]  # where there are several


class LeftOutView(TypedDict):
    """A column that is not learnt although rows have something there."""

    column: str  # its name
    rows: int  # with something there
    looked: int  # rows that were looked at
    reads: Literal["text", "nested", "label", "number"]  # what it looks like
    share: float  # of all characters of the rows looked at, 0 to 1


class TidyView(TypedDict):
    """A repair of conversations, with what it does among the rows that were looked at."""

    key: str  # of it
    rows: int  # that it saves, or would
    on: bool  # it is chosen


class MappingPreview(TypedDict):
    """The first rows as they would be imported."""

    rows: list[DataRow]  # the first ones
    checked: int  # rows that were looked at
    whole: bool  # these are all rows
    rejected_rows: int  # of these
    kept: list[str]  # other columns that rows keep
    left_out: list[LeftOutView]  # other columns with something in them
    classes: dict[str, int]  # rows by class
    rejected: list[RejectedPreview]  # the first ones
    columns: list[str]  # of the file
    wording: str | None  # a question that names the classes
    tidy: list[TidyView]  # repairs that save rows
    tidy_together: int  # rows that all of them would save
    splits: dict[str, int]  # rows by part, of those that were looked at, where parts are kept


class RowsPage(TypedDict):
    """Some rows."""

    total: int  # in the split
    rows: list[DataRow]  # some of them


class ExportedFile(TypedDict):
    """A file that was written."""

    key: str  # under which it is fetched
    dataset: int  # id
    format: str  # key
    name: str  # to save it under
    bytes: int  # of it
    rows: int  # in it
    notes: list[Any]  # what was left out


class ExportAnswer(TypedDict, total=False):
    """A finished file, or the job that writes it."""

    file: ExportedFile  # where it is done
    job: int  # that writes it


class ExportState(TypedDict):
    """How far a large export is."""

    status: StatusName  # of its job
    step: int  # rows so far
    total: int | None  # rows in all
    error: CodedMessage | None  # why it failed
    file: ExportedFile | None  # when it is done


class UploadReading(TypedDict):
    """How far the job is that looks at uploaded files."""

    job: int  # that reads
    name: str  # of the first file
    error: CodedMessage | None  # why they cannot be read
    dataset: int | None  # that they became
    ended: bool  # nothing more comes


class HubFetch(TypedDict):
    """How far a fetch from a hub is, in bytes."""

    job: int  # that fetches
    name: str  # of the data set there
    status: StatusName  # of the job
    done: int  # bytes
    total: int | None  # bytes
    error: CodedMessage | None  # why it failed
    dataset: int | None  # that it became
    ended: bool  # nothing more comes
