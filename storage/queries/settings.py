"""The user's settings: key -> JSON."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.dialect import upsert
from storage.tables import Setting


def get_value(session: Session, key: str) -> dict[str, Any] | None:
    """The stored value; None where it was never set."""
    return session.scalar(select(Setting.value).where(Setting.key == key))


def all_values(session: Session) -> dict[str, dict[str, Any]]:
    """Every stored setting."""
    return {row.key: row.value for row in session.scalars(select(Setting).order_by(Setting.key))}


def put_value(session: Session, key: str, value: dict[str, Any]) -> None:
    """Save over whatever was there."""
    new = {"value": value, "updated_at": time.time()}
    session.execute(upsert(Setting, ("key",), new).values(key=key, **new))
