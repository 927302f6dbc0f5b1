"""What one layer keeps of each token until the backward pass, family by family, read from transformers' own forward passes.

The counting is that of Korthikanti et al. 2022 (arXiv:2205.05198, section 4), for layers in which everything is frozen:
a multiplication by a frozen matrix keeps nothing, a norm keeps its input, attention without written-down scores keeps
queries, keys, values and its result, a gated MLP keeps both halves and the bent one. What trained matrices keep besides
(their inputs) is counted by the method.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.methods.common.shape import LayerKeeps, ModelShape
from engine.models.architecture.alike import is_first_chatglm
from engine.models.architecture.layers import Layers

Config = Mapping[str, Any]

_FUSED_ROPE = frozenset(
    {"phi3", "gpt_neox", "chatglm"}
)  # values stay a view of the whole product; queries and keys are copies
_PLAIN_MLP = {
    "gpt_neox": 1,
    "starcoder2": 1,
    "opt": 1,
    "bloom": 1,
    "gpt2": 1,
}
_WIDE_MLP = {
    "gpt2": 3
}  # its GELU is written out in four steps that are kept; from the power on, autocast takes them in fp32
_WRITTEN_GATE = {"gpt_oss": 6}  # clamped and bent step by step
_WRITTEN = frozenset({"gpt_oss", "bloom"})  # write scores down, for sinks or for slopes
AFTER_HEAD = (
    "final_logit_softcapping",
    "logit_scale",
    "logits_scaling",
)  # what Gemma 2, Cohere and Granite do to logits
UNTOUCHED = (None, 1)  # values of them with which logits stay as they are
_TABLES = 16  # of each chosen expert: places, probabilities and the way back


def keeps_of(shape: ModelShape, config: Config, made: Layers) -> LayerKeeps:
    """The numbers of one layer; see `LayerKeeps`."""
    softcap, dropout = bool(config.get("attn_logit_softcapping")), _attention_dropout(shape, config)
    first_glm = is_first_chatglm(config)
    eager = softcap or first_glm or shape.family in _WRITTEN
    after_head = any(config.get(key) not in UNTOUCHED for key in AFTER_HEAD)
    scores = 2.0 if softcap else 1.0 if eager else 3.0 if dropout else 0.0
    mlp, work = _mlp(shape, _PLAIN_MLP["gpt2"] if first_glm else _PLAIN_MLP.get(shape.family, 0))
    return LayerKeeps(
        norms=_norms(shape, config) + _WIDE_MLP.get(shape.family, 0) * shape.intermediate,
        attention=_attention(shape, written=eager or dropout, eager=eager) + _hidden_dropout(shape, config),
        scores=scores * shape.heads,
        dropped=dropout and not eager,
        mlp=mlp + made.states,
        work=work + 2 * shape.hidden + made.scan,
        packs=made.packs and not eager and not after_head,
        whole_logits=after_head or bool(config.get("lm_head_bias")),
    )


def _norms(shape: ModelShape, config: Config) -> float:
    """The inputs of the layer's norms, and one factor (or two) for each normed vector."""
    wide = {name: size for name, size in shape.norm_sizes.items() if name not in ("q_norm", "k_norm")}
    inputs = len(wide) * shape.hidden
    if shape.family == "gpt_neox" and config.get("use_parallel_residual", True):
        inputs -= shape.hidden  # both norms read the same vector
    kept = inputs + len(wide) * shape.norm_tensors
    if len(wide) < len(shape.norm_sizes):
        kept += (shape.heads + shape.kv_heads) * shape.head_dim + shape.heads + shape.kv_heads
    return kept


def _attention(shape: ModelShape, *, written: bool, eager: bool) -> float:
    """Queries, keys, values, the result and a sum for each head; keys and values in all heads where scores are written down."""
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    if eager:
        return 3.0 * queries
    if shape.family == "gpt2":
        return 3.0 * queries + (2.0 * queries if written else queries + shape.heads)
    kept = 2.0 * queries + 2.0 * keys + shape.heads
    if shape.family in _FUSED_ROPE:
        kept += queries + keys
    return kept + (shape.head_dim if shape.family in ("glm", "glm4") else 0)  # angles, repeated in each layer


def _mlp(shape: ModelShape, plain: int) -> tuple[float, float]:
    """(kept, made by the backward pass at one time): of a gated MLP 3 x its width, of experts for each one chosen.

    Args:
        plain: how many times its width an MLP without a gate keeps; 0 where it has one.
    """
    inner = shape.linears.get("w1", (0, shape.intermediate))[1]
    if shape.experts is None:
        if plain:
            return float(plain * inner), 2.0 * inner
        return 3.0 * inner, 3.0 * inner
    one, gate = shape.experts, _WRITTEN_GATE.get(shape.family, 3)
    kept = one.used * (gate * one.size + shape.hidden + _TABLES)
    shared = shape.linears.get("gate_proj", (0, 0))[1]
    return kept + (3.0 * shared + shape.hidden + 1 if shared else 0.0), one.used * (3.0 * one.size + 2 * shape.hidden)


def _attention_dropout(shape: ModelShape, config: Config) -> bool:
    share = config.get("attn_pdrop", 0.1) if shape.family == "gpt2" else config.get("attention_dropout")
    return bool(share)


def _hidden_dropout(shape: ModelShape, config: Config) -> float:
    """Masks of what attention and MLP give on."""
    share = config.get("resid_pdrop", 0.1 if shape.family == "gpt2" else 0) or config.get("hidden_dropout")
    return 2.0 * shape.hidden if share else 0.0
