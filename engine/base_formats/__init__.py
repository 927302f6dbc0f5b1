"""Every format of the frozen base, from large to small: one explicit tuple."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base_formats.as_is import AS_IS
from engine.base_formats.declaration import BaseFormat
from engine.base_formats.fp4 import FP4
from engine.base_formats.int8 import INT8
from engine.base_formats.nf4 import NF4
from engine.core.errors import Fault

BASE_FORMATS: tuple[BaseFormat, ...] = (AS_IS, INT8, NF4, FP4)
_BY_KEY = {held.key: held for held in BASE_FORMATS}


def base_format_of(key: str) -> BaseFormat:
    """The format of that key. Raises Fault("base_format.unknown")."""
    if key not in _BY_KEY:
        raise Fault("base_format.unknown", format=key, known=list(_BY_KEY))
    return _BY_KEY[key]


def base_format(training: Mapping[str, Any]) -> BaseFormat:
    """How settings of training hold the frozen base. Raises Fault("base_format.unknown")."""
    return base_format_of(str(training.get("quantisation") or AS_IS.key))


def answered_in(dtype: str) -> BaseFormat | None:
    """The quantised format that the inference process calls `dtype`; None for a plain precision ("fp32", "bf16", "fp16")."""
    return _BY_KEY.get(dtype)


def searched() -> tuple[BaseFormat, ...]:
    """Those that plans try: how good the results are is known."""
    return tuple(held for held in BASE_FORMATS if held.quality is not None)
