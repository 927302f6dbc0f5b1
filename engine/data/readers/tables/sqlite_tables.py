"""Tables of an SQLite database. The file may be anybody's: it is opened to be read alone, and nothing in it is run."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.data.readers.tables.taken import TableWriter, Value, within_columns
from engine.data.records.bounds import MAX_COLUMNS, MAX_ROW_BYTES, MAX_TABLES
from engine.data.records.encodings import MARK_BAD_BYTES
from engine.data.records.record import show

_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_FUNCTION)
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, MAX_ROW_BYTES),
    (sqlite3.SQLITE_LIMIT_COLUMN, MAX_COLUMNS),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
)


def take_sqlite(path: Path, writer: TableWriter) -> None:
    """Write every table that has rows, the one with most of them first. Views and virtual tables (and what these keep) would run code, so they are left out.

    Raises:
        Fault: "data.table.none"; what SQLite raises on damaged files.
    """
    database = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    try:
        _close_off(database)
        names = _tables(database)
        counts = {name: _count(database, name) for name in names[: 10 * MAX_TABLES]}
        for name in sorted(counts, key=lambda one: -counts[one]):
            facts: dict[str, Any] = {}
            writer.table(name, _rows(database, name, facts), facts)
    finally:
        database.close()


def _close_off(database: sqlite3.Connection) -> None:
    for limit, value in _LIMITS:
        database.setlimit(limit, value)
    for pragma in ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        database.execute(f"PRAGMA {pragma}")
    database.text_factory = lambda data: data.decode("utf-8", MARK_BAD_BYTES)
    database.set_authorizer(lambda action, *_about: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)


def _tables(database: sqlite3.Connection) -> list[str]:
    """Names of tables that are only that: neither views nor virtual ones, nor where those keep what is theirs."""
    listed = database.execute("PRAGMA main.table_list").fetchall()
    return [name for schema, name, kind, *_ in listed if kind == "table" and not name.startswith("sqlite_")]


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _count(database: sqlite3.Connection, name: str) -> int:
    """How many rows; 0 where they cannot be counted."""
    try:
        return int(database.execute(f"SELECT count(*) FROM {_named(name)}").fetchone()[0])  # noqa: S608  a name in quotes
    except sqlite3.Error:
        return 0


def _rows(database: sqlite3.Connection, name: str, facts: dict[str, Any]) -> Iterator[tuple[int, list[Value]]]:
    try:
        found = database.execute(f"SELECT * FROM {_named(name)}")  # noqa: S608  a name in quotes
        yield 0, list(within_columns([column[0] for column in found.description]))
        for number, row in enumerate(found, 1):
            yield number, [_value(value, facts) for value in row]
    except (sqlite3.Error, OverflowError) as error:
        facts["lost"] = show(str(error))


def _value(value: Any, facts: dict[str, Any]) -> Value:
    if isinstance(value, bytes):
        facts["blobs"] = facts.get("blobs", 0) + 1
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value  # type: ignore[no-any-return]
