"""Text of an EPUB book: its chapters in the order of reading. An EPUB is a ZIP file of pages."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote

from engine.core.errors import Fault
from engine.data.readers.tables.markup import page_text, read_page
from engine.data.records.bounds import MAX_PART_MB, MB
from engine.data.records.zip_files import open_zip

_CONTAINER = "META-INF/container.xml"
_LOCKS = ("META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl")
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def take_epub(path: Path, out: TextIO) -> None:
    """Write the text of all chapters, a blank line between two of them.

    Raises:
        Fault: "data.epub.protected", "data.epub.damaged", "data.epub.no_text", "data.document.too_large".
    """
    with open_zip(path) as package:
        names = set(package.namelist())
        if names & set(_LOCKS):
            raise Fault("data.epub.protected")
        written = False
        for name in _chapters(package, names):
            text = _text(package, name)
            if text:
                out.write(("\n\n" if written else "") + text)
                written = True
    if not written:
        raise Fault("data.epub.no_text")


def _text(package: zipfile.ZipFile, name: str) -> str:
    data = _part(package, name)
    return page_text(read_page(data)) if data.strip() else ""


def _part(package: zipfile.ZipFile, name: str) -> bytes:
    size = package.getinfo(name).file_size
    if size > MAX_PART_MB * MB:
        raise Fault("data.document.too_large", mb=size // MB, limit=MAX_PART_MB)
    return package.read(name)


def _xml(data: bytes) -> Any:
    from lxml.etree import XMLParser, fromstring

    return fromstring(data, XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False))


def _chapters(package: zipfile.ZipFile, names: set[str]) -> Iterator[str]:
    """Names of the pages, in the order of reading, without the table of contents."""
    if _CONTAINER not in names:
        raise Fault("data.epub.damaged", detail=_CONTAINER)
    roots = [node.get("full-path") for node in _xml(_part(package, _CONTAINER)).iter("{*}rootfile")]
    main = next((root for root in roots if root in names), None)
    if main is None:
        raise Fault("data.epub.damaged", detail=", ".join(str(root) for root in roots)[:100])
    book = _xml(_part(package, main))
    items = {item.get("id"): item for item in book.iter("{*}item")}
    for place in book.iter("{*}itemref"):
        item = items.get(place.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        name = posixpath.normpath(posixpath.join(posixpath.dirname(main), unquote(item.get("href", ""))))
        if name in names:
            yield name
