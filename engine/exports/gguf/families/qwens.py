"""Qwen's generations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.gguf.common import measures, moves
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from gguf import GGUFWriter

_SHARES = Text("exports.gguf.qwens.shares")


def _qwen2(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.rope(file, config)


def _qwen3(file: GGUFWriter, config: Config) -> None:
    _qwen2(file, config)
    measures.heads(file, config)


def _experts(file: GGUFWriter, config: Config) -> None:
    file.add_expert_count(config.num_experts)
    file.add_expert_used_count(config.num_experts_per_tok)
    file.add_expert_feed_forward_length(config.moe_intermediate_size)


def _qwen2_moe(file: GGUFWriter, config: Config) -> None:
    _qwen2(file, config)
    _experts(file, config)
    file.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)


def _qwen3_moe(file: GGUFWriter, config: Config) -> None:
    _qwen3(file, config)
    _experts(file, config)


def _weighs_anew(config: Mapping[str, Any]) -> Text | None:
    """llama.cpp takes the chosen experts' shares as they are in Qwen 2, and makes their sum 1 in Qwen 3."""
    return _SHARES if config.get("norm_topk_prob", False) else measures.rope_unknown(config)


def _weighs_as_it_is(config: Mapping[str, Any]) -> Text | None:
    return measures.plain_attention(config) if config.get("norm_topk_prob", False) else _SHARES


QWEN2 = GgufFamily("qwen2", ("qwen2",), _qwen2, why_not=measures.rope_unknown)
QWEN3 = GgufFamily("qwen3", ("qwen3",), _qwen3, why_not=measures.plain_attention)
QWEN2_MOE = GgufFamily("qwen2moe", ("qwen2_moe",), _qwen2_moe, moves.experts, why_not=_weighs_anew)
QWEN3_MOE = GgufFamily("qwen3moe", ("qwen3_moe",), _qwen3_moe, moves.experts, why_not=_weighs_as_it_is)
