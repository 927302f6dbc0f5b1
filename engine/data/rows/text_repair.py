"""Text that was read with the wrong encoding somewhere on its way: where it is broken, and what it was meant to be."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LOST = re.compile("(?:\ufffd)+|锟斤拷|(?:烫烫|屯屯){2,}")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]+")
_CJK_RUN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef€]{3,}")
_TO_CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uff5e]")
_SUSPICIOUS = re.compile(r"[^\x00-\x7f\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
_SHARE = 0.8


def repaired_line(line: str) -> str:
    """The line as it was meant; unchanged where nothing shows that it was read wrongly."""
    if line.isascii():
        return line
    return _repaired_western(_CJK_RUN.sub(lambda run: _from_gbk(run.group()), line))


def repaired(text: str) -> str:
    """The text with every line repaired on its own; the rest stays as it is."""
    return "".join(repaired_line(line) for line in text.splitlines(keepends=True)) if not text.isascii() else text


def _repaired_western(line: str) -> str:
    import ftfy

    return ftfy.fix_encoding(line) if _SUSPICIOUS.search(line) and ftfy.is_bad(line) else line


def _from_gbk(run: str) -> str:
    """UTF-8 that was read as GBK: characters whose bytes make sense as UTF-8, and as nothing rarer than Chinese."""
    raw = run.encode("gb18030", "ignore")
    good = raw.decode("utf-8", "ignore")
    whole = len(good) >= 2 and len(good.encode()) >= _SHARE * len(raw)
    return good if whole and len(_TO_CJK.findall(good)) >= _SHARE * len(good) else run


def faults_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a text is broken: (from, to, "lost", "control" or "mojibake")."""
    yield from ((*found.span(), "lost") for found in _LOST.finditer(text))
    yield from ((*found.span(), "control") for found in _CONTROL.finditer(text))
    if text.isascii():
        return
    start = 0
    for line in text.splitlines(keepends=True):
        good = repaired_line(line)
        if good != line:
            low, high = _changed(line, good)
            yield start + low, start + high, "mojibake"
        start += len(line)


def _changed(line: str, good: str) -> tuple[int, int]:
    """The part of a line that the repair changes."""
    low = next(
        (at for at, (one, other) in enumerate(zip(line, good, strict=False)) if one != other), min(len(line), len(good))
    )
    same = 0
    while same < min(len(line), len(good)) - low and line[-1 - same] == good[-1 - same]:
        same += 1
    return low, max(low + 1, len(line) - same)


def without_control(text: str) -> str:
    """The text without control characters that nobody can see."""
    return _CONTROL.sub("", text)
