"""Connections. Writers begin IMMEDIATE (no lock surprises half-way); readers cannot write at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 15_000
JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024
_FIXED_IN = (
    3,
    51,
    3,
)  # https://sqlite.org/releaselog: WAL-reset corruption, 3.7.0 to 3.51.2


def sqlite_module() -> ModuleType:
    """The newest SQLite binding at hand: the bundled one of pysqlite3, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2 if dbapi2.sqlite_version_info >= sqlite3.sqlite_version_info else sqlite3


def sqlite_is_safe() -> bool:
    """Whether the SQLite in use has the fix for the WAL-reset corruption."""
    return sqlite_module().sqlite_version_info >= _FIXED_IN


def _engine(path: Path, *, read_only: bool) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=sqlite_module(),
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA journal_size_limit={JOURNAL_LIMIT_BYTES}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


class Database:
    """One database file with an engine for writers and one for readers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = _engine(path, read_only=False)
        self._reader = _engine(path, read_only=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one immediate transaction: committed at the end, rolled back on an error."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and refuses to write."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Give back every connection."""
        self._writer.dispose()
        self._reader.dispose()
