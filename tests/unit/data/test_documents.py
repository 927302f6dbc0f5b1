"""Excel, Word, PDF, Markdown and long text: what is read is what a person sees, and nothing of it is lost."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import Fault
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.readers import excel_book
from engine.data.readers.documents import Documents
from engine.data.records.bounds import MAX_FIELD
from engine.data.records.chunks import chunks
from engine.data.records.record import Record
from tests.unit.data.made import docx, pdf, repacked, table_xlsx
from tests.unit.data.pipeline import run


def codes(source: DetectedUpload) -> list[str]:
    return [note["code"] for note in source.notes if note["what"] == "format"]


def cut(text: str, limit: int) -> list[str]:
    return [chunk for _line, chunk in chunks(io.StringIO(text, newline=""), limit)]


# ------------------------------------------------------------------ Excel

SHOWN: list[tuple[Any, str, str]] = [
    ("007", "General", "007"),
    (7, "000", "007"),
    (3.0, "General", "3"),
    (0.1 + 0.2, "General", "0.3"),
    (1e21, "General", "1000000000000000000000"),
    (1.5e-7, "General", "0.00000015"),
    (0.256, "0.0%", "25.6%"),
    (-5, "000", "-005"),
    (True, "General", "TRUE"),
    (date(2024, 1, 2), "yyyy-mm-dd", "2024-01-02"),
    (datetime(2024, 1, 2, 3, 4, 5), "yyyy-mm-dd h:mm:ss", "2024-01-02 03:04:05"),
    (time(9, 47), "h:mm", "9:47"),
    (timedelta(hours=30, minutes=5), "[h]:mm:ss", "30:05:00"),
    ("NA", "General", "NA"),
    (" two\nlines ", "General", " two\nlines "),
    ("1e5", "@", "1e5"),
]


def test_cells_are_the_text_that_a_person_sees(tmp_path: Path) -> None:
    def dress(book: Any) -> None:
        for place, (_value, shown_as, _text) in enumerate(SHOWN, 2):
            book.active.cell(place, 2).number_format = shown_as

    rows = [("prompt", "completion"), *((f"Q{i}", value) for i, (value, _form, _text) in enumerate(SHOWN))]
    result = run(tmp_path, table_xlsx(*rows, change=dress))
    assert [answer for _prompt, answer in result.pairs] == [text for _value, _form, text in SHOWN]
    assert [row["line"] for row in result.rows] == list(range(2, len(SHOWN) + 2))


def test_a_value_merged_downwards_counts_for_each_row(tmp_path: Path) -> None:
    rows = [("prompt", "completion", "topic"), ("Q1", "A1", "t"), ("Q2", "A2"), ("Q3", "A3", "u"), ("Q4", "A4")]
    data = table_xlsx(*rows, change=lambda book: book.active.merge_cells("C2:C3"))
    result = run(tmp_path, data)
    assert [item.values["topic"] for item in result.source.records()] == ["t", "t", "u", None]  # type: ignore[union-attr]
    assert "format.xlsx_merged" in codes(result.source)


def test_what_was_found_in_a_sheet_is_said(tmp_path: Path) -> None:
    rows = [("Our questions",), ("prompt", "completion", "n"), ("Q1", "A1", "=1+1"), ("Q2", "A2", "x")]
    result = run(tmp_path, table_xlsx(*rows))
    assert codes(result.source) == ["format.xlsx", "format.xlsx_above", "format.xlsx_formulas"]
    assert result.pairs == [("Q1", "A1"), ("Q2", "A2")]


def _parts(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def test_a_sheet_that_does_not_state_its_size_is_not_read_for_it(tmp_path: Path) -> None:
    data = table_xlsx(("prompt", "completion"), ("Q1", "A1"))
    sheet = _parts(data).read("xl/worksheets/sheet1.xml")
    plain = re.sub(rb"<dimension[^>]*>", b"", sheet)
    cut = plain[: plain.index(b"</sheetData>")]  # whoever reads on to the end finds the damage
    result = run(tmp_path, repacked(data, {"xl/worksheets/sheet1.xml": cut}))
    assert plain != sheet
    assert (result.pairs, [row["code"] for row in result.rejected]) == ([("Q1", "A1")], ["data.excel.rows_lost"])


def test_an_excel_file_whose_texts_would_fill_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_book, "MAX_TEXTS_MB", 1)
    texts = b"<sst>" + os.urandom(2**20).hex().encode() + b"</sst>"
    with pytest.raises(Fault) as caught:
        run(tmp_path, repacked(table_xlsx(("prompt", "completion"), ("Q1", "A1")), {"xl/sharedStrings.xml": texts}))
    assert (caught.value.code, caught.value.params) == ("data.excel.too_large", {"mb": 2, "limit": 1})


# ------------------------------------------------------------------ documents


def test_word_gives_paragraphs_and_cells_in_order(tmp_path: Path) -> None:
    result = run(tmp_path, docx("Before.", [["a", "b"], ["c", "d e"]], "After.\tTab\nand line."), "a.docx")
    assert result.texts == ["Before.\n\na\tb\nc\td e\n\nAfter.\tTab\nand line."]
    assert (result.source.format, result.source.shape, codes(result.source)) == ("docx", "text", ["format.docx"])


def test_pages_of_a_pdf_are_one_text(tmp_path: Path) -> None:
    result = run(tmp_path, pdf("One,", "and two.", None), "a.pdf")
    assert result.texts == ["One,\nand two."]
    assert codes(result.source) == ["format.pdf", "format.pages_lost"]


def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    os.mkfifo(odd)  # reading it never ends
    with Documents(seconds=0.2) as documents, pytest.raises(Fault) as caught:
        documents.take(odd, "pdf")
    assert (caught.value.code, list(tmp_path.iterdir())) == ("data.document.too_heavy", [odd])


def test_a_word_file_with_a_damaged_part_is_named(tmp_path: Path) -> None:
    data = docx("One. " * 50)
    middle = data.index(b"word/document.xml") + 60
    with pytest.raises(Fault) as caught:
        run(tmp_path, data[:middle] + b"\xff" * 8 + data[middle + 8 :], "a.docx")
    assert caught.value.code == "data.word.damaged"


def test_markdown_keeps_its_headings_and_no_table_misleads(tmp_path: Path) -> None:
    text = "# Lamps\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n"
    result = run(tmp_path, text.encode(), "lamps.md")
    assert (result.source.format, result.texts) == ("md", [text])


# ------------------------------------------------------------------ chunks


def chunked(folder: Path, text: str, size: int) -> list[str]:
    file = run(folder, text.encode(), "long.md").source.files[0].chosen({"chunk_characters": size})
    return [item.values["text"] for item in file.records() if isinstance(item, Record)]


def test_endless_white_space_is_not_held_in_memory() -> None:
    """And the text before it stays a row that may be taught."""
    parts = cut("A text." + "\n" * 5 * MAX_FIELD + "More.", 200)
    assert all(len(part) <= MAX_FIELD for part in parts)
    assert ([part.strip() for part in parts if part.strip()], len("".join(parts))) == (
        ["A text.", "More."],
        5 * MAX_FIELD + 12,
    )


@given(st.text(alphabet="ab c.!\n\r\t。，中文é\u0301\u3000", max_size=600), st.integers(100, 200))
def test_joined_chunks_are_the_text(text: str, limit: int) -> None:
    parts = cut(text, limit)
    assert "".join(parts) == text
    assert all(part.strip() for part in parts) or not text.strip()


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("A sentence of words. " * 60, ". "),
        ("一个完整的句子，就在这里。" * 60, "。"),
        ("“Is it?” he said! " * 60, ("” ", "! ")),
        ("Line one\nline two.\n\n" * 60, "\n\n"),
        ("no end at all but words " * 60, " "),
        ("没有标点的很长的一段文字" * 60, tuple("没有标点的很长的一段文字")),
    ],
)
def test_chunks_end_where_a_reader_would(text: str, ends: str | tuple[str, ...]) -> None:
    parts = cut(text, 300)
    assert len(parts) > 2
    assert all(part.endswith(ends) for part in parts[:-1])
    assert all(len(part) <= 310 for part in parts)


def test_a_word_is_never_cut_and_lines_are_counted(tmp_path: Path) -> None:
    word = "x" * 900
    assert cut(f"a {word} b {word}", 200) == [f"a {word} ", f"b {word}"]
    text = "".join(f"Line number {i} of a long text.\r\n" for i in range(200))
    lines = [line for line, _chunk in chunks(io.StringIO(text, newline=""), 500)]
    assert lines == [1 + sum(part.count("\n") for part in cut(text, 500)[:place]) for place in range(len(lines))]
    assert "".join(chunked(tmp_path, text, 500)) == text


def test_sizes_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for options, code in (({"chunk_characters": 5}, "data.text.chunk_size"), ({"unit": "page"}, "data.text.unit")):
        file = run(tmp_path, b"# One.\n", "a.md").source.files[0].chosen(options)
        with pytest.raises(Fault) as caught:
            list(file.records())
        assert caught.value.code == code
