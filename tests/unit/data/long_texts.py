"""Texts that make a careless pattern or loop slow: one thing again and again, with another end, in any length."""

from __future__ import annotations

import copy
import random
import string
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from engine.data.operations.base import Row

_UNITS = {
    "chinese": "春眠不觉晓处处闻啼鸟", "one character": "中", "chinese sentences": "你好。", "stops": "。", "spaces": " ",
    "newlines": "\n", "returns": "\r\n", "tabs": "\t", "lines with spaces": " \n", "paragraphs": "\n\na", "separators": "\u2028",
    "no-break spaces": "\u00a0", "wide spaces": "\u3000", "digits": "1", "all digits": "0123456789", "spaced digits": "1 ",
    "listed digits": "1,", "at": "@", "mail": "a@a.", "mail names": "a+a@b-", "quote": '"', "apostrophe": "'", "opened quotes": "“a",
    "brackets of speech": "「a", "hyphen": "-", "hyphened": "a-", "dot": ".", "dotted": "a.", "ellipsis": "…", "stops of two": "!?",
    "slash": "/", "scheme": "http://", "links": "http://a ", "less": "<", "greater": ">", "pipe": "|", "cells": "|-", "brace": "{",
    "bracket": "[", "paren": "(", "all opened": "({[", "backslash": "\\", "escaped": '\\"', "underscore": "_", "underscored": "a_",
    "hash": "#", "headings": "# ", "star": "*", "plus": "+", "equals": "=", "colon": ":", "comma": ",", "semicolons": "; ", "dollar": "$",
    "percent": "%", "tilde": "~", "backtick": "`", "spans of code": "`a ", "fence": "```", "thought": "<think>", "thought's end": "</think>",
    "turn's mark": "<|im_end|>", "half a mark": "<|", "instruction": "[INST]", "speakers": "\n\nHuman:", "combining": "\u0301",
    "combined": "e\u0301", "emoji": "😀", "joined emoji": "👨\u200d", "no width": "\u200b", "right to left": "\u202e", "rare": "\U00020000",
    "lost": "\ufffd", "control": "\x01", "wrongly read": "Ã¤", "wrongly read twice": "â€", "read as GBK": "锟斤拷", "two bytes": "烫",
    "kana": "か", "hangul": "한", "cyrillic": "ж", "arabic": "ع", "thai": "ก", "letters that grow": "İ", "sharp s": "ß", "wide letters": "Ａ",
    "letters": "a", "capitals": "A", "both": "Aa", "two letters": "ab", "base64": "QUJDRA", "hexadecimal": "deadbeef0", "word": "word ",
    "words by line": "word\n", "list": "- a\n", "numbered": "1. a\n", "sentence": "A b. ", "question": "Why? ", "phrase": "the ing ",
    "addresses": "1.1.1.", "groups": "1::", "telephone": "1-", "calls": "call 12345678 ", "accounts": "GB82 WEST 1234 5698 7654 32 ",
    "nearly accounts": "GB29 AAAA ", "cards": "4111111111111111,", "identity": "11010519491231002X ", "password": "password: ", "keys": "sk-a-",
    "tokens": "eyJaaaaaaaa.", "logins": "a://a:a", "private keys": "-----BEGIN PRIVATE KEY-----", "half private keys": "-----BEGIN A ",
    "json": '{"a":', "lists": "[[", "apology": "I am sorry ", "as a model": "as an ai ", "cannot": "我无法", "and": " and", "hole": "{question}",
    "signed": "-a -b -c -d ", "dates": "2024-", "insult": "idiot-", "markup": "<a href=", "words and digits": "1a",
}  # fmt: skip
_MADE: dict[str, Callable[[int], str]] = {
    "different words": lambda n: " ".join(f"{number:x}wq" for number in range(n // 4)),
    "any ascii": lambda n: "".join(random.Random(3).choices(string.printable, k=n)),
    "any chinese": lambda n: "".join(map(chr, random.Random(3).choices(range(0x4E00, 0x9FFF), k=n))),
    "any marks": lambda n: "".join(random.Random(3).choices(" .,-:/@_'\"1a中\n", k=n)),
}
KINDS = (*_UNITS, *_MADE)
NAMED = ("chinese", "spaces", "newlines", "digits", "at", "quote", "dot")  # fed at their full length
_END = "!x"  # what is not as all before it: a pattern that hoped for the end must not try again at each place
FULL = 200_000
_SMALL, _LARGE = 4_000, 16_000
_QUICK = 0.006  # seconds for the small text: what grows by the square takes a fourth of a second for the full one
_GROWTH = 9.0  # times as long for four times the text: a square takes 16 times as long


@lru_cache(maxsize=2 * len(KINDS))
def long_text(kind: str, length: int) -> str:
    """A text of the kind."""
    if kind in _MADE:
        return _MADE[kind](length)[: length - len(_END)] + _END
    unit = _UNITS[kind]
    return (unit * (length // len(unit) + 1))[: length - len(_END)] + _END


def cost(work: Callable[[], object]) -> float:
    """Seconds of the processor, whoever else uses it."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def _least(work: Callable[[], object]) -> float:
    return min(cost(work), cost(work))


def too_slow(work: Callable[[str], object], kinds: Sequence[str] = KINDS) -> dict[str, tuple[float, float]]:
    """Kinds of text on which work takes more than linear time: kind -> seconds for a text and for four times as much."""
    found: dict[str, tuple[float, float]] = {}
    for kind in kinds:
        if cost(partial(work, long_text(kind, _SMALL))) > _QUICK:
            for _try in range(3):  # a busy machine disturbs one of them at times
                small, large = (_least(partial(work, long_text(kind, size))) for size in (_SMALL, _LARGE))
                if large <= _GROWTH * max(small, 0.001):
                    break
            else:
                found[kind] = small, large
    return found


class Timed:
    """Rows whose every reading is timed: what is done between one row and the next is for that row."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self.seconds = [0.0] * len(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, places: Sequence[int]) -> list[Row]:
        """The rows at these places."""
        return [copy.deepcopy(self._rows[place]) for place in places]

    def __iter__(self) -> Iterator[Row]:
        for place, row in enumerate(self._rows):
            begun = time.thread_time()
            yield copy.deepcopy(row)
            self.seconds[place] += time.thread_time() - begun


def rows_too_slow(
    row_of: Callable[[int, str], Row], run: Callable[[Timed], Any], kinds: Sequence[str] = KINDS
) -> dict[str, tuple[float, float]]:
    """The same of work on many rows, one of each kind of text, which are read one after the other."""

    def seconds(wanted: Sequence[str], size: int) -> dict[str, float]:
        timed = Timed([row_of(place, long_text(kind, size)) for place, kind in enumerate(wanted)])
        run(timed)
        return dict(zip(wanted, timed.seconds, strict=True))

    slow = [kind for kind, took in seconds(kinds, _SMALL).items() if took > 2 * _QUICK]
    if not slow:
        return {}
    small, large = seconds(slow, _SMALL), seconds(slow, _LARGE)
    return {kind: (small[kind], large[kind]) for kind in slow if large[kind] > _GROWTH * max(small[kind], 0.001)}
