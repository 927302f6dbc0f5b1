"""Why models of a base have no ONNX graph that answers as they do, told by its config.json alone. Imports neither torch nor onnx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.text import Text
from engine.models.architecture.named_families import NAMED_FAMILIES

_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}
_HYBRID = {kind for family in NAMED_FAMILIES if family.build == "hybrid" for kind in family.types}
_COMPLEX = {"llama4", "llama4_text"}
_STATE = Text("exports.onnx.unfit.state")
_NUMBERS = Text("exports.onnx.unfit.numbers")
_STRETCHED = Text("exports.onnx.unfit.stretched")


def unfit(config: Mapping[str, Any]) -> Text | None:
    """The reason; None where nothing is known against it."""
    kind = config.get("model_type")
    if kind in _HYBRID or not set(config.get("layer_types") or ()) <= _ATTENTION:
        return _STATE
    if kind in _COMPLEX:
        return _NUMBERS
    return _STRETCHED if _grows(config.get("rope_scaling")) or _grows(config.get("rope_parameters")) else None


def _grows(rope: Any) -> bool:
    """Whether frequencies are calculated anew for each length, which a graph that is drawn once cannot."""
    if not isinstance(rope, Mapping):
        return False
    return "dynamic" in (rope.get("rope_type"), rope.get("type")) or any(_grows(part) for part in rope.values())
