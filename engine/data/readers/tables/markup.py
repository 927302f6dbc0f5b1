"""Pages of HTML: their tables as rows of cells, or their running text in paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.readers.tables.spread import Spread, trimmed
from engine.data.readers.tables.taken import TableWriter
from engine.data.records.bounds import MAX_DOCUMENT_MB, MAX_SPAN, MB
from engine.data.records.encodings import detect_encoding

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.I)
_UNSEEN = {
    "script",
    "style",
    "noscript",
    "template",
    "head",
    "title",
    "svg",
    "math",
    "object",
    "iframe",
    "nav",
    "select",
}
_BLOCKS = {
    "p", "div", "section", "article", "main", "header", "footer", "aside", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl",
    "li", "dt", "dd", "table", "blockquote", "pre", "figure", "figcaption", "form", "fieldset", "address", "hr", "body", "html",
    "details", "summary", "center",
}  # fmt: skip
_TIGHT = {"li", "dt", "dd", "tr", "summary"}  # begin a line, not a paragraph
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NO_TEXT_CAN = re.compile("[\0-\2\ud800-\udfff]")
_PARAGRAPH, _LINE, _KEPT = "\x00", "\x01", "\x02"  # marks that no text of a page holds


def read_page(source: Path | bytes, encoding: str | None = None) -> Any:
    """The root of a page; nothing is fetched and no entity is resolved.

    Raises:
        Fault: "data.document.too_large", "data.html.no_text".
        ValueError: it nests too deeply to be read whole.
    """
    from lxml.etree import HTMLParser, fromstring

    data = source if isinstance(source, bytes) else _read(source)
    chosen = encoding or _said(data) or (detect_encoding(source).name if isinstance(source, Path) else "utf-8")
    try:
        text = data.decode(chosen, "replace")
    except LookupError:
        text = data.decode("utf-8", "replace")
    text = _NO_TEXT_CAN.sub("\N{REPLACEMENT CHARACTER}", text.lstrip("\N{BYTE ORDER MARK}"))
    parser = HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    root = fromstring(text.encode("utf-8"), parser) if text.strip() else None
    if root is None:
        raise Fault("data.html.no_text")
    if lost := parser.error_log.filter_from_fatals():  # what stands behind it is not in the tree
        raise ValueError(lost[0].message)
    return root


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_DOCUMENT_MB * MB:
        raise Fault("data.document.too_large", mb=size // MB, limit=MAX_DOCUMENT_MB)
    return path.read_bytes()


def _said(data: bytes) -> str | None:
    found = _CHARSET.search(data[:4_096])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    name = found[1].decode("ascii").lower() if found else None
    return {"iso-8859-1": "cp1252", "latin1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(name or "", name)


# ------------------------------------------------------------------ text


def page_text(root: Any) -> str:
    """The text that a person sees: blank lines between paragraphs, a table's rows as lines with tabs between the cells."""
    found = "".join(_signs(root, kept=False))
    blocks = re.split(f"[{_LINE}]*{_PARAGRAPH}[{_PARAGRAPH}{_LINE} ]*", found)
    lines = ("\n".join(line.strip(" ") for line in block.split(_LINE)).strip("\n ") for block in blocks)
    return "\n\n".join(re.sub(r"\n{2,}", "\n", text) for text in lines if text.strip()).replace(_KEPT, " ")


def _signs(node: Any, *, kept: bool) -> Iterator[str]:
    """The characters under an element; `kept`: white space counts (`<pre>`)."""
    tag = node.tag if isinstance(node.tag, str) else ""
    if tag in _UNSEEN or not tag or "display:none" in node.get("style", "").replace(" ", ""):
        return
    if tag == "br":
        yield _LINE
        return
    mark = _LINE if tag in _TIGHT else _PARAGRAPH if tag in _BLOCKS else ""
    kept = kept or tag == "pre"
    yield mark
    yield _plain(node.text, kept)
    for child in node:
        yield from _signs(child, kept=kept)
        yield _plain(child.tail, kept)
    yield "\t" if tag in ("td", "th") and node.getnext() is not None else mark


def _plain(text: str | None, kept: bool) -> str:
    if not text:
        return ""
    return text.replace("\r\n", "\n").replace("\n", _LINE).replace(" ", _KEPT) if kept else _SPACE.sub(" ", text)


# ------------------------------------------------------------------ tables


def take_page(path: Path, writer: TableWriter) -> str | None:
    """Write the page's tables where they hold most of its text; else return the text.

    Raises:
        Fault: "data.document.too_large", "data.html.no_text".
    """
    root = read_page(path)
    tables = [table for table in root.iter("table") if _is_data(table)]
    text = page_text(root)
    inside = sum(len("".join(_cell(table).split())) for table in tables)
    if not tables or 2 * inside < len("".join(text.split())):
        if not text:
            raise Fault("data.html.no_text")
        return text
    for number, table in enumerate(tables, 1):
        facts: dict[str, Any] = {}
        writer.table(_name(table, number), _rows(table, facts), facts)
    return None


def _is_data(table: Any) -> bool:
    """Whether a table holds rows and columns, and no other table as pages do that are laid out with them."""
    rows = list(table.iter("tr"))
    wide = sum(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in rows)
    return wide > 1 and next(table.iterdescendants("table"), None) is None


def _name(table: Any, number: int) -> str:
    caption = table.find("caption")
    said = " ".join(_cell(caption).split()) if caption is not None else ""
    return said or table.get("id") or f"#{number}"


def _rows(table: Any, facts: dict[str, Any]) -> Iterator[tuple[int, list[str | None]]]:
    spread = Spread()
    for number, row in enumerate(table.iter("tr"), 1):
        cells = _row(row, spread)
        if trimmed(cells):
            yield number, cells
    facts["merged"] = spread.areas


def _row(row: Any, spread: Spread) -> list[str | None]:
    """The cells of a row; places that cells above fill are passed over, as a page shows them."""
    cells: list[str | None] = spread.filled([])
    taken = [cell is not None for cell in cells]
    at = 0
    for cell in row:
        if cell.tag not in ("td", "th"):
            continue
        while at < len(taken) and taken[at]:
            at += 1
        text, width = _cell(cell) or None, _span(cell, "colspan")
        cells.extend([None] * (at + width - len(cells)))
        cells[at] = text
        spread.hold(at, _span(cell, "rowspan"), text)
        at += width
    return cells


def _span(cell: Any, name: str) -> int:
    said = cell.get(name, "1").strip()
    return min(MAX_SPAN, max(1, int(said))) if said.isascii() and said.isdigit() else 1


def _cell(cell: Any) -> str:
    return page_text(cell).replace("\n\n", "\n").strip()
