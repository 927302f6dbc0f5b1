"""Answers that people rank, and their rankings. Times are seconds since 1970-01-01 UTC."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import LOCAL_OWNER, Base, Created, Owned


class RankedPrompt(Owned, Base):
    """A prompt with answers to it that are ranked, or wait for that."""

    __tablename__ = "ranked_prompts"

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]  # "page" (answers were drawn for it) or "playground" (a vote there)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"), index=True)  # that draws
    conversation_id: Mapped[int | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )  # of a vote
    turn: Mapped[int | None]  # of the conversation
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id"), index=True)  # that the prompt comes from
    place: Mapped[int] = mapped_column(default=0)  # among the prompts of its job
    prompt: Mapped[list[Any]]  # messages
    answers: Mapped[list[Any]] = mapped_column(
        default=list
    )  # {"text", "side", "label", "weights", "sampling", "whole"}
    drawn: Mapped[bool] = mapped_column(default=False)  # no further answers come


class Ranking(Created, Base):
    """What one person thinks of the answers to one prompt."""

    __tablename__ = "rankings"

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("ranked_prompts.id", ondelete="CASCADE"))
    rater: Mapped[str] = mapped_column(default=LOCAL_OWNER)  # a name that a person gave; LOCAL_OWNER without one
    ranks: Mapped[list[Any]] = mapped_column(default=list)  # of the answers, in their order; empty: passed over
    best: Mapped[str | None]  # the best answer as the person rewrote it
    verdict: Mapped[str] = mapped_column(default="", server_default="")  # "bad" where none of the answers was good
    blind: Mapped[bool] = mapped_column(default=False, server_default=false())  # the names were hidden
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)

    __table_args__ = (UniqueConstraint("prompt_id", "rater"),)
