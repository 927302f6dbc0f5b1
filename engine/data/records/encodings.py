"""Which encoding a text file has, found by its bytes, and how to open it so that damage stays on its own row."""

from __future__ import annotations

import codecs
import contextlib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from engine.core.errors import Fault
from engine.data.records.bounds import LOOK_BYTES
from engine.data.records.old_encodings import FAMILIES, certainty, readings

ENCODINGS = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    *(name for names in FAMILIES.values() for name in names),
    "iso2022_jp",
    "utf-32-le",
    "utf-32-be",
)
_ALIASES = {"utf-16": "utf-16-le", "utf-32": "utf-32-le"}
_OURS = {codecs.lookup(name).name: name for name in ENCODINGS}  # by Python's own name, which knows all others
_OURS |= dict.fromkeys(("gbk", "gb2312"), "gb18030")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 256 * 1024
_SURE = 55  # %: from here on an encoding is said to be found, not only the one that fits best
_OTHERS = 3  # readings that are shown beside
_CHUNK = 1024 * 1024
_ESCAPED = re.compile(rb"\x1b\$[@B][\x21-\x7e]{2}")  # a Japanese letter in seven bits
_CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1b")
MARK_BAD_BYTES = "tunesmith.mark"
_MARKS = tuple(chr(0xDC00 + byte) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec with the reason why: sentence `detect.<code>`."""

    name: str  # of the codec, as Python knows it
    code: str  # of the sentence
    params: dict[str, Any] = field(default_factory=dict)  # of the sentence
    others: tuple[tuple[str, str], ...] = ()  # codecs that it may be instead, each with a line as that one reads it


def _mark_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    """Decode error handler: each byte that does not fit becomes one half character, which `is_damaged` finds."""
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return _MARKS[wrong[0]] if len(wrong) == 1 else "".join(_MARKS[byte] for byte in wrong), error.end


codecs.register_error(MARK_BAD_BYTES, _mark_bad_bytes)

_NO_LEADS = bytes(byte for byte in range(256) if byte < 0xC0)  # every byte that begins no character beyond ASCII


def is_damaged(text: str) -> bool:
    """Whether `text` holds bytes that did not fit the encoding (or half a character from a JSON escape)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _bom(head: bytes) -> tuple[bytes, str] | None:
    return next(((mark, name) for mark, name in _BOMS if head.startswith(mark)), None)


def known_encoding(name: str) -> str:
    """Our name of an encoding that a user chose.

    Raises:
        Fault: "data.encoding.unknown".
    """
    plain = name.strip().lower()
    plain = _ALIASES.get(plain, plain)
    with contextlib.suppress(LookupError, ValueError):  # the second: half characters, NUL
        if found := _OURS.get(codecs.lookup(plain).name):
            return found
    raise Fault("data.encoding.unknown", encoding=name[:40])


def open_text(path: Path, encoding: str, newline: str | None = "") -> TextIO:
    """Open for reading; a byte order mark is skipped, bytes that do not fit are marked, line ends are kept."""
    raw = path.open("rb")
    mark = _bom(raw.peek(4)[:4])
    if mark and mark[1] == encoding:
        raw.seek(len(mark[0]))
    return io.TextIOWrapper(raw, encoding=encoding, errors=MARK_BAD_BYTES, newline=newline)


def detect_encoding(path: Path) -> Encoding:
    """The encoding of a text file.

    Raises:
        Fault: "data.file.binary" when this is no text at all.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if mark := _bom(head):
        return Encoding(mark[1], "encoding.bom", {"encoding": mark[1]})
    if wide := _utf16_without_mark(head):
        return Encoding(wide, "encoding.utf16", {"encoding": wide})
    good, bad = _utf8_counts(path)
    controls = sum(head.count(byte) for byte in _CONTROLS)
    if controls > max(8, len(head) // 100) and (bad or b"\0" in head):
        raise Fault("data.file.binary", kind="?")
    if not bad and not good and _ESCAPED.search(head):
        return Encoding("iso2022_jp", "encoding.escapes", {"encoding": "iso2022_jp"})
    if not bad:
        return Encoding("utf-8", "encoding.utf8" if good else "encoding.ascii")
    if good > 2 * bad:  # of texts in other encodings at most one and a half, by chance
        return Encoding("utf-8", "encoding.utf8_damaged", {"bad": bad})
    return _legacy(path)


def _utf16_without_mark(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if not even and not odd:
        return None
    name, near, far = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if far * 4 > near:  # a few: in Chinese, either half of a character may be 0
        return None
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    usual = sum(ch.isalnum() or ch.isspace() or (ch.isprintable() and ch != "\N{REPLACEMENT CHARACTER}") for ch in text)
    plausible = usual >= 0.98 * len(text) and near * 50 >= len(head)
    sure = near * 4 >= len(head) or not _is_utf8(head) or _is_everyday(text)
    return name if plausible and sure else None


def _is_utf8(head: bytes) -> bool:
    """Whether all is UTF-8, as far as it goes: then a few NUL bytes are damage sooner than a sign of UTF-16."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_everyday(text: str) -> bool:
    """Whether these are characters that people write: pairs of Latin letters make rare Chinese ones."""
    return len(text.encode("gb2312", "ignore").decode("gb2312")) >= 0.95 * len(text)


def _utf8_counts(path: Path) -> tuple[int, int]:
    """(characters beyond ASCII that are valid UTF-8, bytes that are not) in the first megabytes, a chunk at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")  # in C: in another encoding every second byte is wrong
    good = seen = kept = 0
    with path.open("rb") as file:
        while seen < LOOK_BYTES and (chunk := file.read(_CHUNK)):
            valid = decoder.decode(chunk).encode()
            seen += len(chunk)
            kept += len(valid)
            good += len(valid.translate(None, _NO_LEADS))
        begun = len(decoder.getstate()[0]) if file.read(1) else 0  # of a character that goes on behind the last chunk
    return good, seen - kept - begun


def _legacy(path: Path) -> Encoding:
    """Whichever encoding makes words of a language out of the bytes, with how sure that is and what it may be instead."""
    with path.open("rb") as file:
        found = readings(_beyond_ascii(file.read(8 * _SAMPLE)))
    best, *others = found
    share = certainty(found)
    code = "encoding.guess" if share >= _SURE else "encoding.unsure"
    near = [one for one in others[:_OTHERS] if share < _SURE or one.score > best.score / 3]
    doubts = tuple((one.name, line) for one in near if (line := one.line))
    return Encoding(best.name, code, {"encoding": best.name, "share": share}, doubts)


def _beyond_ascii(data: bytes) -> bytes:
    """The lines that hold bytes beyond ASCII, at most `_SAMPLE` bytes of them."""
    return b"\n".join(line for line in re.split(rb"[\r\n]+", data) if not line.isascii())[:_SAMPLE]
