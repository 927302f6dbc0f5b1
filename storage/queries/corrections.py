"""What this machine measured of its own speed, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.planning_tables import SpeedCorrection

_KEPT = 8  # for each machine, device, model and method


def corrections_of(
    s: Session, machine: str, device: str, base_model_id: int, model_version: int
) -> list[SpeedCorrection]:
    """The measurements with a model, of all methods, newest first."""
    of = {"machine": machine, "device": device, "base_model_id": base_model_id, "model_version": model_version}
    found = select(SpeedCorrection).filter_by(**of)
    return list(s.scalars(found.order_by(SpeedCorrection.created_at.desc(), SpeedCorrection.id.desc())))


def add_correction(s: Session, row: Mapping[str, Any]) -> None:
    """Keep a measurement; of the same job the newer one, and old ones of its kind go."""
    if row.get("job_id") is not None:
        s.execute(delete(SpeedCorrection).where(SpeedCorrection.job_id == row["job_id"]))
    s.add(SpeedCorrection(**row))
    s.flush()
    of = {key: row[key] for key in ("machine", "device", "base_model_id", "method")}
    newest = select(SpeedCorrection.id).filter_by(**of).order_by(SpeedCorrection.id.desc()).limit(_KEPT)
    s.execute(delete(SpeedCorrection).filter_by(**of).where(SpeedCorrection.id.not_in(newest)))
