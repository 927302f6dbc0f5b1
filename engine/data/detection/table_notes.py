"""What was found of a table, as sentences: which sheet is read, what names its columns, what is hidden or empty in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.data.readers.excel_reader import SheetSurvey
from engine.data.readers.tables.layout import TableLayout
from engine.data.records.record import MAX_NAME, clip, show

Reason = tuple[str, dict[str, Any]]  # sentence `detect.<code>` and its params


def table_reason(kind: str, sheet: str, layout: TableLayout) -> Reason:
    """Which sheet or table is read, and what names its columns."""
    shown = clip(sheet, MAX_NAME)
    if not layout.header:
        return f"format.{kind}_no_header", {"sheet": shown}
    return f"format.{kind}", {"sheet": shown, "header": layout.header}


def excel_notes(found: SheetSurvey) -> Iterator[Reason]:
    """What else is to be known of an Excel file."""
    layout, facts = found.layout, found.facts
    others = [name for name in found.sheets if name != found.sheet]
    columns = sorted(place for place in facts.hidden_columns if place < len(layout.names))
    hidden = show(", ".join(layout.names[place] for place in columns), 300)
    for code, count, params in (
        ("format.xlsx_others", len(others), {"sheets": clip(", ".join(others), 300)}),
        ("format.xlsx_hidden_sheets", len(found.hidden), {"sheets": clip(", ".join(found.hidden), 300)}),
        ("format.xlsx_above", layout.above, {"rows": layout.above, "header": layout.header}),
        ("format.xlsx_merged", len(facts.merges), {"areas": len(facts.merges)}),
        ("format.xlsx_hidden_rows", facts.hidden_rows, {"rows": facts.hidden_rows}),
        ("format.xlsx_hidden_columns", len(columns), {"columns": hidden}),
        ("format.xlsx_errors", facts.errors, {"cells": facts.errors}),
        ("format.xlsx_formulas", found.without_value, {"cells": found.without_value}),
    ):
        if count:
            yield code, params
