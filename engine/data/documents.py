"""Word and PDF files: their text is taken out once, into a file beside them that is then read like any other text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.pdf_reader import extract_pdf
from engine.data.word_reader import extract_word

DOCUMENTS = ("docx", "pdf")
ENCODING = "utf-8"


def text_beside(path: Path) -> Path:
    """Where the text of a document is put."""
    return path.with_name(path.name + ".text")


def take_text(path: Path, kind: str) -> tuple[Path, dict[str, Any]]:
    """The text file and what is known of the document: {"pages", "lost": [[page, code, params]]} of a PDF.

    Raises:
        Fault: why there is no text to take.
    """
    target = text_beside(path)
    try:
        with target.open("w", encoding=ENCODING, newline="") as out:
            if kind == "docx":
                extract_word(path, out)
                return target, {}
            pages, lost = extract_pdf(path, out)
            return target, {"pages": pages, "lost": [list(one) for one in lost]}
    except BaseException:
        target.unlink(missing_ok=True)
        raise
