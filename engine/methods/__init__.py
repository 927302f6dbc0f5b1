"""Every fine-tuning method: one explicit tuple."""

from __future__ import annotations

from engine.errors import Fault
from engine.methods.base import Capabilities, Method, ModelShape
from engine.methods.full import FULL
from engine.methods.lora import LORA
from engine.methods.qlora import QLORA

METHODS: tuple[Method, ...] = (LORA, QLORA, FULL)
_BY_KEY = {method.key: method for method in METHODS}


def method_of(key: str) -> Method:
    """The method of that key. Raises Fault("method.unknown")."""
    if key not in _BY_KEY:
        raise Fault("method.unknown", method=key, known=list(_BY_KEY))
    return _BY_KEY[key]


__all__ = ["METHODS", "Capabilities", "Method", "ModelShape", "method_of"]
