"""Text of a Word file: its paragraphs and the cells of its tables, in the order in which a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from engine.core.errors import Fault
from engine.data.records.bounds import MAX_DOCUMENT_MB
from engine.data.records.record import show
from engine.data.records.zip_files import open_zip

_MAIN = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEFT_OUT = {_W + "del", _W + "moveFrom", "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_SIGNS = {_W + "tab": "\t", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}
_XML_CAN_NOT = re.compile("[\0\ud800-\udfff]")


def extract_word(path: Path, out: TextIO) -> None:
    """Write the text: paragraphs with a blank line between them, a table's rows as lines with tabs between the cells.

    Raises:
        Fault: "data.word.damaged", "data.word.too_large", "data.word.no_text".
    """
    check_word_size(path)
    first = True
    for _element, block in word_texts(open_word(path).element.body):
        out.write(block if first else "\n\n" + block)
        first = False
    if first:
        raise Fault("data.word.no_text")


def check_word_size(path: Path) -> None:
    """Raises Fault("data.word.too_large") before the library unpacks it."""
    with open_zip(path) as package:
        size = package.getinfo(_MAIN).file_size
    if size > MAX_DOCUMENT_MB * 2**20:
        raise Fault("data.word.too_large", mb=size // 2**20, limit=MAX_DOCUMENT_MB)


def open_word(path: Path) -> Any:
    """The document, as the library has it. Raises Fault("data.word.damaged")."""
    from docx import Document
    from lxml.etree import LxmlError

    try:
        document = Document(str(path))
        document.element.body  # noqa: B018  (what has none is damaged)
        return document
    except (LxmlError, KeyError, ValueError, AttributeError, OSError, RuntimeError) as error:
        raise Fault("data.word.damaged", detail=show(str(error) or type(error).__name__)) from error


def word_texts(parent: Any) -> Iterator[tuple[Any, str]]:
    """The paragraphs and tables under an element that hold text, each with it."""
    for child in parent:
        if child.tag == _W + "p":
            text = "".join(_signs(child))
        elif child.tag == _W + "tbl":
            text = "\n".join(row for row in map(_table_row, child.iter(_W + "tr")) if row.strip())
        elif child.tag in _LEFT_OUT:
            continue
        else:  # a content control, a tracked insertion
            yield from word_texts(child)
            continue
        if text.strip():
            yield child, _XML_CAN_NOT.sub("\N{REPLACEMENT CHARACTER}", text)


def _table_row(row: Any) -> str:
    cells = (cell for cell in row.iter(_W + "tc") if next(cell.iterancestors(_W + "tr")) is row)
    return "\t".join(" ".join(" ".join(text for _element, text in word_texts(cell)).split()) for cell in cells)


def _signs(parent: Any) -> Iterator[str]:
    """The characters of a paragraph, without what was deleted in a tracked change."""
    for child in parent:
        if child.tag == _W + "t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag == _W + "p":  # in a text box
            yield "\n"
            yield from _signs(child)
        elif child.tag not in _LEFT_OUT and isinstance(child.tag, str):
            yield from _signs(child)
