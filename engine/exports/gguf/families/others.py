"""Families with an arrangement of their own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.exports.gguf.common import measures, moves
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from gguf import GGUFWriter


def _phi3(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.rope(file, config)
    told = measures.rope_of(config)
    if told.get("rope_type") == "longrope":
        old = int(
            told.get("original_max_position_embeddings")
            or getattr(config, "original_max_position_embeddings", None)
            or config.max_position_embeddings
        )
        stretch = config.max_position_embeddings / old
        factor = told.get("attention_factor") or (
            math.sqrt(1 + math.log(stretch) / math.log(old)) if stretch > 1 else 1.0
        )
        file.add_rope_scaling_orig_ctx_len(old)
        file.add_rope_scaling_attn_factors(float(factor))


def _glm4(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.heads(file, config)
    measures.rope(file, config)


def _olmo(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rope(file, config)
    file.add_layer_norm_eps(1e-5)
    if config.clip_qkv:
        file.add_clamp_kqv(config.clip_qkv)


def _olmo2(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rms(file, config)
    measures.rope(file, config)


def _stablelm(file: GGUFWriter, config: Config) -> None:
    measures.sizes(file, config)
    measures.rope(file, config)
    file.add_parallel_residual(config.use_parallel_residual)
    file.add_layer_norm_eps(config.layer_norm_eps)


PHI3 = GgufFamily("phi3", ("phi3",), _phi3, further=moves.longrope_factors, why_not=measures.rope_unknown)
GLM4 = GgufFamily("glm4", ("glm4",), _glm4, why_not=measures.rope_unknown)
OLMO = GgufFamily("olmo", ("olmo",), _olmo, moves.llama, why_not=measures.plain_attention)
OLMO2 = GgufFamily("olmo2", ("olmo2",), _olmo2, why_not=measures.plain_attention)
STABLELM = GgufFamily("stablelm", ("stablelm",), _stablelm, why_not=measures.rope_unknown)
