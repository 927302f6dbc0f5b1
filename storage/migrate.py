"""Bring the database file to the newest schema, or leave it untouched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from storage import dialect

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"
_VERSIONS = table("alembic_version", column("version_num"))  # Alembic's own


class MigrationError(Exception):
    """The file cannot be brought to this version's schema; it was left as it was."""


def _config(path: Path) -> Config:
    from alembic.config import Config  # in functions: workers never migrate and need not load it

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", dialect.address(path).replace("%", "%%"))
    return config


def schema_version(path: Path) -> str | None:
    """The revision that the file is at; None where it has no schema yet."""
    engine = dialect.bare_engine(path)
    try:
        with engine.connect() as connection:
            known = inspect(connection).has_table(_VERSIONS.name)
            return connection.scalar(select(_VERSIONS.c.version_num)) if known else None
    finally:
        engine.dispose()


def newest_version() -> str:
    """The revision of the newest migration, which begins the name of its file."""
    return max(file.name.partition("_")[0] for file in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))


def _back_up(path: Path, version: str) -> Path:
    copy = path.with_name(f"{path.stem}.before-{version}.db")
    dialect.back_up(path, copy)
    return copy


def migrate(path: Path) -> None:
    """Create or upgrade the schema of `path`. An existing file is backed up first.

    Raises:
        MigrationError: the file comes from a newer version, or a migration failed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head, current = newest_version(), schema_version(path)
    if current == head:
        return  # most starts: without the half second of loading Alembic
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config(path)
    scripts = ScriptDirectory.from_config(config)
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise MigrationError(f"{path.name} is at schema {current}, which this version does not know.")
    backup = _back_up(path, current) if current else None
    try:
        command.upgrade(config, "head")
    except Exception as error:
        if backup:
            dialect.restore(backup, path)
        raise MigrationError(f"{path.name} could not be upgraded from {current} to {head}: {error}") from error
