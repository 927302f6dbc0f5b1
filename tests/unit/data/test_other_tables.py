"""Tables and texts out of files of other programs: what they show is read, nothing in them is run, damage is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.data.detection.detect_upload import DetectedUpload, detect_files, detect_upload
from engine.data.readers.documents import Documents
from engine.data.readers.tables.markup import page_text, read_page
from engine.data.readers.tables.take import take_out
from engine.data.readers.tables.taken import TableWriter
from tests.unit.data.made import packed
from tests.unit.data.made_tables import arrow, cell, epub, ods, ods_row, sqlite
from tests.unit.data.pipeline import Result, run

SAMPLES = Path(__file__).parent / "samples"
TWO = [("Q1", "A1"), ("Q2", "A2")]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is taken out is taken out in this process: the child is the same for all documents, and has tests of its own."""

    def take(self: Documents, path: Path, kind: str) -> tuple[Path, dict[str, Any]]:
        target = path.with_name(path.name + ".text")
        from engine.data.readers.documents import _outcome

        told: Any = _outcome(kind, str(path), str(target))
        if "code" in told:
            raise Fault(told["code"], **told["params"])
        return target, told

    monkeypatch.setattr(Documents, "take", take)


def said(source: DetectedUpload) -> dict[str, dict[str, Any]]:
    return {note["code"]: note["params"] for note in source.notes}


def records(result: Result, column: str) -> list[Any]:
    return [item.values[column] for item in result.source.records()]  # type: ignore[union-attr]


# ------------------------------------------------------------------ spreadsheets


def test_an_open_document_sheet_is_read_as_it_shows(tmp_path: Path) -> None:
    price = cell("19.90 €", 'office:value-type="float" office:value="19.9"')
    spaced = cell(
        'a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d <text:span>e</text:span><office:annotation>x</office:annotation>'
    )
    tall, wrong = cell("t", 'table:number-rows-spanned="2"'), cell("#N/A", 'calcext:value-type="error"')
    rows = [
        ods_row("prompt", "completion", "topic"),
        f"<table:table-row>{cell('Q1')}{price}{tall}</table:table-row>",
        f"<table:table-row>{cell('Q2')}{spaced}<table:covered-table-cell/></table:table-row>",
        '<table:table-row table:number-rows-repeated="900000"><table:table-cell/></table:table-row>',
        ods_row("Q3", "A3", more='table:visibility="filter"'),
        f"<table:table-row>{cell('Q4')}{wrong}</table:table-row>",
        f'<table:table-row>{cell("Q5")}<table:table-cell office:value="7"/></table:table-row>',
    ]
    hidden = ods_row("a", "b") + ods_row("1", "2")
    result = run(tmp_path, ods(("No", hidden), ("Main", "".join(rows)), ("Empty", ""), hidden=["No"]), "book.ods")
    assert result.pairs == [("Q1", "19.90 €"), ("Q2", "a   b\tc\nd e"), ("Q3", "A3"), ("Q5", "7")]
    assert [row["code"] for row in result.rejected] == ["data.row.empty"]
    assert records(result, "topic")[:3] == ["t", "t", None]
    notes = said(result.source)
    assert notes["format.ods"] == {"sheet": "Main", "header": 1}
    assert notes["format.xlsx_hidden_sheets"] == {"sheets": "No"}
    assert notes["format.xlsx_hidden_rows"] == {"rows": 1}
    assert notes["format.xlsx_errors"] == {"cells": 1}
    assert result.source.options["sheets"] == ["Main", "No"]


def test_an_old_excel_book_is_read_as_it_shows(tmp_path: Path) -> None:
    result = run(tmp_path, (SAMPLES / "book.xls").read_bytes(), "book.xls")
    shown = ["19.90", "1,234.50", "EUR 12.00", "02.01.2024", "007", "2024-01-02", "TRUE", "text", "8.25%", "19.9"]
    assert [answer for _question, answer in result.pairs] == shown
    assert said(result.source)["format.xlsx_hidden_sheets"] == {"sheets": "versteckt"}


def test_another_sheet_is_chosen_without_taking_it_out_again(tmp_path: Path) -> None:
    result = run(tmp_path, (SAMPLES / "book.xls").read_bytes(), "book.xls")
    other = detect_files(result.source.files, options={"sheet": "merged"})
    assert [item.values for item in other.records()] == [  # type: ignore[union-attr]
        {"prompt": "Q1", "topic": "t"},
        {"prompt": "Q2", "topic": "t"},
    ]
    bare = detect_files(result.source.files, options={"sheet": "merged", "header": "none"})
    assert bare.columns == ["#1", "#2"]
    assert len(list(bare.records())) == 3


# ------------------------------------------------------------------ databases


def test_the_fullest_table_of_a_database_is_read_with_its_types(tmp_path: Path) -> None:
    data = sqlite(
        "CREATE TABLE notes (a)",
        'CREATE TABLE "chat pairs" (prompt TEXT, completion TEXT, n INTEGER, raw BLOB, score REAL)',
        "CREATE VIEW seen AS SELECT * FROM notes",
        "CREATE VIRTUAL TABLE words USING fts5(text)",
        "CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM notes; END",
        rows={'"chat pairs"': [("Q1", "A1", 2**62, b"\0\1", 0.5), ("Q2", "A2", None, None, float("inf"))]},
    )
    result = run(tmp_path, data, "a.db")
    assert result.pairs == TWO
    assert (records(result, "n"), records(result, "score")) == ([2**62, None], [0.5, "inf"])
    assert (said(result.source)["format.sqlite"], result.source.options["sheets"]) == (
        {"sheet": "chat pairs"},
        ["chat pairs"],
    )
    assert said(result.source)["format.table_blobs"] == {"cells": 1}


def test_a_damaged_database_keeps_the_rows_before(tmp_path: Path) -> None:
    rows = [(f"Q{number}", "A" * 500) for number in range(200)]
    data = bytearray(sqlite("CREATE TABLE t (prompt, completion)", rows={"t": rows}))
    data[60_000:64_096] = b"\xff" * 4_096
    result = run(tmp_path, bytes(data), "a.db")
    assert 50 < len(result.pairs) < 200
    assert result.pairs == rows[: len(result.pairs)]
    assert [row["code"] for row in result.rejected] == ["data.table.rows_lost"]


def test_bytes_that_are_no_text_cost_their_row(tmp_path: Path) -> None:
    made = sqlite(
        "CREATE TABLE t (prompt, completion)", "INSERT INTO t VALUES ('Q1', 'A1'), ('x', CAST(x'ff41' AS TEXT))"
    )
    result = run(tmp_path, made, "a.db")
    assert (result.pairs, [row["code"] for row in result.rejected]) == ([("Q1", "A1")], ["data.row.bad_bytes"])


# ------------------------------------------------------------------ pages and books


def test_a_page_that_is_a_table_is_read_as_one(tmp_path: Path) -> None:
    page = """<!-- made --><!DOCTYPE html><html><head><meta charset="windows-1252"><script>x<y</script></head><body>
    <h1>T\xe9st</h1><table><caption>Pairs</caption><tr><th>prompt<th>completion<th>topic
    <tr><td>Q1<td>A <b>1</b><br>line &amp; more<td rowspan=2>t<tr><td>Q2<td>A2</table>
    <table><tr><td>x<td>y</tr></table></body>""".encode("latin-1")
    result = run(tmp_path, page, "page.html")
    assert result.pairs == [("Q1", "A 1\nline & more"), ("Q2", "A2")]
    assert records(result, "topic") == ["t", "t"]
    assert said(result.source)["format.html"] == {"sheet": "Pairs", "header": 1}


def test_a_page_of_prose_is_text(tmp_path: Path) -> None:
    words = "This is a long story about the sea. " * 20
    page = f"<html><body><nav>menu</nav><h1>Title</h1><p>{words}</p><ul><li>one<li>two</ul><pre>a\n  b</pre>\
<table><tr><td>1<td>2<tr><td>3<td>4</table><p style='display: none'>no</p></body></html>"
    result = run(tmp_path, page.encode(), "page.html")
    (text,) = result.texts
    assert text == f"Title\n\n{words.strip()}\n\none\ntwo\n\na\n  b\n\n1\t2\n3\t4"
    assert result.source.format == "htm"


def test_a_piece_of_a_page_is_one_by_its_name(tmp_path: Path) -> None:
    piece = b"\n<p>One &amp; two.</p><p>Three.</p>"
    assert run(tmp_path, piece, "a.html").texts == ["One & two.\n\nThree."]
    shutil.rmtree(tmp_path / "rows")
    assert run(tmp_path, piece, "a.txt").source.format == "txt"


def test_a_book_is_the_text_of_its_chapters(tmp_path: Path) -> None:
    book = epub("<h1>One</h1><p>First.</p>", "<p>Second &eacute;\u2014 &amp; more.</p>")
    result = run(tmp_path, book, "book.epub")
    assert result.texts == ["One\n\nFirst.\n\nSecond é\u2014 & more."]
    assert result.source.format == "epub"


# ------------------------------------------------------------------ Arrow


def _table() -> Any:
    import pyarrow as pa

    columns = {"prompt": ["Q1", "Q2"], "completion": pa.array(["A1", "A2"], pa.string_view()), "raw": [b"x", b"y"]}
    return pa.table(columns | {"at": pa.array([0, 10**9], pa.timestamp("ns"))})


@pytest.mark.parametrize(
    "made", [{}, {"stream": True}, {"compression": "zstd"}, {"compression": "lz4", "stream": True}]
)
def test_arrow_is_read_as_a_file_and_as_a_stream(tmp_path: Path, made: dict[str, Any]) -> None:
    result = run(tmp_path, arrow(_table(), **made), "data.arrow")
    assert (result.pairs, result.source.format) == (TWO, "arrow")
    assert records(result, "at")[0] == "1970-01-01 00:00:00"
    assert said(result.source)["columns.unusable"] == {"column": "raw", "type": "binary"}


# ------------------------------------------------------------------ refused


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _spoilt(data: bytes) -> bytes:
    return data[:600] + b"\xff" * 900 + data[1_500:]


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "ods-damaged": (lambda: ods(("A", "<table:table-row>")), "data.table.damaged"),
    "ods-empty": (lambda: ods(("A", "")), "data.table.none"),
    "ods-locked": (lambda: ods(("A", ods_row("a")), manifest="<encryption-data/>"), "data.office.encrypted"),
    "ods-endless": (
        lambda: ods(("A", ods_row("a", more='table:number-rows-repeated="9999999"'))),
        "data.table.damaged",
    ),
    "ods-bomb": (lambda: ods(("A", ods_row("a" * 20_000_000))), "data.archive.bomb"),
    "epub-bomb": (lambda: epub("a" * 20_000_000), "data.archive.bomb"),
    "odt": (
        lambda: packed(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<a/>")),
        "data.file.office",
    ),
    "xls-damaged": (lambda: _spoilt((SAMPLES / "book.xls").read_bytes()), "data.table.damaged"),
    "sqlite-empty": (lambda: sqlite("CREATE TABLE t (a)"), "data.table.none"),
    "sqlite-cut": (lambda: sqlite("CREATE TABLE t (a)", rows={"t": [("x" * 9_000,)]})[:4_096], "data.table.damaged"),
    "page-empty": (lambda: b"<html><body> </body></html>", "data.html.no_text"),
    "epub-pictures": (lambda: epub("<img src='a.png'/>"), "data.epub.no_text"),
    "epub-locked": (lambda: epub("<p>x</p>", more=[("META-INF/rights.xml", "<x/>")]), "data.epub.protected"),
    "epub-bare": (lambda: packed(("mimetype", "application/epub+zip")), "data.epub.damaged"),
    "arrow-cut": (lambda: _cut(arrow(_table())), "data.table.damaged"),
    "arrow-empty": (lambda: arrow(_table().slice(0, 0)), "data.table.none"),
    "feather-1": (lambda: b"FEA1\0\0\0\0" + b"\0" * 20, "data.file.binary"),
    "tar": (lambda: b"a.jsonl".ljust(257, b"\0") + b"ustar\x0000" + b"\0" * 300, "data.file.archive"),
    "gzip": (lambda: b"\x1f\x8b\x08" + b"\0" * 20, "data.archive.nested"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, name: str) -> None:
    make, code = REFUSED[name]
    path = tmp_path / "upload"
    path.write_bytes(make())
    with pytest.raises(Fault) as caught:
        detect_upload(path, name)
    assert caught.value.code == code


def test_tags_nested_without_end_and_wide_cells_do_no_harm(tmp_path: Path) -> None:
    for depth in (1_500, 50_000):  # never half a page
        with pytest.raises(Fault, match=r"data\.table\.damaged"):
            run(tmp_path, b"<html><p>before</p>" + b"<div>" * depth + b"deep", "a.html")
    deep = b"<html>" + b"<div>" * 300 + b"deep" + b"</div>" * 300 + b"<p>" + b"word " * 2_500_000
    assert len(page_text(read_page(deep))) > 12_000_000
    wide = "<table><tr><td>prompt<td>completion<tr><td>Q1<td colspan=999999999 rowspan=-1>A1<td>x</table>"
    assert run(tmp_path, wide.encode(), "a.html").pairs == [("Q1", "A1")]


def test_an_entity_that_multiplies_is_not_resolved(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY e SYSTEM "file:///etc/passwd">]>'
    rows = ods_row("prompt", "completion") + ods_row("Q1", "&b;&e;A1")
    book = ods(("A", rows))
    import io
    import zipfile

    content = zipfile.ZipFile(io.BytesIO(book)).read("content.xml").decode()
    made = packed(("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", bomb + content))
    assert run(tmp_path, made, "a.ods").pairs == [("Q1", "A1")]


def test_what_is_taken_out_is_bounded(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out, pytest.raises(Fault, match="too_much"):
        TableWriter(out, 1_000).table("t", ((number, ["x" * 100]) for number in range(100)), {})


def test_the_child_takes_them_out_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    path = tmp_path / "a.arrow"
    path.write_bytes(arrow(_table(), compression="zstd"))
    with Documents() as documents:
        target, told = documents.take(path, "arrow")
        assert (target.read_bytes()[:4], list(told["unusable"])) == (b"PAR1", ["raw"])
        path.write_bytes(ods(("A", ods_row("prompt", "completion") + ods_row("Q", "A"))))
        assert documents.take(path, "ods")[1]["tables"][0]["rows"] == 2
    assert take_out("ods", path, tmp_path / "b")["named"] is False
