"""Writes what the tests of the zoo found into `docs/models.md` of every language: `python -m tests.zoo.table`."""

from __future__ import annotations

from engine.commands.document import write
from tests.zoo.record import gather

if __name__ == "__main__":
    gather()
    write()
