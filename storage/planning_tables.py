"""What a machine has measured of its own speed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Created


class SpeedCorrection(Created, Base):
    """One measurement: real over modelled speed of a method on a model, on one device of one machine."""

    __tablename__ = "speed_corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    machine: Mapped[str]  # hash of processor or GPU, cores and memory
    device: Mapped[str]  # "cpu" or "cuda:N"
    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"))
    method: Mapped[str]  # its key
    source: Mapped[str]  # "probe" or "past"
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))  # that was measured
    model_version: Mapped[int]  # of the formulas that it corrects
    speeds: Mapped[dict[str, Any]]  # part of the job -> measured over modelled speed
    settings: Mapped[dict[str, Any]]  # what it was measured with
    tokens_per_s: Mapped[float]  # tokens of training

    __table_args__ = (Index("ix_speed_corrections_key", "machine", "device", "base_model_id", "method"),)
