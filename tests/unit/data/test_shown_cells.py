"""Numbers and dates of spreadsheets as their formats show them, and what else a person sees or does not see of a sheet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.data.detection.detect_upload import detect_upload
from engine.data.readers.shown.cells import shown_text
from engine.data.readers.shown.dates import shown_date
from engine.data.readers.shown.numbers import shown_number
from tests.unit.data.made import table_xlsx, xlsx
from tests.unit.data.pipeline import run

CASES = Path(__file__).parents[2] / "cases" / "data"
ACCOUNTS = '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)'
AT = datetime(2024, 1, 2, 15, 4, 5)
LONG = timedelta(hours=30, minutes=5, seconds=9)

NUMBERS = [
    (19.9, "0.00", "19.90"), (5, "0.00", "5.00"), (2.345, "0.00", "2.35"), (1.005, "0.00", "1.01"), (-0.4, "0.0", "-0.4"),
    (1234.5, "#,##0.00", "1,234.50"), (1_250_000, "#,##0", "1,250,000"), (999, "#,##0", "999"), (0, "#,##0", "0"),
    (1e15, "#,##0", "1,000,000,000,000,000"), (1_234_567, '0.0,,"M"', "1.2M"), (1_234_567, "#,##0,", "1,235"),
    (12, '"EUR" 0.00', "EUR 12.00"), (7.5, '0.0" kg"', "7.5 kg"), (7.5, '0.0 "kg"', "7.5 kg"), (7.5, "0.0\\ \\k\\g", "7.5 kg"),
    (1234.5, "#,##0.00\\ [$€-407]", "1,234.50 €"), (1234.5, "[$€-2] #,##0.00", "€ 1,234.50"), (5, "[$$-409]0.00", "$5.00"),
    (1234.5, ACCOUNTS, "$1,234.50"), (-1234.5, ACCOUNTS, "$(1,234.50)"), (0, ACCOUNTS, "$-"),
    (-3.5, "0.00;[Red](0.00)", "(3.50)"), (0, '0.00;-0.00;"-"', "-"), (-12, '[<0]"minus "0;0', "minus 12"),
    (150, '[>100]"big";"small"', "big"), (50, '[>100]"big";"small"', "small"), (1, '[=1]"yes";[=0]"no";0', "yes"),
    (0.0825, "0.00%", "8.25%"), (0.285, "0%", "29%"), (-0.5, "0%", "-50%"), (1.5, "#,##0%", "150%"),
    (7, "000", "007"), (-5, "000", "-005"), (5_551_234_567, "(000) 000-0000", "(555) 123-4567"), (12, "00-00", "00-12"),
    (0.5, "#.##", ".5"), (9.99, "0.0#", "9.99"), (9.9, "0.0#", "9.9"), (9.9, "0.??", "9.9"), (0, "#", ""),
    (12_345, "0.00E+00", "1.23E+04"), (0.00012, "0.00E+00", "1.20E-04"), (123_456, "##0.0E+0", "123.5E+3"), (9.999, "0.0E+0", "1.0E+1"),
    (1.25, "# ?/?", "1 1/4"), (0.5, "# ??/??", "1/2"), (0.333, "# ?/8", "3/8"), (3, "# ?/?", "3"), (1.5, "?/?", "3/2"),
    (12.5, 'General" kg"', "12.5 kg"), (19.9, "General", "19.9"), (19.0, "General", "19"), (0.1 + 0.2, "General", "0.3"),
    (12, ";;;", "12"), (5, '"only words"', "only words"), (12.0, "@", "12"), (3, '0 "St.";;"none"', "3 St."),
]  # fmt: skip
DATES: list[tuple[Any, str, str]] = [
    (AT, "dd.mm.yyyy", "02.01.2024"), (AT, "d.m.yy", "2.1.24"), (AT, "dd/mm/yyyy hh:mm", "02/01/2024 15:04"),
    (AT, "yyyy-mm-dd h:mm:ss", "2024-01-02 15:04:05"), (AT, "yyyy/mm/dd", "2024/01/02"), (AT, "mmm-yy", "Jan-24"),
    (AT, 'yyyy"年"m"月"d"日"', "2024年1月2日"), (AT, "dddd, mmmm d, yyyy", "Tuesday, January 2, 2024"), (AT, "[$-409]d mmm", "2 Jan"),
    (AT, "[$-407]d. mmmm yyyy", "2024-01-02 15:04:05"), (AT, "mm-dd-yy", "2024-01-02 15:04:05"), (AT, "[$-F800]x", "2024-01-02 15:04:05"),
    (AT, "h:mm AM/PM", "3:04 PM"), (time(0, 5), "hh:mm AM/PM", "12:05 AM"), (time(9, 47), "h:mm", "9:47"), (AT, "mm:ss.0", "04:05.0"),
    (LONG, "[h]:mm:ss", "30:05:09"), (LONG, "[h]:mm", "30:05"), (LONG, "[mm]:ss", "1805:09"), (date(2024, 1, 2), "dd.mm.yy", "02.01.24"),
    (date(2024, 1, 2), "yyyy\\-mm\\-dd", "2024-01-02"),
    (AT, "[$-de-DE]d. mmmm yyyy", "2024-01-02 15:04:05"), (AT, "[$-en-US]mmmm d, yyyy;@", "January 2, 2024"), (AT, "[$-x-sysdate]dddd", "2024-01-02 15:04:05"),
    (AT, 'yyyy"年"m"月"d"日" aaaa', "2024-01-02 15:04:05"), (AT, "TT.MM.JJJJ", "2024-01-02 15:04:05"), (AT, "yyyy-mm-ddThh:mm:ssZ", "2024-01-02T15:04:05Z"),
    (AT, "[$-804]aaaa;@", "2024-01-02 15:04:05"), (time(9, 47), "dd.mm.yyyy", "09:47:00"), (AT, "General", "2024-01-02 15:04:05"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code", "shown"), NUMBERS)
def test_a_number_is_what_its_format_shows(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code) == shown


@pytest.mark.parametrize(("value", "code", "shown"), DATES)
def test_a_date_is_what_its_format_shows_or_iso(value: Any, code: str, shown: str) -> None:
    assert shown_date(value, code) == shown


def test_no_format_makes_it_fail() -> None:
    odd = [
        '"',
        "[",
        "\\",
        "0.0.0",
        "/",
        "E+",
        "0E+",
        "?/",
        "%%%",
        "[>]0",
        ";;;;;;",
        "_",
        "*",
        ",,,",
        ".",
        "0" * 400,
        "[$]",
        "@@",
    ]
    for code in odd:
        assert isinstance(shown_number(-1234.5, code), str)
        assert isinstance(shown_date(AT, code), str)


def test_a_text_stands_as_its_format_adds_to_it() -> None:
    assert [shown_text("7", code) for code in ("@", "General", '@" kg"', "0.00", ACCOUNTS)] == [
        "7",
        "7",
        "7 kg",
        "7",
        "7",
    ]


def test_the_case_of_number_formats(tmp_path: Path) -> None:
    result = run(tmp_path, (CASES / "number_formats.xlsx").read_bytes(), "number_formats.xlsx")
    shown = [answer for _question, answer in result.pairs]
    assert shown == ["19.90", "5.00", "1,234.50", "EUR 12.00", "8.25%", "1,250,000", "7.5 kg"]


def _notes(folder: Path, data: bytes, **options: str) -> dict[str, dict[str, Any]]:
    path = folder / "book.xlsx"
    path.write_bytes(data)
    return {note["code"]: note["params"] for note in detect_upload(path, "book.xlsx", options=options).notes}


def test_errors_are_empty_and_counted(tmp_path: Path) -> None:
    rows = [("prompt", "completion"), ("Q1", "A1"), ("#N/A", "A2"), ("Q3", "#REF!"), ("Q4", "#DIV/0!")]

    def as_texts(book: Any) -> None:
        book.active["A3"].data_type = "s"  # typed by a person

    data = table_xlsx(*rows, change=as_texts)
    result = run(tmp_path, data)
    assert result.pairs == [("Q1", "A1"), ("#N/A", "A2")]
    assert [(row["line"], row["code"]) for row in result.rejected] == [(4, "data.row.empty"), (5, "data.row.empty")]
    assert _notes(tmp_path, data)["format.xlsx_errors"] == {"cells": 2}


def test_what_is_hidden_is_read_and_said(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        sheet = book["rows"]
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["C"].hidden = True
        book["other"].sheet_state = "veryHidden"

    rows = [("prompt", "completion", "nr"), ("Q1", "A1", 1), ("Q2", "A2", 2)]
    data = xlsx(("other", [("a", "b"), ("c", "d")]), ("rows", rows), change=hide)
    assert run(tmp_path, data).pairs == [("Q1", "A1"), ("Q2", "A2")]
    notes = _notes(tmp_path, data)
    assert notes["format.xlsx_hidden_rows"] == {"rows": 1}
    assert notes["format.xlsx_hidden_columns"] == {"columns": "nr"}
    assert notes["format.xlsx_hidden_sheets"] == {"sheets": "other"}


def test_the_first_row_is_data_where_it_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(table_xlsx(("What is it?", "A"), ("And this?", "B", "more")))
    found = detect_upload(path, "book.xlsx", options={"header": "none"})
    values = [item.values for item in found.records()]  # type: ignore[union-attr]
    assert values == [{"#1": "What is it?", "#2": "A", "#3": None}, {"#1": "And this?", "#2": "B", "#3": "more"}]
    assert "format.xlsx_no_header" in [note["code"] for note in found.notes]


def test_a_header_that_comes_again_is_no_row(tmp_path: Path) -> None:
    rows = [("prompt", "completion"), ("Q1", "A1"), ("prompt", "completion"), ("Q2", "A2"), ("prompt", "other")]
    result = run(tmp_path, table_xlsx(*rows))
    assert result.pairs == [("Q1", "A1"), ("Q2", "A2"), ("prompt", "other")]
    assert [(row["line"], row["code"]) for row in result.rejected] == [(3, "data.row.header_again")]


def test_a_day_of_the_week_in_chinese_is_its_date(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        for row, code in enumerate(("aaaa", "[$-804]aaa;@", '"周"aaa'), 2):
            book.active.cell(row, 2).number_format = code

    data = table_xlsx(("prompt", "completion"), *((f"Q{n}", 45413) for n in range(3)), change=change)
    assert run(tmp_path, data).pairs == [(f"Q{n}", "2024-05-01") for n in range(3)]
