"""Comparisons of methods: several jobs under one budget. The jobs themselves are like any others."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Created, Owned


class Comparison(Owned, Base):
    """One comparison. `spec` says what is held equal and who takes part."""

    __tablename__ = "comparisons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # that the user gave
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)  # of the form that started it
    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"), index=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id"), index=True)
    spec: Mapped[dict[str, Any]]


class ComparisonEntry(Created, Base):
    """One job of a comparison: an entrant's run with one seed."""

    __tablename__ = "comparison_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparisons.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    entrant: Mapped[str]  # key of an entrant of the comparison's spec
    seed: Mapped[int]  # of the training

    __table_args__ = (UniqueConstraint("comparison_id", "entrant", "seed"),)
