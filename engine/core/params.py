"""A setting, declared once: widget, validation, help and docs derive from it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.core.characters import whole
from engine.core.conforming import LARGEST, shown
from engine.core.shapes import Faults
from engine.core.text import Text

Kind = Literal["int", "float", "bool", "choice", "multi", "text", "data"]


@dataclass(frozen=True)
class Param:
    """One setting of a method or an objective.

    Attributes:
        key: name in the spec.
        kind: what it holds; "multi" is a list of choices; "data" is any JSON that a page gathers (ids of rows, edits): it is
            never drawn as a field.
        default: value when the user says nothing. None means "chosen by Tunesmith", where `optional`.
        minimum, maximum: bounds of numbers, inclusive.
        step: by which the form's field moves.
        choices: value -> label, for "choice" and "multi".
        usual: what people usually take, as a short text.
        unit: words behind the number.
        advanced: folded away for beginners.
        optional: it may be empty, which reads as None.
        scale: "log" for numbers that span magnitudes (learning rate).
        source: where the form takes the choices from: other columns of the data set's rows (texts), the data sets or the
            base models (ids), or from what the page itself offers (tuned reward models, files of the operator). What is chosen is
            checked where it is used.
        lines: of a text's field.
        reads: of "data": (value, its field) -> the checked value, and faults by field; it is asked of a default too.
        later: results were kept before there was this setting: its default is no part of what names them.
    """

    key: str
    kind: Kind
    default: Any
    label: Text
    help: Text
    usual: Text | None = None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: Mapping[Any, Text] = field(default_factory=dict, hash=False)
    unit: Text | None = None
    advanced: bool = True
    optional: bool = False
    scale: Literal["linear", "log"] = "linear"
    source: Literal["", "column", "dataset", "model", "reward_model", "reward_file"] = ""
    lines: int = 1
    reads: Callable[[Any, str], tuple[Any, Faults]] | None = None
    later: bool = False

    def read(self, value: Any) -> Any:
        """The value in the declared type. Raises ValueError with a fault's code as its first argument, then its params."""
        if value is None or value == "":
            if self.optional:
                return None
            raise ParamFault("param.missing")
        return _READERS[self.kind](self, value)


def naming(params: Iterable[Param], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that name what was made with them, the same for specs of earlier versions."""
    later = {param.key: param.default for param in params if param.later}
    return {key: value for key, value in values.items() if key not in later or value != later[key]}


class ParamFault(ValueError):
    """A value that a `Param` refuses; `code` and `params` make the message."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code, self.params = code, params
        super().__init__(code)


def _number(param: Param, value: Any) -> float:
    number = plain_number(value)
    if number is None:
        raise ParamFault("param.not_a_number", value=shown(value))
    if param.minimum is not None and number < param.minimum:
        raise ParamFault("param.too_small", value=shown(value), minimum=param.minimum)
    if param.maximum is not None and number > param.maximum:
        raise ParamFault("param.too_large", value=shown(value), maximum=param.maximum)
    return number


def plain_number(value: Any) -> float | None:
    """A number, or a text that holds one, as a float: of one beyond all floats the largest of these. None of all else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.copysign(sys.float_info.max, value > 0 or -1)  # type: ignore[operator]  # whole: texts become infinite
    except ValueError:
        return None
    if math.isinf(number) and isinstance(value, str) and any(map(str.isdecimal, value)):
        return math.copysign(sys.float_info.max, number)
    return number if math.isfinite(number) else None


def _integer(param: Param, value: Any) -> int:
    number = _number(param, value)
    if number != int(number):
        raise ParamFault("param.not_whole", value=shown(value))
    if abs(number) > LARGEST:
        raise ParamFault("param.too_large", value=shown(value), maximum=LARGEST)
    return int(number)


def _boolean(_param: Param, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ParamFault("param.not_yes_no", value=shown(value))


def _choice(param: Param, value: Any) -> Any:
    if param.source:
        return _text(param, value) if param.source in ("column", "reward_file") else _integer(param, value)
    if not isinstance(value, Hashable) or value not in param.choices:
        raise ParamFault("param.unknown_choice", value=shown(value), choices=[str(c) for c in param.choices])
    return value


def _multi(param: Param, value: Any) -> list[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ParamFault("param.missing")
    return [_choice(param, item) for item in value]


def _text(_param: Param, value: Any) -> str:
    if isinstance(value, list | dict):
        raise ParamFault("param.not_text", value=shown(value))
    return whole(str(value))


def _data(_param: Param, value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Param, Any], Any]] = {
    "int": _integer,
    "float": _number,
    "bool": _boolean,
    "choice": _choice,
    "multi": _multi,
    "text": _text,
    "data": _data,
}


def read_all(params: Sequence[Param], values: Mapping[str, Any], prefix: str) -> tuple[dict[str, Any], Faults]:
    """Read every declared param; missing ones take their default.

    Returns:
        the values, and the faults by "prefix.key": {"code", "params"}; unknown keys are faults too.
    """
    read: dict[str, Any] = {}
    faults: Faults = {}
    if not isinstance(values, Mapping):
        faults[prefix] = {"code": "param.not_values", "params": {"value": shown(values)}}
        values = {}
    for param in params:
        if param.reads is not None:
            read[param.key], wrong = param.reads(values.get(param.key, param.default), f"{prefix}.{param.key}")
            faults |= wrong
            continue
        try:
            read[param.key] = param.read(values[param.key]) if param.key in values else param.default
        except ParamFault as fault:
            faults[f"{prefix}.{param.key}"] = {"code": fault.code, "params": fault.params}
    for key in values.keys() - {param.key for param in params}:
        faults[f"{prefix}.{shown(key)}"] = {"code": "param.unknown", "params": {"key": shown(key)}}
    return read, faults
