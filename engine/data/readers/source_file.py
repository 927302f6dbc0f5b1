"""One file of a data set: where it lies and how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from engine.data.readers.arranged_reader import read_arranged
from engine.data.readers.csv_reader import read_csv
from engine.data.readers.documents import DOCUMENTS
from engine.data.readers.excel_reader import read_excel
from engine.data.readers.json_reader import read_json, read_json_stream
from engine.data.readers.jsonl_reader import read_jsonl
from engine.data.readers.parquet_reader import read_parquet
from engine.data.readers.tables.headers import names_nothing
from engine.data.readers.tables.take import ARROW, TABLES
from engine.data.readers.tables.taken import read_taken
from engine.data.readers.text_reader import read_text
from engine.data.records.bounds import HEED_EVERY, ReadingBudget
from engine.data.records.record import Record, Rejected

TEXTS = ("txt", "md", *DOCUMENTS)  # formats whose rows are pieces of one text
READINGS = ("sheet", "header", "quoting")  # options that change which columns there are
CHOICES = ("unit", "chunk_characters", *READINGS)  # options that a person may choose


@dataclass(frozen=True)
class SourceFile:
    """A file whose format is known; `name` is shown, never used on disk. `path` of a document is that of what was taken out."""

    path: Path  # where the reader finds it
    name: str  # as it was uploaded
    format: str  # "jsonl", "json", "csv", "tsv", "xlsx", "parquet", ARROW, one of TABLES or of TEXTS, "arranged"; "" before detection
    encoding: str | None = None  # name of a codec; None where the format needs none
    options: dict[str, Any] = field(default_factory=dict)  # what its reader takes, as `Format.options`

    def records(self, budget: ReadingBudget | None = None) -> Iterator[Record | Rejected]:
        """Every row of the file, as far as the budget goes (by default as far as any file may)."""
        budget = budget or ReadingBudget()
        budget.open(self.name, self.path.stat().st_size)
        rows = cells = 0
        for item in self._read(budget):
            rows += 1
            if type(item) is Record:
                cells += len(item.values)
            if rows == HEED_EVERY:
                budget.rows(rows, cells)
                rows = cells = 0
            yield item
        budget.rows(rows, cells)

    def _read(self, budget: ReadingBudget) -> Iterator[Record | Rejected]:
        text = self.encoding or "utf-8"
        if self.format in ("parquet", ARROW):
            return read_parquet(self.path, budget)
        if self.format == "arranged":
            return read_arranged(self.path)
        if self.format in TABLES:
            return read_taken(self.path, self.options, budget)
        if self.format == "jsonl":
            return read_jsonl(self.path, text)
        if self.format == "json" and self.options.get("several"):
            return read_json_stream(self.path, text, budget)
        if self.format == "json":
            return read_json(self.path, text, self.options.get("key"), budget)
        if self.format == "xlsx":
            return read_excel(self.path, self.options["sheet"], budget, header=not names_nothing(self.options))
        if self.format in TEXTS:
            return chain(self._lost_pages(), read_text(self.path, text, self.options))
        return read_csv(self.path, text, self.options, budget)

    def _lost_pages(self) -> Iterator[Rejected]:
        for _page, code, params in self.options.get("lost", ()):
            yield Rejected(code, params=params)

    def chosen(self, options: Mapping[str, Any]) -> SourceFile:
        """The same file read as `options` say, as far as they concern its format."""
        known = {key: options[key] for key in self.options if key in CHOICES and options.get(key) is not None}
        return replace(self, options=self.options | known)
