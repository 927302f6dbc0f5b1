"""What every use case needs: settings and the database."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings, read_settings
from storage.db import Database
from storage.dialect import UnfitValues
from storage.migrate import migrate

# A number that no row can have names a thing that is not there; half a character is told where it would be stored.
_UNFIT = UnfitValues(number=NotFound, text=lambda: Fault("text.half_character"))


@dataclass(frozen=True)
class Context:
    """Passed to every service; made once, by the composition root or by a worker's entry."""

    settings: Settings  # where things are
    db: Database  # sessions of the one database


def open_context(settings: Settings | None = None, *, upgrade: bool = False) -> Context:
    """Open the database of `settings` (default: from the environment); `upgrade` brings the schema up to date first."""
    settings = settings or read_settings()
    settings.home.mkdir(parents=True, exist_ok=True)
    if upgrade:
        migrate(settings.database)
    return Context(settings=settings, db=Database(settings.database, _UNFIT))
