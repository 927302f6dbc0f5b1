"""Measures that most families have, written as llama.cpp names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.gguf.common.family import Config

if TYPE_CHECKING:
    from gguf import GGUFWriter

_ROPE = Text("exports.gguf.measures.rope")
_BIASES = Text("exports.gguf.measures.biases")
_SLIDING = ("gemma2", "gemma3_text")  # llama.cpp slides as they do
_KNOWN_ROPES = (None, "default", "linear", "yarn", "llama3", "longrope")


def sizes(file: GGUFWriter, config: Config) -> None:
    """Layers, widths and heads."""
    file.add_context_length(_context(config))
    file.add_block_count(config.num_hidden_layers)
    file.add_embedding_length(config.hidden_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)
    if getattr(config, "intermediate_size", None):
        file.add_feed_forward_length(config.intermediate_size)


def rms(file: GGUFWriter, config: Config) -> None:
    """The small number in its norms."""
    file.add_layer_norm_rms_eps(config.rms_norm_eps)


def head_size(config: Config) -> int:
    """Width of a head."""
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)


def heads(file: GGUFWriter, config: Config) -> None:
    """The width of a head, where it does not follow from the others."""
    file.add_key_length(head_size(config))
    file.add_value_length(head_size(config))


def rope_of(config: Config) -> dict[str, Any]:
    """What a config says of its turned positions; of full attention where layers differ."""
    found = dict(getattr(config, "rope_parameters", None) or {})
    return dict(found.get("full_attention", found))


def turned(config: Config) -> int:
    """How many numbers of a head are turned."""
    part = rope_of(config).get("partial_rotary_factor") or getattr(config, "partial_rotary_factor", None) or 1.0
    return int(head_size(config) * part)


def rope(file: GGUFWriter, config: Config) -> None:
    """How positions are told, stretched ones too."""
    from gguf import RopeScalingType

    told = rope_of(config)
    file.add_rope_dimension_count(turned(config))
    file.add_rope_freq_base(float(told.get("rope_theta") or 10_000.0))
    kind = told.get("rope_type")
    if kind == "linear":
        file.add_rope_scaling_type(RopeScalingType.LINEAR)
        file.add_rope_scaling_factor(float(told["factor"]))
    elif kind == "yarn":
        _yarn(file, config, told)


def _yarn(file: GGUFWriter, config: Config, told: Mapping[str, Any]) -> None:
    from gguf import RopeScalingType

    file.add_rope_scaling_type(RopeScalingType.YARN)
    file.add_rope_scaling_factor(float(told["factor"]))
    file.add_rope_scaling_orig_ctx_len(
        int(told.get("original_max_position_embeddings") or config.max_position_embeddings)
    )
    for key, write in (
        ("beta_fast", file.add_rope_scaling_yarn_beta_fast),
        ("beta_slow", file.add_rope_scaling_yarn_beta_slow),
    ):
        if told.get(key):
            write(float(told[key]))


def rope_unknown(config: Mapping[str, Any]) -> Text | None:
    """Why not, where positions are stretched in a way that llama.cpp does not have."""
    told = config.get("rope_scaling") or config.get("rope_parameters") or {}
    one = told.get("full_attention", told)
    kind = one.get("rope_type", one.get("type")) if isinstance(one, dict) else None
    return None if kind in _KNOWN_ROPES else _ROPE


def _context(config: Config) -> int:
    """How long texts may be. Where llama.cpp has no sliding window for a family both read alike up to the window's length, so that is it."""
    window = getattr(config, "sliding_window", None) if config.model_type not in _SLIDING else None
    windowed = window and getattr(config, "use_sliding_window", True)
    return int(min(window, config.max_position_embeddings) if windowed else config.max_position_embeddings)


def plain_attention(config: Mapping[str, Any]) -> Text | None:
    """Why not, for families in which llama.cpp has no bias behind attention."""
    return _BIASES if config.get("attention_bias") else rope_unknown(config)
