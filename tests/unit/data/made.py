"""Binary files made for tests: Excel, Word and PDF, whole and spoilt."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

Member = tuple[str, bytes | str]


def xlsx(*sheets: tuple[str, Sequence[Sequence[Any]]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of sheets (title, rows); `change` gets the book before it is saved."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    if change:
        change(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def table_xlsx(*rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook of one sheet."""
    return xlsx(("Sheet", rows), change=change)


def docx(*blocks: str | Sequence[Sequence[str]]) -> bytes:
    """A Word file of paragraphs (texts) and tables (rows of cells)."""
    from docx import Document

    document = Document()
    for block in blocks:
        if isinstance(block, str):
            document.add_paragraph(block)
            continue
        table = document.add_table(len(block), len(block[0]))
        for row, cells in zip(table.rows, block, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def pdf(*pages: str | None, broken: int | None = None) -> bytes:
    """A PDF file of one line a page; None is a page with a picture alone. The stream of page `broken` is no stream."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for place, text in enumerate(pages):
        content, page = len(objects) + 1, len(objects) + 2
        drawn = "/Im Do" if text is None else f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        head = "/Filter /FlateDecode " if place == broken else ""
        objects.append(f"<< {head}/Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        picture = "/XObject << /Im << /Type /XObject /Subtype /Image /Width 1 /Height 1 >> >>" if text is None else ""
        font = "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R /Resources << {font} {picture} >> >>"
        )
        kids.append(f"{page} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _written(objects)


def _written(objects: list[str]) -> bytes:
    data = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    tail = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + (head + table + tail).encode()


def locked_pdf(*pages: str) -> bytes:
    """The same with a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(*pages))))
    writer.encrypt("secret", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def packed(*members: Member, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


def repacked(data: bytes, changes: dict[str, bytes | None]) -> bytes:
    """An archive with other contents for some of its members; None takes one away."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()} | changes
    return packed(*((name, content) for name, content in members.items() if content is not None))


def member(data: bytes, name: str) -> bytes:
    """What an archive holds under a name."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return file.read(name)
