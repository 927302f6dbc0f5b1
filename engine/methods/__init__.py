"""Every fine-tuning method: one explicit tuple."""

from __future__ import annotations

from engine.errors import Fault
from engine.methods.base import Capabilities, Learn, Method, Refusal, Run, Variant
from engine.methods.freeze import FREEZE
from engine.methods.full import FULL
from engine.methods.lora import LORA
from engine.methods.qlora import QLORA
from engine.methods.shape import ModelShape

METHODS: tuple[Method, ...] = (LORA, QLORA, FREEZE, FULL)
_BY_KEY = {method.key: method for method in METHODS}


def method_of(key: str) -> Method:
    """The method of that key. Raises Fault("method.unknown")."""
    if key not in _BY_KEY:
        raise Fault("method.unknown", method=key, known=list(_BY_KEY))
    return _BY_KEY[key]


__all__ = ["METHODS", "Capabilities", "Learn", "Method", "ModelShape", "Refusal", "Run", "Variant", "method_of"]
