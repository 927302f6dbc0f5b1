"""The Data page: rows to browse, to edit and to look at as tokens; rejected rows to repair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from engine.core.shapes import CodedMessage
from engine.data.quality import CHECKS
from engine.services.data import rejected_rows, row_edits, row_lengths, row_tokens, rows
from engine.services.data.quality import auditing
from engine.services.data.versions import versions
from engine.shapes.data import DataRow, EditedRow
from engine.shapes.rows import (
    BrowsedRows,
    MeasuredTokens,
    RejectedFields,
    RejectedRows,
    RowAsTokens,
    RowQuery,
    RowRepair,
    TriedRepair,
)
from engine.shapes.versions import MadeVersion
from webui.pages.data.shapes import FoundCheck, RowFilters
from webui.site import Site

_LABELS = {check.key: check.label for check in CHECKS}
Function = Callable[..., Any]


def functions(site: Site, lang: str) -> list[Function]:
    """What this part of the page calls."""
    return [*_browser(site, lang), *_tokens(site), *_edits(site), *_rejected(site)]


def _browser(site: Site, lang: str) -> list[Function]:
    ctx = site.ctx

    def browse_rows(dataset: int, query: RowQuery, cursor: int, limit: int) -> BrowsedRows:
        return rows.browse(ctx, dataset, query, cursor, min(limit, 50))

    def row_filters(dataset: int) -> RowFilters:
        found = auditing.audit_of(ctx, dataset)["checks"]
        checks: list[FoundCheck] = [
            {"key": key, "label": _LABELS[key].in_(lang), "rows": one["rows"]}
            for key, one in found.items()
            if one["rows"] and key in _LABELS
        ]
        return {"columns": rows.columns_of(ctx, dataset), "checks": checks}

    def column_values(dataset: int, column: str) -> list[str]:
        return rows.values_of_column(ctx, dataset, column)

    def one_row(dataset: int, row: int) -> DataRow:
        return cast(DataRow, rows.rows_with_ids(ctx, dataset, [row])[0])

    return [browse_rows, row_filters, column_values, one_row]


def _tokens(site: Site) -> list[Function]:
    ctx = site.ctx

    def tokens_of_rows(dataset: int, ids: list[int], model: int) -> list[RowAsTokens]:
        return row_tokens.row_tokens(ctx, dataset, ids[:50], model)

    def measure_tokens(dataset: int, model: int) -> MeasuredTokens:
        return row_lengths.measure_tokens(ctx, dataset, model)

    return [tokens_of_rows, measure_tokens]


def _edits(site: Site) -> list[Function]:
    def check_row(row: DataRow) -> CodedMessage | None:
        return row_edits.check_row(row)

    def apply_edits(dataset: int, edits: list[EditedRow], drops: list[int], base: int) -> MadeVersion:
        return versions.apply_edits(site.ctx, dataset, [dict(row) for row in edits], drops, base=base)

    return [check_row, apply_edits]


def _rejected(site: Site) -> list[Function]:
    ctx = site.ctx

    def rejected_list(dataset: int, offset: int) -> RejectedRows:
        return rejected_rows.rejected_rows(ctx, dataset, offset=offset, limit=20)

    def rejected_fields(dataset: int, rejected: int) -> RejectedFields:
        return rejected_rows.rejected_fields(ctx, dataset, rejected)

    def try_repair(dataset: int, repair: RowRepair) -> TriedRepair:
        return rejected_rows.try_repair(ctx, dataset, repair)

    def repair_rows(dataset: int, repairs: list[RowRepair], base: int) -> MadeVersion:
        return rejected_rows.repair_rows(ctx, dataset, repairs, base=base)

    return [rejected_list, rejected_fields, try_repair, repair_rows]
