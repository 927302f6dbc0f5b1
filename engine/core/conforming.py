"""Whether a value from outside has the shape that its annotation declares. What is wrong is a sentence that names its place."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints, is_typeddict

from engine.core.errors import Fault
from engine.core.text import Text

LARGEST = 2**53 - 1  # the largest whole number that a browser counts exactly, and more than there is of anything
_SHOWN = 40  # characters of a value in a sentence
_ANY = (Any, object)
_Check = Callable[[Any, str], None]  # (value, its place); raises Fault


def conform(value: Any, kind: Any, place: str) -> None:
    """Refuse a value that is not what `kind` (an annotation of JSON) says. Fields that a declared shape lacks are let pass.

    Args:
        place: what the sentence calls the value; parts of it are named behind it ("draft.budget.minutes").

    Raises:
        Fault: "shape.missing", "shape.wrong" or "shape.beyond", with the place.
    """
    _check_of(kind)(value, place)


def conforms(value: Any, kind: Any) -> bool:
    """Whether `conform` lets it pass."""
    try:
        conform(value, kind, "")
    except Fault:
        return False
    return True


def _wrong(place: str, wanted: str, value: Any) -> Fault:
    if value is None:
        return Fault("shape.missing", place=place)
    return Fault("shape.wrong", place=place, wanted=Text(f"shape.{wanted}").as_dict(), value=shown(value))


def shown(value: Any) -> str:
    """The beginning of a value as a sentence shows it."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # thousands of digits, or nested without end
        return "…"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


@cache
def _check_of(kind: Any) -> _Check:
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _ANY:
        return lambda _value, _place: None
    if kind in _PLAIN:
        return _PLAIN[kind]
    if is_typeddict(kind):
        return _shape(kind)
    if origin in (NotRequired, Required):
        return _check_of(inner[0])
    if origin in (Union, types.UnionType):
        return _any_of([_check_of(one) for one in inner])
    if origin is Literal:
        return _one_of(inner)
    if origin in (dict, Mapping):
        return _mapping(_check_of(inner[1]))
    if origin is tuple and inner[-1] is not Ellipsis:
        return _fixed([_check_of(one) for one in inner])
    if origin in (list, tuple, Sequence, Iterable):
        return _several(_check_of(inner[0]))
    raise TypeError(f"{kind} has no form in JSON")


def _of_type(kind: type, wanted: str) -> _Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, kind):
            raise _wrong(place, wanted, value)

    return check


def _nothing(value: Any, place: str) -> None:
    if value is not None:
        raise _wrong(place, "nothing", value)


def _whole_number(value: Any, place: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(place, "int", value)
    if not -LARGEST <= value <= LARGEST:
        raise Fault("shape.beyond", place=place, value=shown(value), most=LARGEST)


def _number(value: Any, place: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not is_finite(value):
        raise _wrong(place, "float", value)


def is_finite(value: float) -> bool:
    """Whether a number can be calculated with: neither infinite, nor a whole one beyond what a float holds."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


_PLAIN: dict[Any, _Check] = {
    str: _of_type(str, "str"),
    bool: _of_type(bool, "bool"),
    int: _whole_number,
    float: _number,
    type(None): _nothing,
    None: _nothing,
}


def _any_of(checks: Sequence[_Check]) -> _Check:
    """The first one's sentence where none lets it pass: None comes last in our annotations."""

    def check(value: Any, place: str) -> None:
        first: Fault | None = None
        for one in checks:
            try:
                return one(value, place)
            except Fault as fault:
                first = first or fault
        assert first is not None
        raise first

    return check


def _one_of(choices: Sequence[Any]) -> _Check:
    def check(value: Any, place: str) -> None:
        if not any(value == one and type(value) is type(one) for one in choices):
            said = {"place": place, "value": shown(value), "choices": ", ".join(map(str, choices))}
            raise Fault("shape.choice", **said)

    return check


def _mapping(inner: _Check) -> _Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(place, "dict", value)
        for key, one in value.items():
            if not isinstance(key, str):
                raise _wrong(place, "dict", value)
            inner(one, f"{place}.{shown(key)}")

    return check


def _several(inner: _Check) -> _Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, list | tuple):
            raise _wrong(place, "list", value)
        for at, one in enumerate(value, 1):
            inner(one, f"{place}[{at}]")

    return check


def _fixed(checks: Sequence[_Check]) -> _Check:
    def check(value: Any, place: str) -> None:
        if not isinstance(value, list | tuple) or len(value) != len(checks):
            raise _wrong(place, "list", value)
        for at, (inner, one) in enumerate(zip(checks, value, strict=True), 1):
            inner(one, f"{place}[{at}]")

    return check


def _shape(kind: Any) -> _Check:
    hints = get_type_hints(kind, include_extras=True)
    fields = {name: (_check_of(hint), _may_miss(kind, name, hint)) for name, hint in hints.items()}

    def check(value: Any, place: str) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(place, "dict", value)
        for name, (inner, optional) in fields.items():
            if name in value:
                inner(value[name], f"{place}.{name}")
            elif not optional:
                raise Fault("shape.missing", place=f"{place}.{name}")

    return check


def _may_miss(kind: Any, name: str, hint: Any) -> bool:
    """Annotations that were text when the class was made say it themselves."""
    return {NotRequired: True, Required: False}.get(get_origin(hint), name in kind.__optional_keys__)
