"""Which biases and norms the layers of a family have, as transformers builds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj"})
_MLP = frozenset({"gate_proj", "up_proj", "down_proj"})
_NEOX_ATTENTION = frozenset({"query_key_value", "dense"})
_NEOX_MLP = frozenset({"dense_h_to_4h", "dense_4h_to_h"})
_GPT2 = frozenset({"c_attn", "attn.c_proj", "c_fc", "mlp.c_proj"})
_LLAMA_NORMS = ("input_layernorm", "post_attention_layernorm")
_GEMMA_NORMS = (*_LLAMA_NORMS, "pre_feedforward_layernorm", "post_feedforward_layernorm")


def biases_of(family: str, config: Mapping[str, Any]) -> frozenset[str]:
    """Names of the linear modules of a layer that have a bias."""
    attention, mlp = bool(config.get("attention_bias")), bool(config.get("mlp_bias"))
    if family == "gpt2":
        return _GPT2
    if family == "gpt_neox":
        return (_NEOX_ATTENTION if config.get("attention_bias", True) else frozenset()) | _NEOX_MLP
    if family in ("qwen2", "qwen2_moe"):
        return _ATTENTION - {"o_proj"}
    return (_ATTENTION if attention else frozenset()) | (_MLP if mlp else frozenset())


def norms_of(family: str, hidden: int, head_dim: int) -> tuple[dict[str, int], str, int]:
    """Sizes of the norms of one layer by name, the name of the last norm, and the tensors of each norm."""
    if family == "gpt2":
        return {"ln_1": hidden, "ln_2": hidden}, "ln_f", 2
    if family == "gpt_neox":
        return dict.fromkeys(_LLAMA_NORMS, hidden), "final_layer_norm", 2
    if family in ("gemma2", "gemma3", "gemma3_text"):
        heads = {} if family == "gemma2" else {"q_norm": head_dim, "k_norm": head_dim}
        return dict.fromkeys(_GEMMA_NORMS, hidden) | heads, "norm", 1
    if family in ("qwen3", "qwen3_moe"):
        return dict.fromkeys(_LLAMA_NORMS, hidden) | {"q_norm": head_dim, "k_norm": head_dim}, "norm", 1
    return dict.fromkeys(_LLAMA_NORMS, hidden), "norm", 1
