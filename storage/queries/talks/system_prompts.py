"""System prompts that users keep."""

from __future__ import annotations

import time

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import SystemPrompt


def all_prompts(s: Session) -> list[SystemPrompt]:
    """Those that were not deleted, by name."""
    kept = select(SystemPrompt).where(SystemPrompt.deleted_at.is_(None))
    return list(s.scalars(kept.order_by(SystemPrompt.name, SystemPrompt.id)))


def forget(row: SystemPrompt) -> None:
    """Take it off the list."""
    row.deleted_at = time.time()
