"""Whether a value has the shape that its annotation declares, as JSON for the pages."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, is_typeddict

from webui.border.typescript import fields_of

_ANY = (Any, object)


def breaches(value: Any, kind: Any, place: str = "") -> Iterator[str]:
    """Where a value is not what `kind` says: one line for each place."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _ANY:
        return
    if origin in (NotRequired, Required):
        yield from breaches(value, inner[0], place)
    elif origin in (Union, types.UnionType):
        found = [list(breaches(value, one, place)) for one in inner]
        if all(found):
            yield min(found, key=len)[0] if len(inner) > 1 else f"{place}: {value!r:.60} is no {kind}"
    elif origin is Literal:
        if value not in inner:
            yield f"{place}: {value!r:.60} is none of {inner}"
    elif is_typeddict(kind):
        yield from _of_fields(value, kind, place)
    elif origin in (dict, Mapping):
        yield from _of_mapping(value, inner[1], place)
    elif origin in (list, tuple, Sequence):
        yield from _of_list(value, inner, place, fixed=origin is tuple and inner[-1] is not Ellipsis)
    elif not _is_plain(value, kind):
        yield f"{place}: {value!r:.60} is no {kind}"


def _is_plain(value: Any, kind: Any) -> bool:
    if kind in (None, type(None)):
        return value is None
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _of_fields(value: Any, kind: type, place: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{place}: {value!r:.60} is no {kind.__name__}"
        return
    fields = {field.name: field for field in fields_of(kind)}
    yield from (f"{place}.{key}: not in {kind.__name__}" for key in value if key not in fields)
    for field in fields.values():
        if field.name in value:
            yield from breaches(value[field.name], field.kind, f"{place}.{field.name}")
        elif not field.optional:
            yield f"{place}.{field.name}: missing in {kind.__name__}"


def _of_mapping(value: Any, kind: Any, place: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{place}: {value!r:.60} is no mapping"
        return
    for key, one in value.items():
        yield from breaches(one, kind, f"{place}.{key}")


def _of_list(value: Any, inner: tuple[Any, ...], place: str, *, fixed: bool) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{place}: {value!r:.60} is no list"
        return
    if fixed and len(value) != len(inner):
        yield f"{place}: {len(value)} things, not {len(inner)}"
        return
    for at, one in enumerate(value):
        yield from breaches(one, inner[at] if fixed else inner[0], f"{place}[{at}]")
