"""JSON objects read quickly where it is certain that nothing is lost by it; everything else is for the strict reader."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_SPACED = re.compile(rb'"[ \t]+:')
_SAFE = 2.0**53  # a number beyond may be a whole one that was rounded


class _Doubtful(Exception):
    pass


def stored_row(line: bytes) -> dict[str, Any]:
    """The row in a line that we wrote ourselves: quickly, unless the quick parser would round a number or has no word for it."""
    try:
        value: dict[str, Any] = orjson.loads(line)
        if _may_hold_numbers(value):
            _fields(value)
    except (ValueError, _Doubtful):  # the first: a number that is not finite
        value = json.loads(line)
    return value


def _may_hold_numbers(row: dict[str, Any]) -> bool:
    """Whether a stored row has more than texts, its place and a label."""
    if "extra" in row or "tools" in row or "messages" not in row:
        return True
    for message in row["messages"]:  # noqa: SIM110  # any() takes twice as long
        if len(message) > 2:  # calls of functions
            return True
    return False


def quick_object(line: bytes) -> dict[str, Any] | None:
    """The object that a line of UTF-8 holds; None where it holds none, or the strict reader must look.

    The quick parser keeps the last of two fields with one name and rounds whole numbers of more than 64 bits. So the fields
    are counted: every field of the text has a quote and a colon behind its name, and none may be missing in the value.
    """
    try:
        value = orjson.loads(line)
        if type(value) is not dict:
            return None
        fields = _fields(value)
    except (ValueError, RecursionError, _Doubtful):
        return None
    colons = line.count(b'":')
    if colons != fields:  # a text may hold a quote and a colon too, escaped
        colons -= line.count(b'\\":')
        if colons != fields or b'\\\\":' in line:
            return None
    if _SPACED.search(line):
        return None
    return value


def _fields(value: dict[str, Any]) -> int:
    count = len(value)
    for one in value.values():
        kind = type(one)
        if kind is not str:
            count += _fields_in(one, kind)
    return count


def _fields_in(value: Any, kind: type) -> int:
    if kind is list:
        return sum(_fields_in(one, type(one)) for one in value)
    if kind is dict:
        return _fields(value)
    if kind is float and not -_SAFE < value < _SAFE:
        raise _Doubtful
    return 0
