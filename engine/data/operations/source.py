"""One version of a data set as operations see it: its rows from disk, and links to what lies outside of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from engine.data.operations.base import FoundRow, Source
from engine.data.rows.index import Column, RowIndex
from engine.data.rows.store import read_rows
from engine.data.templates.template import ChatTemplate

Row = dict[str, Any]


@dataclass(frozen=True)
class Links:
    """What a source asks others for; each raises as the method of `Source` with its name says."""

    found: Callable[[str], Iterator[FoundRow]]  # key of a check -> its findings
    other: Callable[[int], Source]  # id of a data set -> its present version
    template: Callable[[int], ChatTemplate]  # id of a base model -> its template


class RowsSource:
    """A `Source` over one rows file, or over some of its rows. Its scratch folder goes when the `with` ends."""

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        kind: str,
        seed: int,
        first_id: int,
        links: Links,
        folder: Path,
        places: Sequence[int] | Column | None = None,
        passed: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        """
        Args:
            path: the rows file.
            first_id: the first id that `new_id` gives.
            folder: where the scratch folder is made.
            places: the rows that it consists of, in order; all of them where it is None.
            passed: hears now and then how many rows of the pass at hand were read; what it raises ends the work.
        """
        self.name, self.kind, self.seed = name, kind, seed
        self.index = RowIndex.open(path)
        self.count = len(self.index) if places is None else len(places)
        self._path = path
        self._links, self._folder, self._places, self._passed = links, folder, places, passed
        self._next = first_id
        self._scratch: Path | None = None

    def __enter__(self) -> RowsSource:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def last_id(self) -> int:
        """The highest id that was ever given in the data set."""
        return self._next - 1

    def rows(self) -> Iterator[Row]:
        """Every row, in order; free to be changed."""
        for read, row in enumerate(self._rows()):
            if read % _AT_ONCE == 0:
                self._passed(read)
            yield row

    def _rows(self) -> Iterator[Row]:
        if self._places is None:
            yield from read_rows(self._path)
            return
        for start in range(0, len(self._places), _AT_ONCE):
            yield from self.index.rows(self._places[start : start + _AT_ONCE])

    def found(self, check: str) -> Iterator[FoundRow]:
        """What the newest audit of this very content found. Raises Fault("data.audit.missing")."""
        return self._links.found(check)

    def other(self, dataset: int) -> Source:
        """Another data set in its present version. Raises NotFound, or Fault("data.not_imported")."""
        return self._links.other(dataset)

    def template(self, model: int) -> ChatTemplate:
        """The chat template and tokenizer of a base model. Raises NotFound."""
        return self._links.template(model)

    def new_id(self) -> int:
        """An id that no row of this data set, in any version, has."""
        self._next += 1
        return self._next - 1

    def scratch(self) -> Path:
        """A folder for what does not fit into memory."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="operation-", dir=self._folder))
        return self._scratch


_AT_ONCE = 200  # rows of a sample read at once
