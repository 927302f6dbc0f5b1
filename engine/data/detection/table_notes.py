"""What was found of a table, as sentences: which sheet is read, what names its columns, what is hidden or empty in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.data.readers.excel_reader import SheetSurvey
from engine.data.readers.tables.headers import doubtful_head
from engine.data.readers.tables.layout import TableLayout
from engine.data.readers.tables.taken import chosen_table
from engine.data.records.record import MAX_NAME, clip, show

_Counted = tuple[str, int, dict[str, Any]]  # said where the number is not 0
Reason = tuple[str, dict[str, Any]]  # sentence `detect.<code>` and its params


def table_reason(kind: str, sheet: str, layout: TableLayout) -> Reason:
    """Which sheet or table is read, and what names its columns."""
    shown = clip(sheet, MAX_NAME)
    if not layout.header:
        return f"format.{kind}_no_header", {"sheet": shown}
    params: dict[str, Any] = {"sheet": shown}
    return f"format.{kind}", params | ({"header": layout.header} if layout.header > 0 else {})


def _doubt(layout: TableLayout) -> list[_Counted]:
    cell = doubtful_head(layout.heads)
    return [("format.header_doubtful", 1, {"cell": show(cell)})] if cell else []


def excel_notes(found: SheetSurvey) -> Iterator[Reason]:
    """What else is to be known of an Excel file."""
    layout, facts = found.layout, found.facts
    others = [name for name in found.sheets if name != found.sheet]
    columns = sorted(place for place in facts.hidden_columns if place < len(layout.names))
    hidden = show(", ".join(layout.names[place] for place in columns), 300)
    counted: tuple[_Counted, ...] = (
        ("format.xlsx_others", len(others), {"sheets": clip(", ".join(others), 300)}),
        ("format.xlsx_hidden_sheets", len(found.hidden), {"sheets": clip(", ".join(found.hidden), 300)}),
        ("format.xlsx_above", layout.above, {"rows": layout.above, "header": layout.header}),
        *_doubt(layout),
        ("format.xlsx_merged", len(facts.merges), {"areas": len(facts.merges)}),
        ("format.xlsx_hidden_rows", facts.hidden_rows, {"rows": facts.hidden_rows}),
        ("format.xlsx_hidden_columns", len(columns), {"columns": hidden}),
        ("format.xlsx_errors", facts.errors, {"cells": facts.errors}),
        ("format.xlsx_formulas", found.without_value, {"cells": found.without_value}),
    )
    yield from ((code, params) for code, count, params in counted if count)


def taken_notes(options: Mapping[str, Any], layout: TableLayout) -> Iterator[Reason]:
    """What else is to be known of a table that was taken out of a file of another program."""
    table = chosen_table(options)
    others = [one["name"] for one in options["tables"] if one["name"] != table["name"]]
    hidden = [one["name"] for one in options["tables"] if one.get("hidden")]
    counted: tuple[_Counted, ...] = (
        ("format.xlsx_others", len(others), {"sheets": clip(", ".join(others), 300)}),
        ("format.tables_more", options.get("more", 0), {"count": options.get("more", 0)}),
        ("format.xlsx_hidden_sheets", len(hidden), {"sheets": clip(", ".join(hidden), 300)}),
        ("format.xlsx_above", layout.above, {"rows": layout.above, "header": layout.header}),
        *_doubt(layout),
        ("format.xlsx_merged", table.get("merged", 0), {"areas": table.get("merged", 0)}),
        ("format.xlsx_hidden_rows", table.get("hidden_rows", 0), {"rows": table.get("hidden_rows", 0)}),
        ("format.xlsx_errors", table.get("errors", 0), {"cells": table.get("errors", 0)}),
        ("format.table_blobs", table.get("blobs", 0), {"cells": table.get("blobs", 0)}),
    )
    yield from ((code, params) for code, count, params in counted if count)
