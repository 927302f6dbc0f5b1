"""What this machine measured of the memory that jobs with a model took, out of the database."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.orm import Session

from engine.core.hardware import Device
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.time.corrections import MODEL_VERSION, machine_of
from storage.queries.corrections import corrections_of

MEMORY = "memory"  # beside the parts of a job in `SpeedCorrection.speeds`; rows of earlier versions have none


def memory_of(s: Session, device: Device, base_model_id: int) -> tuple[MemoryRecord, ...]:
    """What jobs and probes on this machine's device took, newest first."""
    found = []
    for row in corrections_of(s, machine_of(device), device.key, base_model_id, MODEL_VERSION):
        source: Literal["probe", "past"] = "probe" if row.source == "probe" else "past"
        found.append(MemoryRecord.read(row.speeds.get(MEMORY), source, row.created_at))
    return tuple(one for one in found if one is not None)
