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
    def write(self, patience_s: float | None = None) -> Iterator[Session]:
        """A session in one transaction that holds the write lock: committed at the end, rolled back on an error.

        The lock comes with the first query. While it is held nothing but queries is done: files, models and texts come
        before or after.

        Args:
            patience_s: how long to wait while others write; the usual time where none is given.
        """
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            if patience_s is not None:
                session.connection(execution_options=dialect.patience(patience_s))
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
