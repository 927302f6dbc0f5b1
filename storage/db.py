"""Sessions. Writers hold the write lock from the start (no surprises half-way); readers cannot write at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from storage import dialect


class Database:
    """One database with an engine for writers and one for readers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = dialect.engine(path, read_only=False)
        self._reader = dialect.engine(path, read_only=True)
        self._stamps = dialect.Stamps(path)
        self._told: tuple[threading.Event, ...] = ()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction that holds the write lock: committed at the end, rolled back on an error."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session
        for sign in self._told:
            sign.set()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and refuses to write."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def stamp(self) -> int:
        """A number that is another one after each commit, by whichever process; asking takes microseconds.

        It can be compared with what this object said before, and with nothing else.
        """
        return self._stamps.newest()

    @contextmanager
    def telling(self, sign: threading.Event) -> Iterator[None]:
        """While it lasts, `sign` is set after each commit of this process."""
        self._told += (sign,)
        try:
            yield
        finally:
            self._told = tuple(one for one in self._told if one is not sign)

    def close(self) -> None:
        """Give back every connection."""
        self._writer.dispose()
        self._reader.dispose()
        self._stamps.close()
