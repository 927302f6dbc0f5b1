"""Qwen's generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.exports.gguf import measures, moves
from engine.exports.gguf.family import Config, Family

if TYPE_CHECKING:
    from gguf import GGUFWriter


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


QWEN2 = Family("qwen2", ("qwen2",), _qwen2, why_not=measures.rope_unknown)
QWEN3 = Family("qwen3", ("qwen3",), _qwen3, why_not=measures.rope_unknown)
QWEN2_MOE = Family("qwen2moe", ("qwen2_moe",), _qwen2_moe, moves.experts, why_not=measures.rope_unknown)
QWEN3_MOE = Family("qwen3moe", ("qwen3_moe",), _qwen3_moe, moves.experts, why_not=measures.rope_unknown)
