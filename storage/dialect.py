"""All that is SQLite's own: driver, connections, upserts, partial indexes, triggers, backups, what its errors say.

Nothing else names SQLite, except released migrations: another database is another file with these names.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Index,
    Insert,
    String,
    TableValuedAlias,
    create_engine,
    event,
    func,
    literal_column,
    text,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

BUSY_TIMEOUT_MS = 15_000
JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024
REBUILDS_TABLES = True  # ALTER TABLE changes little: migrations copy the table into a new one instead
NOW_SQL = "(julianday('now') - 2440587.5) * 86400.0"  # seconds since 1970-01-01 UTC
_PATIENCE = "patience_ms"
_FIXED_IN = (3, 51, 3)  # https://sqlite.org/releaselog: WAL-reset corruption, 3.7.0 to 3.51.2
_COMPLAINTS = {  # https://sqlite.org/rescode.html
    "database or disk is full": "full",
    "is locked": "locked",
    "readonly database": "read_only",
    "unable to open database file": "unopened",
    "disk i/o error": "failing",
    "disk image is malformed": "damaged",
    "file is not a database": "damaged",
}
_DURABLE = (
    f"busy_timeout={BUSY_TIMEOUT_MS}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"journal_size_limit={JOURNAL_LIMIT_BYTES}",
)
# Foreign keys on, a rebuild of a parent table would silently cascade its children away.
_MIGRATING = (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "foreign_keys=OFF")


# ------------------------------------------------------------------ the program


@dataclass(frozen=True)
class Software:
    """The database program in use."""

    name: str  # as people know it
    version: str  # of the library
    warning: str | None  # code of the sentence that users of this version should read; None where it is sound


def software() -> Software:
    """What stores the data, and whether its version lacks the fix for the WAL-reset corruption."""
    driver = _driver()
    warning = None if driver.sqlite_version_info >= _FIXED_IN else "old_sqlite"
    return Software("SQLite", driver.sqlite_version, warning)


def _driver() -> ModuleType:
    """The newest SQLite binding at hand: the bundled one of pysqlite3, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2 if dbapi2.sqlite_version_info >= sqlite3.sqlite_version_info else sqlite3


@dataclass(frozen=True)
class Complaint:
    """What the machine did to the database."""

    kind: str  # "full", "locked", "read_only", "unopened", "failing" or "damaged"
    file: str | None  # of the database, where the error came through one of our connections


def complaint(error: BaseException) -> Complaint | None:
    """What an error of the database says of the machine; None where it says nothing, as of a broken rule of the schema."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    if inner is error and not isinstance(error, _driver().Error | sqlite3.Error):
        return None
    said = str(inner).lower()
    kind = next((kind for words, kind in _COMPLAINTS.items() if words in said), None)
    return None if kind is None else Complaint(kind, getattr(inner, "file", None))


# ------------------------------------------------------------------ connections


def address(path: Path) -> str:
    """SQLAlchemy's URL of a database file."""
    return f"sqlite+pysqlite:///{path}"


def engine(path: Path, *, read_only: bool, unfit: UnfitValues | None = None) -> Engine:
    """Connections for sessions. Those that may write take the write lock as they begin.

    Whoever cannot have it within BUSY_TIMEOUT_MS gets an OperationalError, as does a reader that writes.

    Args:
        unfit: raised in place of the driver's exceptions about values that no column can hold.
    """
    frozen = read_only and _cannot_change(path)
    made = create_engine(
        _frozen_address(path) if frozen else address(path),
        module=_driver(),
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    settings = _DURABLE[:1] if frozen else _DURABLE
    _naming(made, path)
    if unfit:
        _tell_unfit(made, unfit)
    return _prepared(made, (*settings, "query_only=ON") if read_only else settings, locks=not read_only)


def patience(seconds: float) -> dict[str, Any]:
    """Options of a connection that waits so long, not BUSY_TIMEOUT_MS, while others write."""
    return {_PATIENCE: round(1000 * seconds)}


def _cannot_change(path: Path) -> bool:
    """Whether a closed database lies where nothing can be written: it has to be read without the files beside it."""
    beside = path.with_name(path.name + "-wal")
    return path.is_file() and not os.access(path.parent, os.W_OK) and not beside.exists()


def _frozen_address(path: Path) -> str:
    return f"sqlite+pysqlite:///file:{quote(str(path))}?immutable=1&uri=true"


@dataclass(frozen=True)
class UnfitValues:
    """What is raised where a statement is given a value that no column can hold."""

    number: Callable[[], Exception]  # a whole number of more than 64 bits
    text: Callable[[], Exception]  # half a character


def _tell_unfit(made: Engine, unfit: UnfitValues) -> None:
    @event.listens_for(made, "handle_error")
    def _tell(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, OverflowError):
            raise unfit.number() from context.original_exception
        if isinstance(context.original_exception, UnicodeEncodeError):
            raise unfit.text() from context.original_exception


def migration_engine(url: str) -> Engine:
    """Connections for migrations: foreign keys are off, see `broken_references`."""
    return _prepared(create_engine(url, module=_driver()), _MIGRATING, locks=True)


def bare_engine(path: Path) -> Engine:
    """Connections that set nothing up, for a look at a file that may be foreign or broken."""
    frozen = _cannot_change(path)
    made = create_engine(_frozen_address(path) if frozen else address(path), module=_driver())
    return _naming(made, path)


def _naming(made: Engine, path: Path) -> Engine:
    """Errors tell which file they are of: see `complaint`."""

    @event.listens_for(made, "handle_error")
    def _name_file(context: ExceptionContext) -> None:
        context.original_exception.file = str(path)  # type: ignore[attr-defined]

    return made


def _prepared(made: Engine, pragmas: Sequence[str], *, locks: bool) -> Engine:
    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # else the driver begins transactions of its own, and too late
        with closing(connection.cursor()) as cursor:
            for pragma in pragmas:
                cursor.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        patience_ms = connection.get_execution_options().get(_PATIENCE)
        if patience_ms is not None:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={patience_ms}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if locks else "BEGIN")
        finally:
            if patience_ms is not None:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    return made


class Stamps:
    """Tells in microseconds, without a session, whether anybody has committed anything to a database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: Any = None

    def newest(self) -> int:
        """A number that is another one after each commit, by whichever process. It means nothing beside another object's."""
        with self._lock:
            if self._connection is None:
                self._connection = _driver().connect(
                    self._path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
                )
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


# ------------------------------------------------------------------ statements


def upsert(table: type[DeclarativeBase], keys: Iterable[str], replace: Iterable[str], **fixed: Any) -> Insert:
    """An INSERT that changes the row with the same `keys` where there is one.

    Args:
        keys: columns of a unique constraint.
        replace: columns that get the values of the rejected row; all others stay.
        fixed: columns that get these values instead.
    """
    statement = insert(table)
    fresh = {name: statement.excluded[name] for name in replace} | fixed
    return statement.on_conflict_do_update(index_elements=list(keys), set_=fresh)


def not_by_index(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The column, in a form that keeps the query planner from choosing an index on it."""
    return literal_column(f"+{column.expression}")


def entries_of(column: InstrumentedAttribute[Any]) -> TableValuedAlias:
    """The texts of a column that holds a JSON list, as a table with the column `value`."""
    return func.json_each(column).table_valued(sql_column("value", String))


def several(*columns: ColumnElement[Any]) -> ColumnElement[str]:
    """Several numbers as one: a JSON list in a text, for a subquery that may give one column alone."""
    return func.json_array(*columns)


# ------------------------------------------------------------------ schema


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that meet a condition in plain SQL."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where))


def status_triggers() -> tuple[str, ...]:
    """SQL that makes the database itself record each change of a job's status: nobody can forget to.

    For migrations that rebuild `jobs`, which loses its triggers. Once a released one calls it, it must stay as it is.
    """
    columns = "INSERT INTO job_events (job_id, at, kind, code, params, attempt, step)"
    values = f"VALUES (NEW.id, {NOW_SQL}, 'status', NEW.status, {{params}}, NEW.attempt, NEW.step)"
    inserted, updated = values.format(params="'{}'"), values.format(params="json_object('from', OLD.status)")
    return (
        f"CREATE TRIGGER jobs_status_insert AFTER INSERT ON jobs BEGIN {columns} {inserted}; END",
        "CREATE TRIGGER jobs_status_update AFTER UPDATE OF status ON jobs WHEN OLD.status <> NEW.status"
        f" BEGIN {columns} {updated}; END",
    )


def broken_references(connection: Connection) -> Sequence[Any]:
    """Rows whose foreign key points at nothing, as (table, row, referred table, key)."""
    return connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()


# ------------------------------------------------------------------ backups


def back_up(path: Path, copy: Path) -> None:
    """Write a consistent copy, also while others use the database."""
    with closing(_driver().connect(path)) as source, closing(_driver().connect(copy)) as target:
        source.backup(target)


def restore(copy: Path, path: Path) -> None:
    """Put a copy in place of the database, which nobody may have open."""
    for leftover in ("-wal", "-shm"):  # of the file that goes: they would be applied to the copy
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    shutil.copy2(copy, path)
