"""The user's own settings (theme, folders ...), by key."""

from __future__ import annotations

from typing import Any

from engine.core.context import Context
from storage.queries import settings


def get_setting(ctx: Context, key: str, default: Any = None) -> Any:
    """The stored JSON value, else `default`."""
    with ctx.db.read() as session:
        stored = settings.get_value(session, key)
    return default if stored is None else stored["value"]


def put_setting(ctx: Context, key: str, value: Any) -> None:
    """Store a JSON value."""
    with ctx.db.write() as session:
        settings.put_value(session, key, {"value": value})


def all_settings(ctx: Context) -> dict[str, Any]:
    """Every stored setting."""
    with ctx.db.read() as session:
        return {key: stored["value"] for key, stored in settings.all_values(session).items()}
