"""JSON read strictly: no doubled keys, and a fault that says where."""

from __future__ import annotations

import json
from typing import Any

from engine.data.records.bounds import MAX_ROW_DEPTH, is_too_deep
from engine.data.records.encodings import is_damaged
from engine.data.records.record import RowFault, clip


class _DoubledKey(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        raise _DoubledKey(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def parse(text: str, line: int) -> Any:
    """The value that `text` holds; `line` is where it begins in the file.

    Raises:
        RowFault: "data.json.malformed", "data.json.control" and others, with the line of the fault itself.
    """
    if "\0" in text:
        raise RowFault("data.row.nul", line=line + text[: text.index("\0")].count("\n"))
    if is_damaged(text):
        raise RowFault("data.row.bad_bytes", line=line)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        near = clip(" ".join(text[max(0, error.pos - 12) : error.pos + 12].split()), 40)
        code = "data.json.control" if error.msg.startswith("Invalid control") else "data.json.malformed"
        raise RowFault(code, line=line + error.lineno - 1, position=error.colno, near=near or "⏎") from None
    except _DoubledKey as error:
        raise RowFault("data.json.doubled_key", line=line, key=clip(str(error), 60)) from None
    except RecursionError:
        raise RowFault("data.json.too_deep", line=line) from None
    except ValueError:  # a whole number of thousands of digits
        raise RowFault("data.json.number", line=line) from None
    if text.count("[") + text.count("{") > MAX_ROW_DEPTH and is_too_deep(value):
        raise RowFault("data.json.too_deep", line=line)
    return value
