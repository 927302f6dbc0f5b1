"""Files of other programs made for tests: OpenDocument, SQLite, EPUB, Arrow."""

from __future__ import annotations

import io
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.data.made import packed

_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
)
_ODS = "application/vnd.oasis.opendocument.spreadsheet"


def cell(text: str, more: str = "") -> str:
    """A cell of an OpenDocument sheet that shows a text."""
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def ods_row(*texts: str, more: str = "") -> str:
    """A row of texts."""
    return f"<table:table-row {more}>{''.join(map(cell, texts))}</table:table-row>"


def ods(*sheets: tuple[str, str], hidden: Sequence[str] = (), manifest: str = "") -> bytes:
    """An OpenDocument book of sheets (name, rows as XML)."""
    styles = (
        '<style:style style:name="seen"/><style:style style:name="no"><style:p table:display="false"/></style:style>'
    )
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"no" if name in hidden else "seen"}">{rows}</table:table>'
        for name, rows in sheets
    )
    content = (
        f"<office:document-content {_NAMES} xmlns:calcext='urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0'>"
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    return packed(("mimetype", _ODS), ("content.xml", content), ("META-INF/manifest.xml", manifest or "<m/>"))


def sqlite(*commands: str, rows: dict[str, Sequence[Sequence[Any]]] | None = None) -> bytes:
    """A database after some commands, with rows in its tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with sqlite3.connect(path) as database:
            for command in commands:
                database.execute(command)
            for table, values in (rows or {}).items():
                database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values[0]))})", values)
        database.close()
        return path.read_bytes()


def epub(*chapters: str, more: Sequence[tuple[str, str]] = ()) -> bytes:
    """A book of chapters (what stands in their bodies), with a table of contents that is none of them."""
    names = [f"text/part {number}.xhtml" for number in range(len(chapters))]
    items = "".join(
        f'<item id="i{at}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for at, name in enumerate(names)
    )
    spine = "".join(f'<itemref idref="i{at}"/>' for at in range(len(names)))
    nav = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    opf = f'<package xmlns="x"><manifest>{nav}{items}</manifest><spine><itemref idref="nav"/>{spine}</spine></package>'
    page = '<?xml version="1.0" encoding="utf-8"?><html><head><title>T</title></head><body>{}</body></html>'
    return packed(
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", '<container><rootfiles><rootfile full-path="O/book.opf"/></rootfiles></container>'),
        ("O/book.opf", opf),
        ("O/nav.xhtml", page.format("<p>Contents</p>")),
        *((f"O/{name}", page.format(body)) for name, body in zip(names, chapters, strict=True)),
        *more,
    )


def arrow(table: Any, *, stream: bool = False, compression: str | None = None) -> bytes:
    """A table in Arrow's own form."""
    import pyarrow as pa

    buffer = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(buffer, table.schema, options=options) as writer:
        writer.write_table(table)
    return buffer.getvalue()
