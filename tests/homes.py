"""Fresh homes for tests, quickly: the migrations run once a process, each home gets a copy of the database that they made."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from storage.migrate import migrate


@cache
def migrated() -> bytes:
    """The file of a database that has just been migrated and closed."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "tunesmith.db"
        migrate(made)
        assert [file.name for file in made.parent.iterdir()] == [made.name], "a part of it stands in another file"
        return made.read_bytes()


def opened(settings: Settings) -> Context:
    """A context of these settings, whose home may be empty yet."""
    settings.home.mkdir(parents=True, exist_ok=True)
    if not settings.database.exists():
        settings.database.write_bytes(migrated())
    return open_context(settings, upgrade=True)


def new_home(home: Path, **settings: Any) -> Context:
    """A context of an empty home; no hub is ever asked."""
    return opened(Settings(home=home, offline=True, **settings))
