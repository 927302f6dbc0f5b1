"""Which kinds of document become passages, and the child that reads them (`python -m engine.data.passages.reading`).

As with documents that become plain text, the libraries run in a process that is ended when it takes too long or too much memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.data.detection.file_signatures import binary_format
from engine.data.passages.blocks import TextBlock, cleaned
from engine.data.passages.html_blocks import html_blocks, read_html
from engine.data.passages.markdown_blocks import markdown_blocks, text_blocks
from engine.data.passages.pdf_blocks import pdf_blocks
from engine.data.passages.subtitle_blocks import is_subtitles, subtitle_blocks
from engine.data.passages.word_blocks import word_blocks
from engine.data.readers.documents import ENCODING, answer_orders
from engine.data.readers.pdf_reader import Lost
from engine.data.records.bounds import MAX_DOCUMENT_MB
from engine.data.records.encodings import detect_encoding, open_text
from engine.data.records.record import show

CHILD = "engine.data.passages.reading"  # the module that is run as a process
_TABLES = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "xlsx", "xls", "ods")  # rows already, no running text
_HTML_OPENINGS = ("<!doctype html", "<html", "<head", "<body")


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document.

    Attributes:
        key: its name.
        endings: of files that are of it, in small letters; the content tells Word, PDF, HTML and subtitles whatever the name.
        read: its blocks, its pages (0: it has none), and pages that were lost.
    """

    key: str
    endings: tuple[str, ...]
    read: Callable[[Path], tuple[Iterable[TextBlock], int, Lost]]


def _text_of(path: Path) -> str:
    with open_text(path, detect_encoding(path).name) as stream:
        return stream.read()


DOCUMENT_KINDS = (
    DocumentKind("pdf", ("pdf",), pdf_blocks),
    DocumentKind("docx", ("docx",), lambda path: (word_blocks(path), 0, [])),
    DocumentKind("md", ("md", "markdown", "mdown"), lambda path: (markdown_blocks(_text_of(path)), 0, [])),
    DocumentKind("html", ("html", "htm", "xhtml"), lambda path: (html_blocks(read_html(path)), 0, [])),
    DocumentKind("subtitles", ("srt", "vtt"), lambda path: (subtitle_blocks(_text_of(path)), 0, [])),
    DocumentKind("txt", ("txt", "text", ""), lambda path: (text_blocks(_text_of(path)), 0, [])),
)
_BY_KEY = {kind.key: kind for kind in DOCUMENT_KINDS}
ENDINGS = tuple(f".{ending}" for kind in DOCUMENT_KINDS for ending in kind.endings if ending)


def kind_of_document(path: Path, name: str) -> str:
    """The kind of a file, by its content, then by its name.

    Raises:
        Fault: "making.no_document" for tables and packed files; "making.too_large"; what `binary_format` raises.
    """
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    found = binary_format(path)
    if found in ("pdf", "docx"):
        return str(found)
    if found not in (None, "html") or ending in _TABLES:
        raise Fault("making.no_document", kinds=", ".join(ENDINGS))
    if path.stat().st_size > MAX_DOCUMENT_MB * 2**20:
        raise Fault("making.too_large", limit=MAX_DOCUMENT_MB)
    with open_text(path, detect_encoding(path).name) as stream:
        head = stream.read(4096)
    if found == "html" or head.lstrip("\ufeff \r\n\t").lower().startswith(_HTML_OPENINGS):
        return "html"
    if is_subtitles(head.splitlines()):
        return "subtitles"
    named = next((kind.key for kind in DOCUMENT_KINDS if ending in kind.endings), "txt")
    return "txt" if named in ("pdf", "docx") else named


# ------------------------------------------------------------------ in the child


def _read(kind: str, path: str, target: str) -> dict[str, Any]:
    blocks, pages, lost = _BY_KEY[kind].read(Path(path))
    count = 0
    with Path(target).open("w", encoding=ENCODING, newline="") as out:
        for block in cleaned(blocks):
            out.write(json.dumps(asdict(block), ensure_ascii=False) + "\n")
            count += 1
    if not count:
        raise Fault("making.no_text")
    return {"pages": pages, "lost": [list(one) for one in lost]}


def _outcome(kind: str, path: str, target: str) -> dict[str, Any] | CodedMessage:
    try:
        return _read(kind, path, target)
    except Fault as fault:
        return fault.as_dict()
    except MemoryError:
        raise
    except Exception as error:  # odd files make the libraries raise whatever there is
        return Fault("making.damaged", detail=show(str(error) or type(error).__name__)).as_dict()


def main() -> None:
    """Answer each line ([kind, path, target]) with a line; ends with its input."""
    answer_orders(_outcome)


if __name__ == "__main__":
    main()
