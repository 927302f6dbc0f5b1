"""Every family of models that can be written as GGUF: one explicit tuple."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.text import Text
from engine.exports.gguf.common.family import GgufFamily
from engine.exports.gguf.families.elders import BLOOM, GPT2, GPT_NEOX, STARCODER2
from engine.exports.gguf.families.gemmas import GEMMA, GEMMA2, GEMMA3
from engine.exports.gguf.families.llamas import GRANITE, LLAMA, MIXTRAL, SMOLLM3
from engine.exports.gguf.families.others import GLM4, OLMO, OLMO2, PHI3, STABLELM
from engine.exports.gguf.families.qwens import QWEN2, QWEN2_MOE, QWEN3, QWEN3_MOE

FAMILIES: tuple[GgufFamily, ...] = (
    LLAMA, MIXTRAL, GRANITE, SMOLLM3, QWEN2, QWEN3, QWEN2_MOE, QWEN3_MOE, GEMMA, GEMMA2, GEMMA3, PHI3, GLM4, OLMO, OLMO2,
    STABLELM, STARCODER2, GPT2, GPT_NEOX, BLOOM,
)  # fmt: skip
_BY_TYPE = {kind: family for family in FAMILIES for kind in family.model_types}
_UNKNOWN = Text("exports.gguf.families.unknown")


def family_of(model_type: str) -> GgufFamily | None:
    """The family of a config's model_type; None where this product cannot write it."""
    return _BY_TYPE.get(model_type)


def why_not_written(config: Mapping[str, Any]) -> Text | None:
    """Why a model cannot be written, by its config.json alone; None where it can."""
    family = family_of(str(config.get("model_type")))
    return _UNKNOWN if family is None else family.why_not(config)
