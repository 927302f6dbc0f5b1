"""Rows of a data set to browse: filtered and sorted by their numbers, searched in slices that never take long."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.index import SPLITS, Column, RowIndex
from engine.data.rows.row import Row, texts_of
from engine.services.data.row_lengths import SLICE_SECONDS, token_lengths
from engine.services.data.versions.version_files import version_file
from engine.shapes.rows import BrowsedRow, BrowsedRows
from storage.data_tables import DatasetVersion

SORTS = ("file", "id", "characters", "answer", "turns", "tokens")
_LOOKED_AT = 200  # rows whose columns are looked up
_VALUES_OF = 2_000  # rows whose values of a column are counted
_MOST_VALUES = 30
_LONGEST_TEXT = 6_000  # characters of one text that the list shows


@dataclass(frozen=True)
class Query:
    """Which rows, in which order. An empty text or None means "any".

    Attributes:
        text: stands in one of the row's texts, in whatever case.
        split: one of SPLITS.
        language: code.
        turns: answers in the conversation.
        column, value: the row's other column `column` holds `value`, compared as text.
        check: rows that this check of the newest audit found; "any" for any check.
        sort: one of SORTS; "tokens" are those of the base model `model`, which were counted before.
        descending: largest first.
        model: id of a base model.
    """

    text: str = ""
    split: str = ""
    language: str = ""
    turns: int | None = None
    column: str = ""
    value: str = ""
    check: str = ""
    sort: str = "file"
    descending: bool = False
    model: int | None = None

    @property
    def reads(self) -> bool:
        """Whether rows must be read to know whether they belong to it."""
        return bool(self.text or self.column)


def query_of(raw: Mapping[str, Any]) -> Query:
    """The query of a page. Raises Fault("data.rows.bad_query")."""
    try:
        query = Query(**{key: value for key, value in raw.items() if value not in (None, "")})
        query = Query(**{**vars(query), "turns": None if query.turns is None else int(query.turns)})
    except (TypeError, ValueError):
        raise Fault("data.rows.bad_query") from None
    if query.sort not in SORTS or query.split not in ("", *SPLITS):
        raise Fault("data.rows.bad_query")
    return query


def browse(ctx: Context, dataset: int, raw: Mapping[str, Any], cursor: int = 0, limit: int = 10) -> BrowsedRows:
    """The next rows of a query, as far as they are found in a short time.

    Args:
        cursor: where to go on: how many of the rows in question were looked at before.

    Returns:
        {"rows": [row | {"place": in the file, "clipped", "numbers"}], "next": the cursor behind the last row looked at, "total": rows
        in question, "exact": whether all of these belong to the query without being read, "done": whether nothing is left}.

    Raises:
        Fault: "data.rows.bad_query", "data.rows.not_measured", or "data.rows.no_audit" and "data.audit.missing" when rows with findings
            are asked for.
    """
    query = query_of(raw)
    version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    ids = _found_ids(ctx, version, query.check)
    places = _by_tokens(ctx, path, query, ids) if query.sort == "tokens" else _places(path, query, ids)
    start = max(0, cursor)
    if not query.reads:
        chosen = places[start : start + limit]
        rows = [_shown(row, index, int(place)) for row, place in zip(index.rows(chosen), chosen, strict=True)]
        end = start + len(rows)
    else:
        rows, end = _search(index, places, query, start, limit)
    return {
        "rows": cast(list[BrowsedRow], rows),
        "next": end,
        "total": len(places),
        "exact": not query.reads,
        "done": end >= len(places),
    }


def _found_ids(ctx: Context, version: DatasetVersion, check: str) -> frozenset[int] | None:
    if not check:
        return None
    from engine.services.data.quality import auditing  # checks load what only they need

    audit = auditing.audit_of(ctx, version.dataset_id)
    known = [key for key, found in audit["checks"].items() if found["rows"]]
    wanted = tuple(sorted(known)) if check == "any" else (check,)
    if not known and check == "any":
        raise Fault("data.rows.no_audit")
    state = audit["job"], audit["finished_at"], len(audit["checks"])
    return _ids_found(ctx, version.dataset_id, wanted, version.content_hash, state)


@lru_cache(maxsize=8)
def _ids_found(
    ctx: Context, dataset: int, checks: tuple[str, ...], content_hash: str, _state: tuple[Any, ...]
) -> frozenset[int]:
    from engine.services.data.versions.found_rows import found_rows

    return frozenset(found.row for check in checks for found in found_rows(ctx, dataset, check, content_hash))


@lru_cache(maxsize=8)
def _places(path: Path, query: Query, ids: frozenset[int] | None) -> Column:
    """Places of the rows in question, in the order wanted, by their numbers alone."""
    index = RowIndex.open(path)
    mask = np.ones(len(index), dtype=bool)
    if query.split:
        mask &= index.split == SPLITS.index(query.split)
    if query.language:
        known = query.language in index.languages
        mask &= (index.language == index.languages.index(query.language)) if known else False
    if query.turns is not None:
        mask &= index.turns == query.turns
    if ids is not None:
        mask &= np.isin(index.id, np.fromiter(ids, dtype=np.uint64, count=len(ids)))
    places = np.flatnonzero(mask).astype(np.int32)
    if query.sort in ("file", "tokens"):
        return places[::-1] if query.descending and query.sort == "file" else places
    return _sorted(places, getattr(index, query.sort), query.descending)


def _sorted(places: Column, measure: Column, descending: bool) -> Column:
    """The places in the order of a measure, equal ones in the order of the file."""
    keys = measure[places].astype(np.int64)
    return places[np.argsort(-keys if descending else keys, kind="stable")]


def _by_tokens(ctx: Context, path: Path, query: Query, ids: frozenset[int] | None) -> Column:
    if query.model is None:
        raise Fault("data.rows.not_measured")
    return _sorted(_places(path, query, ids), token_lengths(ctx, path, query.model), query.descending)


def _search(index: RowIndex, places: Column, query: Query, start: int, limit: int) -> tuple[list[Row], int]:
    """Rows of the query from `start` on, until there are enough or the time is over, and where that was."""
    fits, deadline = _fits(query), time.monotonic() + SLICE_SECONDS
    rows: list[Row] = []
    at = start
    for place, line in zip(places[start:], index.lines(places[start:]), strict=True):
        at += 1
        if row := fits(line):
            rows.append(_shown({"id": int(index.id[place]), **row}, index, int(place)))
        if len(rows) >= limit or time.monotonic() > deadline:
            break
    return rows, at


def _fits(query: Query) -> Callable[[bytes], Row | None]:
    """The row of a written line where it belongs to the query. Most lines are passed over without being parsed."""
    wanted = query.text.casefold()
    written = json.dumps(wanted, ensure_ascii=False)[1:-1]
    value = json.dumps(query.column, ensure_ascii=False).encode()

    def fits(line: bytes) -> Row | None:
        if (query.column and value not in line) or (wanted and written not in line.decode("utf-8").casefold()):
            return None
        row: Row = json.loads(line)
        if query.column and _text(row.get("extra", {}).get(query.column)) != query.value:
            return None
        return row if not wanted or any(wanted in text.casefold() for text in texts_of(row)) else None

    return fits


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(row: Row, index: RowIndex, place: int) -> Row:
    """The row for a list: with its place and its numbers, and very long texts cut."""
    clipped = any(len(text) > _LONGEST_TEXT for text in texts_of(row))
    numbers = {key: int(getattr(index, key)[place]) for key in ("characters", "answer", "turns")}
    return {**(_cut(row) if clipped else row), "place": place, "clipped": clipped, "numbers": numbers}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[:_LONGEST_TEXT] + " …"
    if isinstance(value, list):
        return [_cut(one) for one in value]
    return {key: _cut(one) for key, one in value.items()} if isinstance(value, dict) else value


def rows_with_ids(ctx: Context, dataset: int, ids: list[int]) -> list[Row]:
    """Whole rows of the version in use, in the order asked for. Raises NotFound where one is not there."""
    _version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    places = index.places_of(ids)
    if (places < 0).any():
        raise NotFound(dataset=dataset, row=ids[int(np.argmin(places))])
    return index.rows(places)


def columns_of(ctx: Context, dataset: int) -> list[str]:
    """Other columns of the rows in use, in the order in which they come; looked up in some rows from all over the file."""
    return list(dict.fromkeys(name for row in _some_rows(ctx, dataset, _LOOKED_AT) for name in row.get("extra", ())))


def values_of_column(ctx: Context, dataset: int, column: str) -> list[str]:
    """The most frequent values of another column, the most frequent first, by some rows from all over the file."""
    rows = _some_rows(ctx, dataset, _VALUES_OF)
    counts = Counter(_text(row["extra"][column]) for row in rows if column in row.get("extra", ()))
    return [value for value, _count in counts.most_common(_MOST_VALUES)]


def _some_rows(ctx: Context, dataset: int, most: int) -> Iterator[Row]:
    _version, path = version_file(ctx, dataset)
    index = RowIndex.open(path)
    yield from index.rows(np.unique(np.linspace(0, len(index) - 1, min(len(index), most)).astype(int)))
