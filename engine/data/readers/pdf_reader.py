"""Text of a PDF file, page by page. A page without text, or one that is damaged, is named."""

from __future__ import annotations

import logging
import re
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from engine.core.errors import Fault
from engine.data.records.bounds import MAX_PAGES
from engine.data.records.record import show

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_EMPTY_STREAM = 16  # bytes of a packed stream that holds nothing
_NO_TEXT_CAN = re.compile("[\0\ud800-\udfff]")
Lost = list[tuple[int, str, dict[str, Any]]]  # page (from 1), code, params


def extract_pdf(path: Path, out: TextIO) -> tuple[int, Lost]:
    """Write the text of all pages, a line end between two of them; returns how many pages there are and those lost.

    Raises:
        Fault: "data.pdf.damaged", "data.pdf.encrypted", "data.pdf.no_text", "data.pdf.too_many_pages".
    """
    reader, pages = open_pdf(path)
    if pages > MAX_PAGES:
        raise Fault("data.pdf.too_many_pages", pages=pages, limit=MAX_PAGES)
    lost: Lost = []
    written = False
    for number in range(1, pages + 1):
        text = page_text(reader, number, lost)
        if text.strip():
            out.write(("\n" if written else "") + _NO_TEXT_CAN.sub("\N{REPLACEMENT CHARACTER}", text))
            written = True
    if not written:
        damaged = bool(lost) and all(code == "data.pdf.page_damaged" for _page, code, _params in lost)
        raise (
            Fault("data.pdf.damaged", detail=lost[0][2]["detail"])
            if damaged
            else Fault("data.pdf.no_text", pages=pages)
        )
    return pages, lost


def _wrong() -> tuple[type[Exception], ...]:
    """What the library raises on damaged files."""
    from pypdf.errors import DependencyError, PyPdfError

    plain = (
        KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError, AssertionError, OverflowError,
        OSError, EOFError, NotImplementedError,
    )  # fmt: skip
    return (PyPdfError, DependencyError, zlib.error, struct.error, *plain)


def open_pdf(path: Path) -> tuple[PdfReader, int]:
    """The file and how many pages it has. Raises Fault: "data.pdf.encrypted", "data.pdf.damaged"."""
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of each odd object
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Fault("data.pdf.encrypted")
        return reader, len(reader.pages)
    except _wrong() as error:
        if type(error).__name__ in ("DependencyError", "FileNotDecryptedError", "WrongPasswordError"):
            raise Fault("data.pdf.encrypted") from error
        raise Fault("data.pdf.damaged", detail=show(str(error) or type(error).__name__)) from error


def page_text(reader: PdfReader, number: int, lost: Lost) -> str:
    """The text of a page (from 1); empty where there is none, which is then noted in `lost`."""
    try:
        page = reader.pages[number - 1]
        text = page.extract_text()
        if not text.strip():
            _why_empty(page, number, lost)
        return text
    except _wrong() as error:
        detail = show(str(error) or type(error).__name__)
        lost.append((number, "data.pdf.page_damaged", {"page": number, "detail": detail}))
        return ""


def _why_empty(page: PageObject, number: int, lost: Lost) -> None:
    """A page without text may be blank, scanned, or so damaged that the library finds nothing to unpack."""
    contents = page.get("/Contents")
    resources = page.get("/Resources")
    if resources and resources.get_object().get("/XObject"):
        lost.append((number, "data.pdf.page_scanned", {"page": number}))
    elif contents and _bytes_of(contents.get_object()) > _EMPTY_STREAM and not _unpacked(page).strip():
        lost.append((number, "data.pdf.page_damaged", {"page": number, "detail": "/Contents"}))


def _bytes_of(contents: Any) -> int:
    streams = contents if isinstance(contents, list) else [contents]
    return sum(len(getattr(stream.get_object(), "_data", b"")) for stream in streams)


def _unpacked(page: PageObject) -> bytes:
    contents = page.get_contents()
    return contents.get_data() if contents else b""
