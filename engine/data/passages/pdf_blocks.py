"""A PDF file as blocks: the text of each page as paragraphs, with its bookmarks as headings and without running heads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.passages.blocks import TextBlock, paragraphs, plain_text
from engine.data.readers.pdf_reader import Lost, open_pdf, page_text
from engine.data.records.bounds import MAX_PAGES
from engine.data.rows.wording import CJK

_FEWEST_PAGES, _SHARE = 4, 0.6  # a line at the same edge of so many pages is a running head
_DEEPEST, _MOST_TITLES = 6, 5_000
_HYPHEN = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")
_NUMBERS = re.compile(r"\d+")


def pdf_blocks(path: Path) -> tuple[list[TextBlock], int, Lost]:
    """The blocks, how many pages there are, and those lost.

    Raises:
        Fault: "data.pdf.damaged", "data.pdf.encrypted", "data.pdf.no_text", "data.pdf.too_many_pages".
    """
    reader, pages = open_pdf(path)
    if pages > MAX_PAGES:
        raise Fault("data.pdf.too_many_pages", pages=pages, limit=MAX_PAGES)
    lost: Lost = []
    texts = [plain_text(page_text(reader, number, lost)).split("\n") for number in range(1, pages + 1)]
    titles = _titles(reader)
    blocks: list[TextBlock] = []
    for number, lines in enumerate(without_running_heads(texts), 1):
        blocks += _page_blocks(lines, titles, number)
    if not blocks:
        raise Fault("data.pdf.no_text", pages=pages)
    return blocks, pages, lost


def without_running_heads(pages: list[list[str]]) -> list[list[str]]:
    """The lines of each page without the first and last ones that most pages have, whatever number stands in them."""
    filled = [page for page in pages if any(line.strip() for line in page)]
    if len(filled) < _FEWEST_PAGES:
        return pages
    least = max(_FEWEST_PAGES - 1, round(_SHARE * len(filled)))
    edges = [Counter(_mark(page[at]) for page in filled) for at in (0, -1)]
    heads, feet = ({line for line, count in edge.items() if line and count >= least} for edge in edges)
    cut = []
    for page in pages:
        lines = page[1:] if page and _mark(page[0]) in heads else page
        cut.append(lines[:-1] if lines and _mark(lines[-1]) in feet else lines)
    return cut


def _mark(line: str) -> str:
    return _NUMBERS.sub("#", " ".join(line.split()).casefold())


def _page_blocks(lines: list[str], titles: dict[str, int], page: int) -> Iterator[TextBlock]:
    held: list[str] = []
    for line in lines:
        if level := titles.get(_title(line)):
            yield from paragraphs(unwrapped("\n".join(held)), page)
            held = []
            yield TextBlock(line.strip(), level, page)
        else:
            held.append(line)
    yield from paragraphs(unwrapped("\n".join(held)), page)


def unwrapped(text: str) -> str:
    """Text without the line ends of the page: words that were divided are whole, lines that go on are one."""
    text = _HYPHEN.sub("", text)
    parts = text.split("\n")
    said = parts[0]
    for line in parts[1:]:
        before, after = said.rstrip()[-1:], line.lstrip()[:1]
        if not line.strip() or not before or said.endswith("\n"):
            said += "\n" + line
        elif CJK.match(before) and CJK.match(after):
            said = said.rstrip() + line.lstrip()
        elif after.islower() or before == ",":
            said = said.rstrip() + " " + line.lstrip()
        else:
            said += "\n" + line
    return said


def _title(line: str) -> str:
    return re.sub(r"\W+", "", line).casefold()


def _titles(reader: Any) -> dict[str, int]:
    """The bookmarks with their levels. They may be damaged: then there are none."""
    found: dict[str, int] = {}
    try:
        stack = [(reader.outline, 1)]
        while stack and len(found) < _MOST_TITLES:
            entries, level = stack.pop()
            for entry in entries:
                if isinstance(entry, list):
                    stack += [(entry, level + 1)] if level < _DEEPEST else []
                elif title := _title(str(entry.title or "")):
                    found.setdefault(title, level)
    except Exception:  # odd files make the library raise whatever there is
        return found
    return found
