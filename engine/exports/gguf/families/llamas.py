"""Llama, and what is built like it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.gguf.common import measures, moves
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from gguf import GGUFWriter
    from torch import Tensor

    from engine.exports.gguf.common.family import Tensors

_STEP = 4  # every fourth layer of SmolLM 3 tells no positions; llama.cpp counts on it
_LAYERS = Text("exports.gguf.llamas.layers")


def _llama(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.heads(file, config)
    measures.rope(file, config)


def _granite(file: GGUFWriter, config: Config) -> None:
    _llama(file, config)
    file.add_attention_scale(config.attention_multiplier)
    file.add_embedding_scale(config.embedding_multiplier)
    file.add_residual_scale(config.residual_multiplier)
    file.add_logit_scale(config.logits_scaling)


def _mixtral(file: GGUFWriter, config: Config) -> None:
    _llama(file, config)
    file.add_expert_count(config.num_local_experts)
    file.add_expert_used_count(config.num_experts_per_tok)


def _move_mixtral(name: str, tensor: Tensor, config: Config) -> Tensors:
    return [moved for one, its in moves.experts(name, tensor, config) for moved in moves.llama(one, its, config)]


def _other_layers(config: Mapping[str, Any]) -> Text | None:
    told = config.get("no_rope_layers")
    usual = told is None or list(told) == [int((place + 1) % _STEP != 0) for place in range(len(told))]
    return measures.plain_attention(config) if usual else _LAYERS


LLAMA = GgufFamily(
    "llama", ("llama", "mistral"), _llama, moves.llama, moves.llama3_frequencies, why_not=measures.rope_unknown
)
MIXTRAL = GgufFamily("llama", ("mixtral",), _mixtral, _move_mixtral, why_not=measures.rope_unknown)
GRANITE = GgufFamily("granite", ("granite",), _granite, moves.llama, why_not=measures.rope_unknown)
SMOLLM3 = GgufFamily("smollm3", ("smollm3",), _llama, moves.llama, moves.llama3_frequencies, why_not=_other_layers)
