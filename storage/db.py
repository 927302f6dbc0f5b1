"""Sessions. Writers hold the write lock from the start (no surprises half-way); readers cannot write at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from storage import dialect


class Database:
    """One database with an engine for writers and one for readers."""

    def __init__(self, path: Path, unfit: dialect.UnfitValues | None = None) -> None:
        self.path = path
        self._writer = dialect.engine(path, read_only=False, unfit=unfit)
        self._reader = dialect.engine(path, read_only=True, unfit=unfit)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction that holds the write lock: committed at the end, rolled back on an error."""
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
