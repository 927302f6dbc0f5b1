"""Files that are ZIP inside or were written by older Office: which of them they are, by what is in them."""

from __future__ import annotations

import mmap
import zipfile
from pathlib import Path

from engine.core.errors import Fault
from engine.data.records.bounds import MAX_PACKAGE
from engine.data.records.zip_files import DAMAGE, check_ratio, open_zip

_BY_MIMETYPE = {
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/epub+zip": "epub",
}
_NOT_READ = {b"application/vnd.oasis.opendocument.text": "ODT"}


def package_kind(path: Path) -> str:
    """Either "xlsx", "docx", "ods", "epub" or "zip" (an archive of files).

    Raises:
        Fault: "data.archive.damaged", "data.archive.bomb", "data.file.office" for others that nobody reads here,
            "data.office.none" for an Office file without its main part.
    """
    with open_zip(path) as file:
        names = set(file.namelist())
        if "[Content_Types].xml" not in names:
            kind = _by_mimetype(file, names)
            if kind != "zip":
                _check_size(file)
            return kind
        if "xl/workbook.xml" in names or "word/document.xml" in names:
            _check_size(file)
            return "xlsx" if "xl/workbook.xml" in names else "docx"
    for part, kind in (("xl/workbook.bin", "XLSB"), ("ppt/presentation.xml", "PPTX")):
        if part in names:
            raise Fault("data.file.office", kind=kind)
    raise Fault("data.office.none")


def _by_mimetype(file: zipfile.ZipFile, names: set[str]) -> str:
    """What a file says of itself in its first part; "zip" where it says nothing."""
    if "mimetype" not in names:
        return "zip"
    try:
        with file.open("mimetype") as member:
            said = member.read(100).strip()
    except DAMAGE:
        return "zip"
    if said in _NOT_READ:
        raise Fault("data.file.office", kind=_NOT_READ[said])
    return _BY_MIMETYPE.get(said, "zip")


def _check_size(file: zipfile.ZipFile) -> None:
    for info in file.infolist():
        check_ratio(info)
    total = sum(info.file_size for info in file.infolist())
    if total > MAX_PACKAGE:
        raise Fault("data.archive.too_large", limit=MAX_PACKAGE // 2**20)


def old_office_kind(path: Path) -> str:
    """`xls` for a compound file that is a book of Excel before 2007.

    Raises:
        Fault: why another one (Word before 2007, or any with a password) cannot be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise Fault("data.office.encrypted")
        for stream, kind in (("Workbook", "xls"), ("Book", "xls"), ("WordDocument", "DOC"), ("PowerPoint", "PPT")):
            if content.find(stream.encode("utf-16-le") + b"\0\0") >= 0:
                if kind != "xls":
                    raise Fault("data.file.office", kind=kind)
                return kind
    raise Fault("data.file.office", kind="XLS, DOC")
