"""JSON that stands in a text of a tool's definition, call or result: read strictly, and written where a result is no text."""

from __future__ import annotations

import json
from typing import Any

from engine.data.records.record import RowFault, clip, show

_TIMES = 3  # that a text may hold the JSON of a text
_MEANT = ("default", "const", "example")  # members of a definition that may well be null


class _Doubled(ValueError):
    pass


class _NotFinite(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _value in pairs]
        raise _Doubled(next(name for name in names if names.count(name) > 1))
    return made


def _constant(name: str) -> Any:
    raise _NotFinite(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def json_in(text: str, column: str, code: str, **params: Any) -> Any:
    """The value whose JSON a text holds, also where it was written as JSON twice.

    Args:
        code: of the fault where it is no JSON, with `params` and what was found.

    Raises:
        RowFault: `code`, "data.tools.doubled_key", "data.tools.not_finite".
    """
    value: Any = text
    for _time in range(_TIMES):
        if not isinstance(value, str):
            break
        value = _decoded(value, column, code, params)
    return value


def _decoded(text: str, column: str, code: str, params: dict[str, Any]) -> Any:
    if not text.strip():
        return None
    try:
        return _DECODER.decode(text)
    except _Doubled as error:
        raise RowFault("data.tools.doubled_key", column, key=clip(str(error), 60), found=show(text)) from None
    except _NotFinite as error:
        raise RowFault("data.tools.not_finite", column, number=str(error), found=show(text)) from None
    except (ValueError, RecursionError):
        raise RowFault(code, column, **params, found=show(text)) from None


def defined(value: Any) -> Any:
    """A definition without members that are null: a schema that many definitions share adds them, and none means anything."""
    if isinstance(value, dict):
        return {key: defined(one) for key, one in value.items() if one is not None or key in _MEANT}
    return [defined(one) for one in value] if isinstance(value, list) else value


def result_text(value: Any) -> Any:
    """What a tool gave back, as the text that a model reads: JSON where it is an object, a list, a number or a truth value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in value):
        return value  # parts of a text
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return value
