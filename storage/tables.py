"""Data sets, models, conversations, settings and drafts.

Jobs are in `job_tables`, versions of data in `data_tables`, comparisons and measured speeds in tables of their own.
Times are seconds since 1970-01-01 UTC, paths are relative to the home folder unless said otherwise.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import LOCAL_OWNER, Base, Created, Owned


class Dataset(Owned, Base):
    """One uploaded (or built-in) data set. Its rows lie once on disk, named by their content hash."""

    __tablename__ = "datasets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # shown in lists
    status: Mapped[str]  # "draft" (uploaded, not yet mapped) or "ready"
    sample_key: Mapped[str | None]  # "en" / "zh" for the data sets that ship with the product
    source_name: Mapped[str]  # where it came from, to be shown: names of files, or the hub's
    upload_path: Mapped[str]  # its first file, as it came; all of them are in `sources`
    format: Mapped[str | None]  # of its first file: "csv", "jsonl" ...; None while it is not known
    encoding: Mapped[str | None]  # that all its text files share; None where there is none, or several
    shape: Mapped[str | None]  # key of a declared shape, as guessed or chosen
    kind: Mapped[str | None]  # "chat", "text", "preference", "kto", "ranking" or "prompt"
    columns: Mapped[list[Any]] = mapped_column(default=list)  # names, in the order of the file
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field of the shape -> column
    detection: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"notes": reasons of what was guessed}
    templates: Mapped[dict[str, Any]] = mapped_column(default=dict)  # field -> wordings with {column} in them
    sources: Mapped[list[Any]] = mapped_column(default=list)  # every file of it: {"path", "name", ...}
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # how its files are read
    version: Mapped[int] = mapped_column(default=1)  # number of the version in use, whose rows and counts these are
    rows_path: Mapped[str | None]  # file of the rows in use; None until there are any
    content_hash: Mapped[str | None] = mapped_column(index=True)  # sha256 of the rows and their parts
    accepted: Mapped[int] = mapped_column(default=0)  # rows of all parts in the last import
    rejected: Mapped[int] = mapped_column(default=0)  # rows of the last import that could not be used
    seed: Mapped[int] = mapped_column(default=42)  # of the draw that splits the rows
    val_fraction: Mapped[float] = mapped_column(default=0.1)  # share of the rows that is held out, 0 to 0.9
    train_rows: Mapped[int] = mapped_column(default=0)  # rows to train on
    val_rows: Mapped[int] = mapped_column(default=0)  # rows held out for validation
    test_rows: Mapped[int] = mapped_column(default=0)  # rows held out for the final test
    rejected_path: Mapped[str | None]  # every rejected row, whole, one JSON object a line
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)  # counts: reasons of rejections, duplicates ...


class RejectedRow(Base):
    """One row of an upload that could not be used, with the reason."""

    __tablename__ = "rejected_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    line: Mapped[int | None]  # file line, counted from 1
    row: Mapped[int | None]  # record, counted from 1
    column: Mapped[str | None]  # that is at fault, where one is
    code: Mapped[str]  # message key
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)  # values of the message
    raw: Mapped[str] = mapped_column(default="")  # first 2,000 characters
    file: Mapped[str | None]  # its file's name, where there are several
    place: Mapped[int | None]  # its line in the data set's file of rejected rows, counted from 0
    repaired_at: Mapped[float | None]


class LanguageModel(Owned, Base):
    """A base model: the starter, one from a hub, or a local folder."""

    __tablename__ = "base_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # shown in lists
    source: Mapped[str]  # "starter", "hub", "folder", or "resized" (a copy with more rows in its embedding)
    ref: Mapped[str]  # hub name or folder as the user gave it; of a copy, the id of its original
    status: Mapped[str]  # "preparing", "failed" or one of `model_status`
    error: Mapped[dict[str, Any] | None]  # {"code", "params"}; of a known one, why its weights could not be fetched
    path: Mapped[str | None]  # folder with weights: relative to home, absolute for a user's own folder
    tokenizer_path: Mapped[str | None]  # folder with tokenizer.json and chat_template.jinja
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the model's config.json
    parameters: Mapped[int | None]  # how many numbers its weights hold
    context_length: Mapped[int | None]  # tokens; None where config.json does not say
    weights_hash: Mapped[str | None]  # sha256 of the weights; None until it is prepared

    __table_args__ = (Index("ix_base_models_source_ref", "source", "ref"),)


class TunedModel(Owned, Base):
    """What a job made: an adapter or a whole model, with where it came from."""

    __tablename__ = "tuned_models"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # shown in lists
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), unique=True)
    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"), index=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    method: Mapped[str]  # its key
    format: Mapped[str]  # "adapter" or "full"
    path: Mapped[str]  # folder with its files
    bytes: Mapped[int]  # of all its files
    weights_hash: Mapped[str]  # sha256 of the weights
    lineage: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"base", "dataset", "spec", "libraries"}
    metrics: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of its job's end: losses, seconds ...


class Conversation(Owned, Base):
    """One side-by-side chat."""

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]  # beginning of its first prompt; empty before
    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"))
    tuned_ids: Mapped[list[Any]] = mapped_column(default=list)  # of those that answer besides the base
    sides: Mapped[list[Any]] = mapped_column(
        default=list, server_default="[]"
    )  # names of all that answer ("base", "tuned:ID", "checkpoint:ID", "model:ID"); empty: the base and `tuned_ids`
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # system prompt and sampling, as chosen last
    parent_id: Mapped[int | None] = mapped_column(
        index=True
    )  # conversation that it branched off; none that must still be there
    parent_turn: Mapped[int | None]  # the first turn that is another one there
    blind: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}"
    )  # {"seed", "shown"}: names are hidden until `shown`; empty: they are not
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)


class SystemPrompt(Owned, Base):
    """A system prompt that is kept for other conversations."""

    __tablename__ = "system_prompts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # that the user gave it
    text: Mapped[str]  # with {{variables}} to fill in
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)


class Message(Created, Base):
    """A prompt (`role="user"`, `side=""`) or one side's answer (`side` is "base" or "tuned:ID")."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    turn: Mapped[int]  # counted from 1; a prompt and its answers share it
    role: Mapped[str]  # "user" or "assistant"
    side: Mapped[str] = mapped_column(default="")
    content: Mapped[str] = mapped_column(default="")  # text, as written so far
    status: Mapped[str] = mapped_column(default="complete")  # "streaming", "complete", "stopped" or "failed"
    weights_hash: Mapped[str | None]  # of the weights that answered
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"tokens", ...}; "owner" while it streams
    made_by: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", deferred=True
    )  # {"prompt", "template", "sampling", "words"}: the exact prompt, how words were drawn, and what each was worth

    __table_args__ = (UniqueConstraint("conversation_id", "turn", "role", "side"),)


class Setting(Base):
    """One of the user's settings."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]  # {"value": any JSON}
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)


class Draft(Base):
    """An unfinished form, so that a refresh or a restart loses nothing."""

    __tablename__ = "drafts"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(default=LOCAL_OWNER)  # as in `Owned`
    kind: Mapped[str]  # of the form
    browser: Mapped[str] = mapped_column(default="", server_default="")  # that filled it in; "" for none that is known
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was filled in
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)

    __table_args__ = (UniqueConstraint("owner", "kind", "browser"),)
