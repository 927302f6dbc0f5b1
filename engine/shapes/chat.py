"""What the pages see of conversations and of the chat process."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import JobView
from engine.shapes.playground.branches import TurnVersions

AnswerStatus = Literal["waiting", "loading", "streaming", "complete", "stopped", "failed"]
SideKind = Literal["base", "tuned", "fewshot"]


class TunedOption(TypedDict):
    """A tuned model that can answer."""

    id: int  # of its row
    name: str  # of it
    method: str  # key
    format: str  # of its files
    created_at: float  # seconds since 1970


class CheckpointOption(TypedDict):
    """A checkpoint that can answer."""

    id: int  # of its row
    job_id: int  # of the job that wrote it
    job: str  # name of that
    tuned_id: int | None  # tuned model that the job left; None where it left none
    step: int  # optimizer steps done
    val_loss: float | None  # held-out loss at that step
    best: bool  # the lowest of the job's
    created_at: float  # seconds since 1970


class BaseOption(TypedDict):
    """A base model with the tuned ones that were made from it."""

    id: int  # of its row
    name: str  # of it
    tuned: list[TunedOption]  # the newest first
    checkpoints: list[CheckpointOption]  # of jobs on it, those of the newest jobs first
    missing_bytes: int | None  # of its weights, where they are not here yet; None where they are


class ChatOptions(TypedDict):
    """What can be compared."""

    bases: list[BaseOption]  # that are here, or known


class ChatStatus(TypedDict):
    """Of the process that answers."""

    loaded: bool  # a model is in memory
    models: list[str]  # that are
    memory_mb: int  # that it takes
    busy: bool  # it answers
    waiting: int  # prompts behind the one that is answered
    idle_s: float  # seconds since the last answer
    device: str | None  # that it is on
    precision: str | None  # number format
    pid: int | None  # of the process


class ChatSettings(TypedDict, total=False):
    """Settings of a conversation."""

    system: str  # told before it
    temperature: float  # 0 always takes the likeliest word
    top_p: float  # share of the likeliest words
    max_tokens: int  # of an answer
    seed: int | None  # None: a new one each time
    weights: Literal["full", "int8"]  # how a processor holds them


class ConversationBrief(TypedDict):
    """What lists show of a conversation."""

    id: int  # of its row
    title: str  # beginning of its first prompt
    base_model_id: int  # that answers
    base_name: str  # of it
    tuned_ids: list[int]  # that answer as well
    turns: int  # prompts
    created_at: float  # seconds since 1970
    updated_at: float  # seconds since 1970
    root: int  # the first conversation of its family
    branch_turn: int | None  # the first turn in which it differs from what it branched off; None where it did not
    branch_prompt: str  # beginning of what is asked there


class SideView(TypedDict):
    """Who answers."""

    side: str  # "base", "tuned:ID", "checkpoint:ID" or "model:ID"
    label: str  # the model's name
    kind: SideKind  # as pages colour it
    weights_hash: str  # of the weights that answer
    base: NotRequired[str]  # name of the base that it stands on, where that is another one than the conversation's
    step: NotRequired[int | None]  # of a checkpoint


class AnswerStats(TypedDict, total=False):
    """Numbers of an answer."""

    place: int  # prompts before it, while it waits
    phase: AnswerStatus  # while it is given
    tokens: int  # of the answer
    prompt_tokens: int  # of what was asked
    reused_tokens: int  # of these, that had been read for an earlier prompt
    reason: str  # why it ended
    first_token_s: float  # seconds to the first token
    tokens_per_second: float  # after that
    silent: Any  # whether it said nothing that is shown
    error: CodedMessage  # why it failed
    seed: int  # that it was drawn with
    waited_s: float  # before the model was there
    device: str  # that it was given on
    precision: str  # number format
    edited: bool  # a person wrote it
    template: str  # of a prompt: with its variables
    values: dict[str, str]  # of a prompt: of its variables


class MessageView(TypedDict):
    """A prompt, or one side's answer."""

    turn: int  # from 1
    role: Literal["user", "assistant"]  # who says it
    side: str  # that answers; "" for prompts
    content: str  # the text
    status: AnswerStatus  # of an answer
    weights_hash: str | None  # of the weights that answered
    stats: AnswerStats  # of an answer


class ConversationView(TypedDict):
    """One conversation with all its messages."""

    id: int  # of its row
    title: str  # beginning of its first prompt
    base_model_id: int  # that answers
    base_name: str  # of it
    tuned_ids: list[int]  # that answer as well
    sides: list[SideView]  # in the chosen order
    settings: ChatSettings  # as chosen
    read_only: CodedMessage | None  # why it cannot go on
    messages: list[MessageView]  # in their order
    versions: list[TurnVersions]  # of the turns that there are several of
    created_at: float  # seconds since 1970
    updated_at: float  # seconds since 1970
    busy: NotRequired[bool]  # it is being answered
    blind: NotRequired[bool]  # names are hidden until a vote


class ListBounds(TypedDict):
    """How large a list of questions may be."""

    most: int  # questions
    longest: int  # characters of one
    kind: str  # of the jobs that ask them


class ListAnswer(TypedDict):
    """One side's answer to a question of a list."""

    text: str  # of it
    reason: str  # why it ended: "end", "length", "stopped" or "failed"
    tokens: int  # of it
    error: CodedMessage | None  # why it failed


class ListRow(TypedDict):
    """A question of a list with its answers."""

    question: str  # as it was asked
    answers: dict[str, ListAnswer]  # by side
    values: NotRequired[dict[str, str]]  # that filled its variables, by name
    place: NotRequired[int]  # in the list, from 0


class QuestionListView(TypedDict):
    """How far a list of questions is."""

    job: JobView  # that asks them
    total: int  # questions
    rows: list[ListRow]  # answered ones, from where the page asked
    matched: int | None  # rows that are as wished for; None where nothing was
    columns: list[str]  # variables that the rows fill
    sides: list[SideView]  # who answers
    settings: ChatSettings  # that they answer with


class QuestionColumn(TypedDict):
    """A column of a file."""

    name: str  # of it
    questions: list[str]  # as many as a list may have
    places: list[int]  # the row that each stands in
    filled: int  # cells that say something


class QuestionFile(TypedDict):
    """What a file holds that may be asked."""

    columns: list[QuestionColumn]  # that have anything
    guess: int  # place of the one that holds questions
    skipped: int  # rows that cannot be read


class AnswerEvent(TypedDict):
    """One side as it answers."""

    side: str  # that answers
    text: str  # so far
    status: AnswerStatus  # of the answer
    stats: AnswerStats  # of the answer
