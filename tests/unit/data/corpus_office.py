"""Bad Excel, Word and PDF files, made by script."""

from __future__ import annotations

from typing import Any

from tests.unit.data.corpus import Bad, Refused
from tests.unit.data.made import docx, locked_pdf, member, packed, pdf, repacked, table_xlsx, xlsx

HEAD = ("prompt", "completion")
Q1, Q2, Q3 = ("Q1", "A1"), ("Q2", "A2"), ("Q3", "A3")
SHEET = "xl/worksheets/sheet1.xml"


def _hidden(book: Any) -> None:
    book["first"].sheet_state = "hidden"


def _merged(book: Any) -> None:
    book.active.merge_cells("C2:C3")
    book.active.merge_cells("A5:B5")


def _two_heads(book: Any) -> None:
    book.active.merge_cells("A1:B1")


def _cut_sheet() -> bytes:
    data = table_xlsx(HEAD, Q1, Q2, ("x", "y"))
    sheet = member(data, SHEET)
    return repacked(data, {SHEET: sheet[: sheet.index(b'<row r="4"') + 14]})


def _lying_size() -> bytes:
    data = table_xlsx(HEAD, Q1, Q2)
    return repacked(data, {SHEET: member(data, SHEET).replace(b'ref="A1:B3"', b'ref="A1:XFD1048576"')})


def _nul() -> bytes:
    data = table_xlsx(HEAD, Q1, ("MARK", "y"), Q2)
    return repacked(data, {SHEET: member(data, SHEET).replace(b"MARK", b"_x0000_")})


def _ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + stream.encode("utf-16-le") + b"\0\0" * 20


def _office(*parts: str) -> bytes:
    return packed(("[Content_Types].xml", "<Types/>"), *((part, "x") for part in parts))


def _lost(row: int) -> Any:
    return (None, row, None, "data.excel.rows_lost", ...)


OFFICE_BAD = [
    Bad("xlsx-empty-cells", lambda: table_xlsx(HEAD, Q1, ("x", None), (None, None), (None, "y"), Q2), 2, [(3, 2, "completion", "data.row.empty", {"column": "completion"}), (5, 3, "prompt", "data.row.empty", {"column": "prompt"})], "xlsx"),
    Bad("xlsx-merged-cells", lambda: table_xlsx((*HEAD, "topic"), (*Q1, "t"), Q2, Q3, ("a heading over both", None), ("Q4", "A4"), change=_merged), 4, [(5, 4, "completion", "data.row.empty", {"column": "completion"})], "xlsx"),
    Bad("xlsx-empty-header", lambda: table_xlsx(("prompt", None, "completion"), ("Q1", "n", "A1"), ("Q2", None, "A2")), 2, [], "xlsx"),
    Bad("xlsx-titles-above", lambda: table_xlsx(("Questions of our customers",), (), ("as of May",), HEAD, Q1, Q2), 2, [], "xlsx"),
    Bad("xlsx-two-header-rows", lambda: table_xlsx(("What is said", None, "About"), (*HEAD, "topic"), (*Q1, "t"), (*Q2, "t"), change=_two_heads), 2, [], "xlsx"),
    Bad("xlsx-formula-without-result", lambda: table_xlsx(HEAD, Q1, ("x", "=1+1"), Q2), 2, [(3, 2, "completion", "data.row.empty", {"column": "completion"})], "xlsx"),
    Bad("xlsx-cut-inside", _cut_sheet, 2, [_lost(3)], "xlsx"),
    Bad("xlsx-lying-about-its-size", _lying_size, 2, [], "xlsx"),
    Bad("xlsx-cells-beyond-the-header", lambda: table_xlsx(HEAD, (*Q1, "more"), Q2, (*Q3, None, "x")), 3, [], "xlsx"),
    Bad("xlsx-first-sheet-empty", lambda: xlsx(("empty", []), ("rows", [HEAD, Q1, Q2])), 2, [], "xlsx"),
    Bad("xlsx-first-sheet-hidden", lambda: xlsx(("first", [HEAD, ("x", "y")]), ("second", [HEAD, Q1, Q2]), change=_hidden), 2, [], "xlsx"),
    Bad("xlsx-nul-in-a-cell", _nul, 2, [(3, 2, "prompt", "data.row.nul", {"column": "prompt"})], "xlsx"),
    Bad("pdf-scanned-page", lambda: pdf("One.", None, "Three."), 1, [(None, None, None, "data.pdf.page_scanned", {"page": 2})], "pdf", texts=["One.\nThree."]),
    Bad("pdf-damaged-page", lambda: pdf("One.", "Two.", "Three.", broken=1), 1, [(None, None, None, "data.pdf.page_damaged", ...)], "pdf", texts=["One.\nThree."]),
    Bad("docx-blank-paragraphs", lambda: docx("One.", "", "  ", "Three."), 1, [], "docx", texts=["One.\n\nThree."]),
    Bad("docx-that-is-text", lambda: b"One.\n\nTw\0o.\n\nThree.\n", 2, [(3, 2, "text", "data.row.nul", {"column": "text"})], "txt", filename="letter.docx", texts=["One.", "Three."]),
    Bad("xlsx-that-is-a-table", lambda: b"prompt,completion\nQ1,A1\nx\nQ2,A2\nQ3,A3\n", 3, [(3, 2, None, "data.csv.ragged", {"expected": 2, "found": 1})], "csv", filename="table.xlsx"),
]  # fmt: skip

OFFICE_REFUSED = [
    Refused("xlsx-truncated", lambda: table_xlsx(HEAD, Q1, Q2)[:-600], "data.archive.damaged"),
    Refused("xlsx-without-rows", lambda: xlsx(("a", []), ("b", [])), "data.excel.empty"),
    Refused("xlsx-header-alone", lambda: table_xlsx(HEAD), "data.csv.header_only", {"columns": "prompt, completion"}),
    Refused("xlsx-bomb", lambda: repacked(table_xlsx(HEAD, Q1), {SHEET: b" " * 30_000_000}), "data.archive.bomb", {"limit": 200}),
    Refused("xlsx-without-workbook-parts", lambda: repacked(table_xlsx(HEAD, Q1), {SHEET: None}), "data.excel.empty"),
    Refused("xlsx-workbook-no-xml", lambda: repacked(table_xlsx(HEAD, Q1), {"xl/workbook.xml": b"no xml"}), "data.excel.damaged"),
    Refused("xlsx-with-a-password", lambda: _ole("EncryptedPackage"), "data.office.encrypted"),
    Refused("xls", lambda: _ole("Workbook"), "data.table.damaged", {}),
    Refused("doc", lambda: _ole("WordDocument"), "data.file.office", {"kind": "DOC"}),
    Refused("xlsb", lambda: _office("xl/workbook.bin"), "data.file.office", {"kind": "XLSB"}),
    Refused("pptx", lambda: _office("ppt/presentation.xml"), "data.file.office", {"kind": "PPTX"}),
    Refused("office-without-content", lambda: _office("docProps/app.xml"), "data.office.none"),
    Refused("ods", lambda: packed(("mimetype", "application/vnd.oasis.opendocument.spreadsheet")), "data.office.none", {}),
    Refused("rtf", lambda: rb"{\rtf1\ansi Hello}", "data.file.office", {"kind": "RTF"}),
    Refused("docx-no-xml", lambda: repacked(docx("One."), {"word/document.xml": b"<w:document"}), "data.word.damaged"),
    Refused("docx-that-is-none", lambda: _office("word/document.xml"), "data.word.damaged"),
    Refused("docx-without-text", lambda: docx("", " "), "data.word.no_text"),
    Refused("docx-bomb", lambda: repacked(docx("One."), {"word/document.xml": b" " * 30_000_000}), "data.archive.bomb"),
    Refused("pdf-scanned", lambda: pdf(None, None), "data.pdf.no_text", {"pages": 2}),
    Refused("pdf-with-a-password", lambda: locked_pdf("One."), "data.pdf.encrypted"),
    Refused("pdf-beginning-alone", lambda: b"%PDF-1.7\n1 0 obj", "data.pdf.damaged"),
    Refused("pdf-all-pages-damaged", lambda: pdf("One.", broken=0), "data.pdf.damaged"),
]  # fmt: skip
