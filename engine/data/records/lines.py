"""Lines of a text, numbered from 1, none of them ever larger in memory than the limit of a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from engine.data.records.bounds import MAX_ROW
from engine.data.records.record import MAX_RAW

_MARK = "\N{BYTE ORDER MARK}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its end; `whole` is False where it was over the limit and only its beginning is here."""

    number: int  # from 1
    text: str  # characters, at most MAX_ROW
    whole: bool = True  # False: cut off


def numbered_lines(stream: TextIO) -> Iterator[Line]:
    """Every line of `stream`."""
    number = 0
    while text := stream.readline(MAX_ROW):
        number += 1
        if text[0] == _MARK:  # files were joined, each with its byte order mark
            text = text.lstrip(_MARK) or "\n"
        if len(text) < MAX_ROW or text.endswith(("\n", "\r")):
            yield Line(number, text)
            continue
        rest = stream.readline(MAX_ROW)
        whole = not rest
        while rest and not rest.endswith(("\n", "\r")):
            rest = stream.readline(MAX_ROW)
        yield Line(number, text if whole else text[: MAX_RAW + 1], whole)
