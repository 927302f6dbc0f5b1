"""Taking tables and texts out of files of other programs, each kind by its own module. Runs in the child that reads documents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.data.readers.tables.taken import TableWriter
from engine.data.records.bounds import most_of

TABLES = ("ods", "xls", "sqlite", "html")  # formats whose rows are those of a chosen table
PAGE_TEXT = "htm"  # a page whose text is read
ARROW = "arrow"  # read as Parquet


def take_out(kind: str, path: Path, target: Path) -> dict[str, Any]:
    """Write what a file holds to `target` and return what is to be known of it; "format" where it is another than `kind`.

    Raises:
        Fault: why there is nothing to take; whatever a library raises on damaged files.
    """
    return TAKERS[kind](path, target)


def _tables(
    take: Callable[[Path, TableWriter], None], *, names: bool = False
) -> Callable[[Path, Path], dict[str, Any]]:
    def written(path: Path, target: Path) -> dict[str, Any]:
        with target.open("wb") as out:
            writer = TableWriter(out, most_of(path.stat().st_size), names=names)
            take(path, writer)
            return writer.told()

    return written


def _ods(path: Path, writer: TableWriter) -> None:
    from engine.data.readers.tables.open_document import take_open_document

    take_open_document(path, writer)


def _xls(path: Path, writer: TableWriter) -> None:
    from engine.data.readers.tables.old_excel import take_old_excel

    take_old_excel(path, writer)


def _sqlite(path: Path, writer: TableWriter) -> None:
    from engine.data.readers.tables.sqlite_tables import take_sqlite

    take_sqlite(path, writer)


def _html(path: Path, target: Path) -> dict[str, Any]:
    from engine.data.readers.tables.markup import take_page

    with target.open("wb") as out:
        writer = TableWriter(out, most_of(path.stat().st_size))
        text = take_page(path, writer)
        if text is None:
            return writer.told()
        out.write(text.encode("utf-8"))
    return {"format": PAGE_TEXT}


def _epub(path: Path, target: Path) -> dict[str, Any]:
    from engine.data.readers.tables.epub_text import take_epub

    with target.open("w", encoding="utf-8", newline="") as out:
        take_epub(path, out)
    return {}


def _arrow(path: Path, target: Path) -> dict[str, Any]:
    from engine.data.readers.tables.arrow_file import take_arrow

    return take_arrow(path, target)


TAKERS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "ods": _tables(_ods),
    "xls": _tables(_xls),
    "sqlite": _tables(_sqlite, names=True),
    "html": _html,
    "epub": _epub,
    ARROW: _arrow,
}
