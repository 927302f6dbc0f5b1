"""The prose of an HTML page as blocks: headings and text, without scripts, styles, navigation and what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.passages.blocks import TextBlock
from engine.data.records.encodings import detect_encoding, open_text
from engine.data.records.record import show

_DROPPED = frozenset((
    "script", "style", "noscript", "template", "head", "nav", "footer", "aside", "button", "select", "option",
    "textarea", "input", "svg", "math", "canvas", "iframe", "object", "embed", "audio", "video", "map", "dialog",
    "menu",
))  # fmt: skip
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog"))
_BREAKS = frozenset((
    "p", "div", "section", "article", "main", "header", "form", "li", "ul", "ol", "dl", "dt", "dd", "blockquote",
    "pre", "table", "thead", "tbody", "tr", "figure", "figcaption", "address", "details", "summary", "hr", "body",
    "html", "h1", "h2", "h3", "h4", "h5", "h6",
))  # fmt: skip
_LEVEL = re.compile(r"h([1-6])$")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
_HEAD = 4096  # bytes that a page has to name its encoding in


def read_html(path: Path) -> str:
    """The page's source: UTF-8 where it is, else in the encoding that it names, else as detected."""
    data = path.read_bytes()
    found = _CHARSET.search(data[:_HEAD])
    for name in ("utf-8-sig", found[1].decode("ascii", "replace") if found else ""):
        try:
            return str(data.decode(name)) if name else _detected(path)
        except (UnicodeDecodeError, LookupError):
            continue
    return _detected(path)


def _detected(path: Path) -> str:
    with open_text(path, detect_encoding(path).name) as stream:
        return stream.read()


def html_blocks(source: str) -> Iterator[TextBlock]:
    """What a reader of the page sees as its text.

    Raises:
        Fault: "making.no_text" where there is no page; "making.damaged" where the library gives up before its end.
    """
    import lxml.html
    from lxml.etree import LxmlError

    parser = lxml.html.HTMLParser(huge_tree=True)  # its own limits would cut a long page without a word
    try:
        page = lxml.html.document_fromstring(_PROLOG.sub("", source), parser=parser)
    except (LxmlError, ValueError) as error:
        raise Fault("making.no_text") from error
    if lost := next((one for one in parser.error_log if one.level_name == "FATAL"), None):
        raise Fault("making.damaged", detail=show(lost.message))
    main = next(iter(page.xpath("//main | //*[@role='main']")), None)
    root = main if main is not None and len(main.text_content().split()) > 20 else page
    yield from _Reading(root).blocks()


class _Reading:
    """One walk over a page, without recursion: pages may be nested ten thousand deep."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._held: list[str] = []
        self._level = self._pre = 0

    def blocks(self) -> Iterator[TextBlock]:
        stack: list[tuple[Any, bool]] = [(self._root, False)]
        while stack:
            node, leaving = stack.pop()
            if not isinstance(node.tag, str):  # a comment
                self._hear(node.tail)
                continue
            if leaving:
                yield from self._leave(node)
                continue
            if node is not self._root and _is_left_out(node):
                if node.tag in _BREAKS or node.tag in ("nav", "footer", "aside"):
                    yield from self._cut()
                self._hear(node.tail)
                continue
            yield from self._enter(node)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
        yield from self._cut()

    def _enter(self, node: Any) -> Iterator[TextBlock]:
        if node.tag in ("td", "th") and self._held and not self._held[-1].endswith("\n"):
            self._held.append("\t")
        elif node.tag == "br":
            self._held.append("\n")
        elif node.tag in ("li", "tr", "dt", "dd"):
            self._line()
        elif node.tag in _BREAKS and not self._inside_line(node):
            yield from self._cut()
        if node.tag == "li":
            self._held.append("- ")
        if found := _LEVEL.match(node.tag):
            self._level = int(found[1])
        self._pre += node.tag == "pre"
        self._hear(node.text)

    def _leave(self, node: Any) -> Iterator[TextBlock]:
        if node.tag in _BREAKS and node.tag not in ("li", "tr", "dt", "dd") and not self._inside_line(node):
            yield from self._cut()
        self._pre -= node.tag == "pre"
        if node is not self._root:
            self._hear(node.tail)

    def _inside_line(self, node: Any) -> bool:
        """A paragraph within a list's item or a table's cell stays in its line."""
        return (
            node.tag in ("p", "div")
            and node.getparent() is not None
            and node.getparent().tag in ("li", "td", "th", "dd")
        )

    def _line(self) -> None:
        if self._held and not self._held[-1].endswith("\n"):
            self._held.append("\n")

    def _hear(self, text: str | None) -> None:
        if text:
            self._held.append(text if self._pre else re.sub(r"\s+", " ", text))

    def _cut(self) -> Iterator[TextBlock]:
        text = (
            re.sub(r" *\n *", "\n", re.sub(r"[ \xa0]+", " ", "".join(self._held)))
            if not self._pre
            else "".join(self._held)
        )
        if text.strip(" \n\t-"):
            heading = " ".join(text.split()) if self._level else text
            yield TextBlock(heading, self._level)
        self._held, self._level = [], 0


def _is_left_out(node: Any) -> bool:
    if node.tag in _DROPPED or node.get("hidden") is not None or node.get("aria-hidden") == "true":
        return True
    if node.tag == "header" and not node.xpath(".//h1 | .//h2 | ancestor::article | ancestor::main"):
        return True
    return (node.get("role") or "").lower() in _ROLES or bool(_HIDDEN.search(node.get("style") or ""))
