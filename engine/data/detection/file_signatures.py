"""Files that are not plain text, told by the bytes that they begin with."""

from __future__ import annotations

import re
from pathlib import Path

from engine.core.errors import Fault
from engine.data.readers.office_packages import old_office_kind, package_kind

_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|table)\b",
    re.I | re.S,
)
_MAGIC = (
    (b"FEA1", "data.file.binary", "Feather 1"),
    (b"PARE", "data.parquet.encrypted", ""),
    (b"7z\xbc\xaf\x27\x1c", "data.file.archive", "7-Zip"),
    (b"Rar!\x1a\x07", "data.file.archive", "RAR"),
    (b"\x89PNG", "data.file.binary", "PNG"),
    (b"\xff\xd8\xff", "data.file.binary", "JPEG"),
    (b"GIF8", "data.file.binary", "GIF"),
    (b"ORC", "data.file.binary", "ORC"),
    (b"Obj\x01", "data.file.binary", "Avro"),
    (b"\x93NUMPY", "data.file.binary", "NumPy"),
    (b"{\\rtf", "data.file.office", "RTF"),
    (b"GGUF", "data.file.binary", "GGUF"),
    (b"\x7fELF", "data.file.binary", "ELF"),
    (b"\x80\x02", "data.file.binary", "pickle"),
    (b"\x80\x03", "data.file.binary", "pickle"),
    (b"\x80\x04", "data.file.binary", "pickle"),
    (b"\x80\x05", "data.file.binary", "pickle"),
)
_READ = (
    (re.compile(rb"\x1f\x8b\x08"), "gzip"),
    (re.compile(rb"BZh[1-9]1AY&SY"), "bzip2"),
    (re.compile(rb"\xfd7zXZ\x00"), "xz"),
    (re.compile(rb"\x28\xb5\x2f\xfd"), "zstd"),
    (re.compile(rb"ARROW1\0\0"), "arrow"),
    (
        re.compile(rb"\xff{4}..[\x00-\x0f]\x00", re.S),
        "arrow",
    ),  # a stream of it: the length of its schema stands in front
    (re.compile(rb"SQLite format 3\0"), "sqlite"),
    (_HTML, "html"),
)
PACKED_KINDS = ("gzip", "bzip2", "xz", "zstd")  # one file, packed by itself
_PAGES = (".html", ".htm", ".xhtml")
_NO_PAGES = (
    ".json",
    ".jsonl",
    ".ndjson",
    ".csv",
    ".tsv",
    ".parquet",
    ".arrow",
    ".feather",
    ".sqlite",
    ".db",
    ".zip",
    ".gz",
    ".zst",
)
_POINTER = b"version https://git-lfs.github.com/spec/"
_TELLING = (b"{\\rtf",)
_HEAD = 1_024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF-"


def binary_format(path: Path) -> str | None:
    """Either "parquet", "zip" (an archive of files), one of PACKED, DOCUMENTS or TABLES, or "xlsx"; None for what may be text.

    Raises:
        Fault: "data.file.empty", "data.file.pointer", "data.file.archive" and others for what can never be read here.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise Fault("data.file.empty")
    if head.startswith(_POINTER):
        raise Fault("data.file.pointer")
    if head.startswith(_ZIP):
        return package_kind(path)
    if head.startswith(_OLD_OFFICE):
        return old_office_kind(path)
    if kind := next((kind for mark, kind in _READ if mark.match(head)), None):
        return kind
    if head[257:262] == b"ustar":
        raise Fault("data.file.archive", kind="TAR")
    if _PDF in head and not head[: head.index(_PDF)].strip(b"\xef\xbb\xbf \r\n\t\0"):
        return "pdf"
    binary = any(byte < 9 for byte in head)  # a text may begin with the letters of a mark
    for mark, code, kind in _MAGIC:
        if head.startswith(mark) and (binary or mark in _TELLING):
            raise Fault(code, **({"kind": kind} if kind else {}))
    return "parquet" if binary and head.startswith(b"PAR1") else None


def page_by_name(path: Path, name: str) -> str | None:
    """`html` for a piece of a page without its frame, which only the name tells from a text with marks."""
    if not name.lower().endswith(_PAGES):
        return None
    with path.open("rb") as file:
        return "html" if file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") else None


def check_no_page(kind: str | None, name: str) -> None:
    """Raises Fault("data.file.page") for a web page under the name of a data file: what a server says in its place."""
    if kind == "html" and name.lower().endswith(_NO_PAGES):
        raise Fault("data.file.page", ending=name[name.rindex(".") :].lower())
