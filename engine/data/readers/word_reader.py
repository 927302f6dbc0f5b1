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
    with open_zip(path) as package:
        size = package.getinfo(_MAIN).file_size
    if size > MAX_DOCUMENT_MB * 2**20:
        raise Fault("data.word.too_large", mb=size // 2**20, limit=MAX_DOCUMENT_MB)
    first = True
    for block in _blocks(_body(path)):
        out.write(block if first else "\n\n" + block)
        first = False
    if first:
        raise Fault("data.word.no_text")


def _body(path: Path) -> Any:
    from docx import Document
    from lxml.etree import LxmlError

    try:
        return Document(str(path)).element.body
    except (LxmlError, KeyError, ValueError, AttributeError, OSError, RuntimeError) as error:
        raise Fault("data.word.damaged", detail=show(str(error) or type(error).__name__)) from error


def _blocks(parent: Any) -> Iterator[str]:
    """The paragraphs and tables under an element that hold text."""
    for child in parent:
        if child.tag == _W + "p":
            text = "".join(_signs(child))
        elif child.tag == _W + "tbl":
            text = "\n".join(row for row in map(_table_row, child.iter(_W + "tr")) if row.strip())
        elif child.tag in _LEFT_OUT:
            continue
        else:  # a content control, a tracked insertion
            yield from _blocks(child)
            continue
        if text.strip():
            yield _XML_CAN_NOT.sub("\N{REPLACEMENT CHARACTER}", text)


def _table_row(row: Any) -> str:
    cells = (cell for cell in row.iter(_W + "tc") if next(cell.iterancestors(_W + "tr")) is row)
    return "\t".join(" ".join(" ".join(_blocks(cell)).split()) for cell in cells)


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
