"""What the pages see of base models and of tuned models."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from engine.core.shapes import CodedMessage, Said
from engine.shapes.jobs import OutcomeView
from engine.shapes.shelf import FitHere


class PrepareProgress(TypedDict):
    """How far a model is prepared, in bytes of the phase at hand."""

    phase: str  # of the job
    label: Said | None  # the phase in words; None before there is one
    done: int  # bytes
    total: int | None  # bytes; None where that is not known
    fraction: float | None  # 0 to 1; None where the total is not known


class ModelFacts(TypedDict):
    """What a hub says of a model, and what its files say."""

    bytes: int | None  # of the whole download
    licence: str | None  # its short name, as its card says
    languages: list[str]  # codes, as its card says
    tools: bool | None  # its chat template takes tools; None where that was not looked at
    thinking: bool | None  # it can think before it answers; None where that was not looked at
    hub: str | None  # that it comes from


class BaseModelView(TypedDict):
    """One base model."""

    id: int  # of its row
    name: str  # shown in lists
    source: str  # "starter", "hub", "folder" or "resized"
    ref: str  # name at its source, or its folder
    parameters: int | None  # None until it is known
    context_length: int | None  # most tokens that it takes
    weights_hash: str | None  # of its weights
    created_at: float  # seconds since 1970
    status: Literal[
        "preparing", "known", "ready", "failed"
    ]  # whether it can be used; "known": planned with, its weights come later
    error: CodedMessage | None  # why it failed, or why the weights of a known one could not be fetched
    facts: ModelFacts | None  # of a model that came from a hub
    fits: FitHere | None  # whether it can be trained here; None where its measures are not known
    default_template: bool  # it has no template of its own
    architecture: str | None  # "llama" ...
    vocabulary: CodedMessage | None  # what is wrong where its tokenizer and its embedding do not fit
    resizable: bool  # a copy that fits can be made
    resized: int | None  # the copy that was made, or is being made
    job_id: int | None  # that prepares it
    progress: PrepareProgress | None  # while it is prepared


class ExportNeeds(TypedDict):
    """What making an export takes."""

    bytes: int  # of what is taken away, about
    disk_bytes: int  # free, while it is made
    memory_mb: int  # at the peak


class KeptWeights(TypedDict):
    """One of two sets of weights that a model can be."""

    which: str  # "best" or "last"
    step: int  # of the optimizer, after which they were like that
    val_loss: float | None  # of the held-out rows
    bytes: int  # of their files
    in_use: bool  # they are the model


class TunedBrief(TypedDict):
    """A tuned model as lists show it."""

    id: int  # of its row
    name: str  # shown in lists
    method: str  # key of the method
    format: str  # "adapter", "full", "delta" or "shots"
    talks: bool  # it answers in words; a reward model scores answers instead
    bytes: int  # of its files
    changed: CodedMessage | None  # why its files, or its base's, are not those that they were
    weights_hash: str  # of its weights
    created_at: float  # seconds since 1970
    base_model_id: int  # that it stands on
    base_name: str  # of that
    start_name: str | None  # tuned model that its job went on with
    dataset_id: int | None  # None where it was deleted
    dataset_name: str  # of the data set
    dataset_hash: str | None  # content that it was trained on
    job_id: int  # that made it
    job_name: str  # of that
    train_loss: float | None  # at the end
    val_loss: float | None  # at the end
    base_val_loss: float | None  # of the untouched base
    outcome: OutcomeView | None  # what tells of it better than its loss
    perplexity: float | None  # at the end
    steps: int | None  # of the optimizer
    tokens: int | None  # that were trained on
    seconds: float | None  # that it took


class TunedView(TunedBrief):
    """One tuned model with its lineage, numbers and exports."""

    weights: list[KeptWeights]  # that it can be; empty where there is nothing to choose
    lineage: dict[str, Any]  # {"base", "dataset", "spec", "libraries"}
    metrics: dict[str, Any]  # of its job's end
    export_jobs: dict[str, int | None]  # newest export by form
    export_needs: dict[str, ExportNeeds]  # by form that is offered
    export_refused: dict[str, Said]  # why it cannot be had in other forms for such a result, by form
