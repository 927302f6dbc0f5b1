"""Families from before turned positions, or with norms that have biases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.exports.gguf.common import measures, moves
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from gguf import GGUFWriter
    from torch import Tensor

    from engine.exports.gguf.common.family import Tensors

_WIDER = 4  # the hidden layer of GPT-2 and BLOOM, where config.json does not say


def _gpt2(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    file.add_feed_forward_length(config.n_inner or _WIDER * config.hidden_size)
    file.add_layer_norm_eps(config.layer_norm_epsilon)


def _gpt_neox(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rope(file, config)
    file.add_parallel_residual(config.use_parallel_residual)
    file.add_layer_norm_eps(config.layer_norm_eps)


def _bloom(file: GGUFWriter, config: Config) -> None:
    file.add_context_length(
        getattr(config, "seq_length", None) or 2048
    )  # positions are slopes: it has no end of its own
    file.add_block_count(config.num_hidden_layers)
    file.add_embedding_length(config.hidden_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(config.num_attention_heads)
    file.add_feed_forward_length(_WIDER * config.hidden_size)
    file.add_layer_norm_eps(config.layer_norm_epsilon)


def _starcoder2(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rope(file, config)
    file.add_layer_norm_eps(config.norm_epsilon)


def _move_bloom(name: str, tensor: Tensor, config: Config) -> Tensors:
    return moves.apart(name.removeprefix("transformer."), tensor, config)


GPT2 = GgufFamily("gpt2", ("gpt2",), _gpt2, moves.transposed)
GPT_NEOX = GgufFamily("gptneox", ("gpt_neox",), _gpt_neox, moves.apart, why_not=measures.rope_unknown)
BLOOM = GgufFamily("bloom", ("bloom",), _bloom, _move_bloom)
STARCODER2 = GgufFamily("starcoder2", ("starcoder2",), _starcoder2, why_not=measures.rope_unknown)
