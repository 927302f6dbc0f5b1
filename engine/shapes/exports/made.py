"""What the pages see of what was exported, and of its proof."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.core.shapes import CodedMessage, Said
from engine.shapes.jobs import StatusName


class ExportProof(TypedDict):
    """How a file's proof ended, in a few numbers."""

    state: Literal[
        "passed", "failed", "hashed"
    ]  # "hashed": no foreign library reads such a form; the hash of its weights is all
    failed: list[str]  # names of checks that failed
    library: str  # that read it, with its version; "" where none did
    places: int  # at which the next token was foretold
    agreement: float  # share of them at which both expect the same
    right_before: int  # questions that the tuned model answered right
    flips: int  # of those, how many the export answers wrong
    prompts: int  # that were answered
    same_answers: int  # word for word as before
    same_template: bool  # the chat template writes the very same


class ExportedForm(TypedDict):
    """One form that an export job made, or could not make."""

    number: int  # place among the job's forms
    format: str  # key of the form
    label: Said  # of the form
    params: dict[str, Any]  # values of its settings
    name: str  # of the zip or the folder
    bytes: int  # of it
    sha256: str | None  # of the zip; None for a folder
    folder: str | None  # where a folder lies on the machine; None for a zip
    there: bool  # it lies on the disk
    error: CodedMessage | None  # why there is none
    proof: ExportProof | None  # None where it was not tried


class ExportView(TypedDict):
    """One export job of a model."""

    id: int  # of its job
    name: str  # of the model
    status: StatusName  # of the job
    phase: str | None  # of the job
    phase_label: Said | None  # in words
    step: int  # done so far
    total_steps: int | None  # None until it is known
    fraction: float  # share that is done, 0 to 1
    seconds_left: float | None  # estimate
    started_at: float | None  # seconds since 1970
    finished_at: float | None  # seconds since 1970
    queue_place: int | None  # from 1
    stalled: bool  # its worker has not been heard of for long
    error: CodedMessage | None  # why it failed
    forms: list[Said]  # what it makes, in its order
    files: list[ExportedForm]  # what it made; empty until it has ended


class StoredFormat(TypedDict):
    """One number format of the tensors in a file."""

    name: str  # as the file names it
    tensors: int  # how many
    bytes: int  # of them


class ComparedAnswer(TypedDict):
    """A question with what both answer."""

    question: str  # the last turn of the prompt
    before: str  # answer of the tuned model
    now: str  # answer of the export
    same: bool  # token for token
    right_before: bool  # it was the row's own
    right_now: bool  # it is
    held_out: bool  # training never saw it


class ProofNumbers(TypedDict):
    """All numbers of a proof."""

    rows: int  # that were read word for word
    divergence: float | None  # mean KL divergence of the next token, in nats; None where it is no number
    divergence_99: float | None  # its 99th percentile
    token_flips: int  # tokens of the rows that were expected before and are not now
    gains: int  # questions that were answered wrong before and are answered right
    held_out: int  # prompts that training never saw
    limits: dict[str, float]  # from where on it has failed, by the names of the numbers
    formats: list[StoredFormat]  # of the tensors, the largest first
    facts: dict[str, str]  # further findings of the writer, by their names
    answers: list[ComparedAnswer]  # side by side


class UseStep(TypedDict):
    """A line that says how something is put to use."""

    says: Said  # what to do
    code: str  # what to type; `{url}` is the address of Tunesmith; "" for nothing


class DestinationView(TypedDict):
    """Where a model can run, and how it gets there."""

    key: str  # of the destination
    label: Said  # its name
    help: Said  # who wants that
    form: str | None  # key of the form that serves it; None where Tunesmith itself does
    form_label: Said | None  # of the form
    params: dict[str, Any]  # settings of the form that suit
    wanted: Said | None  # form that would serve it best, where this model cannot be had in it
    reason: Said | None  # why it cannot
    lines: list[UseStep]  # how it is put to use
    made: list[int]  # a file that is there already: [job, place in it]; else empty
    works: bool  # there is a way at all
