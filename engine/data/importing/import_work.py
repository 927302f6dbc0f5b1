"""The files of an import at work: rows, rejected rows, and how far it is, so that it can be gone on with after any end."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.data.importing.making import Made
from engine.data.importing.reading import Place
from engine.data.records.record import Rejected
from engine.data.rows.drafts import RowsDraft

_FIRST_SAVE_S, _LONGEST_S = 0.25, 4.0  # between two states: short at first, then twice as long each time
MAX_REJECTED_SHOWN = 5_000
_STATE_FORMAT = 1


class RejectedFile:
    """Every row that could not be used, whole, one JSON object a line: {"file", "line", "row", "column", "code", "params", "raw"}."""

    def __init__(self, path: Path, state: Mapping[str, Any] | None = None) -> None:
        self.path = path
        size = state["bytes"] if state else 0
        self.count: int = state["rows"] if state else 0
        self._file = path.open("r+b" if size else "wb")
        self._file.truncate(size)
        self._file.seek(size)

    def add(self, item: Rejected) -> None:
        """One more row. Bytes that did not fit the encoding stay as escaped half characters."""
        whole = item.as_dict() | {"raw": item.raw}
        self._file.write(json.dumps(whole).encode("ascii") + b"\n")
        self.count += 1

    def state(self) -> dict[str, Any]:
        """What is safely on disk by now, as JSON."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return {"bytes": self._file.tell(), "rows": self.count}

    def close(self) -> None:
        """Write out what waits."""
        self._file.close()


def first_rejected(path: Path, limit: int = MAX_REJECTED_SHOWN) -> list[dict[str, Any]]:
    """The first rejected rows of a file as the table keeps them: shortened, each with its place."""
    with path.open(encoding="ascii") as file:
        found = (json.loads(line) for line in islice(file, limit))
        return [_shown(one) | {"place": place} for place, one in enumerate(found)]


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    return Rejected(**one).as_dict()


class ImportWork:
    """One import's files in a folder of its own.

    Args:
        lasting: the state is written down every few seconds, and a folder that has one is gone on with.
    """

    def __init__(self, folder: Path, *, lasting: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._lasting = folder, lasting
        state = _read_state(folder) if lasting else None
        self.place = Place(**state["place"]) if state else Place()
        self.draft = RowsDraft(folder / "rows.part", state["draft"] if state else None)
        self.rejected = RejectedFile(folder / "rejected.jsonl", state["rejected"] if state else None)
        self._saved_at, self._wait = time.monotonic(), _FIRST_SAVE_S

    def __enter__(self) -> ImportWork:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for part in (self.draft, self.rejected):
            with contextlib.suppress(*((OSError,) if error else ())):  # a full disk is on its way up already
                part.close()

    def add(self, made: Made, place: Place) -> None:
        """Take in a piece that ends at a place."""
        for item in made.rejected:
            self.rejected.add(item)
            self.draft.tally.reject(item.code)
        self.draft.append(made.rows)
        self.place = place
        if self._lasting and time.monotonic() - self._saved_at > self._wait:
            self.save()

    def discard(self, *, keep_rejected: bool) -> None:
        """Remove what is no longer needed: all of it, or all but the file of rejected rows."""
        self.draft.discard()
        (self._folder / "state.json").unlink(missing_ok=True)
        if not (keep_rejected and self.rejected.count):
            self.rejected.path.unlink(missing_ok=True)

    def save(self) -> None:
        """Write down how far it is."""
        state = {
            "format": _STATE_FORMAT,
            "place": asdict(self.place),
            "draft": self.draft.state(),
            "rejected": self.rejected.state(),
        }
        target = self._folder / "state.json"
        part = target.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
        self._saved_at, self._wait = time.monotonic(), min(_LONGEST_S, 2 * self._wait)


def _read_state(folder: Path) -> dict[str, Any] | None:
    """The state, provided that the files still hold what it says."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        sizes = {"rows.part": state["draft"]["bytes"], "rejected.jsonl": state["rejected"]["bytes"]}
        if state["format"] == _STATE_FORMAT and all((folder / name).stat().st_size >= n for name, n in sizes.items()):
            return state
    return None


def disk_fault(error: OSError, folder: Path) -> Exception:
    """Fault("data.import.disk_full") where that is what the error means; else the error itself."""
    met = obstacle(error, folder)
    if met is None or met.code != "obstacle.disk_full":
        return met or error
    return Fault("data.import.disk_full", free_mb=met.params["free_mb"])
