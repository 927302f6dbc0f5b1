"""Gemma's generations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.gguf.common import measures, moves
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from gguf import GGUFWriter

_SCALE = Text("exports.gguf.gemmas.scale")
_USUAL_SCALAR, _USUAL_HEAD = 256, 256


def _gemma(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.heads(file, config)


def _gemma2(file: GGUFWriter, config: Config) -> None:
    _gemma(file, config)
    if config.attn_logit_softcapping:
        file.add_attn_logit_softcapping(config.attn_logit_softcapping)
    if config.final_logit_softcapping:
        file.add_final_logit_softcapping(config.final_logit_softcapping)
    file.add_sliding_window(config.sliding_window)


def _gemma3(file: GGUFWriter, config: Config) -> None:
    _gemma(file, config)
    measures.rope(file, config)
    file.add_sliding_window(config.sliding_window)
    file.add_sliding_window_pattern(_period(config.layer_types))
    if config.final_logit_softcapping:
        file.add_final_logit_softcapping(config.final_logit_softcapping)


def _period(layers: list[str]) -> int:
    """Each how many-th layer sees everything."""
    return layers.index("full_attention") + 1 if "full_attention" in layers else len(layers) + 1


def _scaled_otherwise(config: Mapping[str, Any]) -> Text | None:
    """llama.cpp divides by the head's width (Gemma 2 27B and Gemma 3 27B apart, which it knows by their measures)."""
    scalar, size = config.get("query_pre_attn_scalar", _USUAL_SCALAR), config.get("head_dim", _USUAL_HEAD)
    heads, hidden = config.get("num_attention_heads"), config.get("hidden_size")
    large = heads and hidden and scalar == hidden // heads
    return measures.plain_attention(config) if scalar == size or large else _SCALE


GEMMA = GgufFamily("gemma", ("gemma",), _gemma, moves.plus_one, why_not=measures.plain_attention)
GEMMA2 = GgufFamily("gemma2", ("gemma2",), _gemma2, moves.plus_one, why_not=_scaled_otherwise)
GEMMA3 = GgufFamily("gemma3", ("gemma3_text",), _gemma3, moves.plus_one, why_not=_scaled_otherwise)
