"""Families whose layers are all alike, with attention and an MLP, but under other names or with other parts than Llama's."""

from __future__ import annotations

from engine.models.architecture.layers import Config, Family, Layers, Sizes, attention, gated

_LLAMA_NORMS = ("input_layernorm", "post_attention_layernorm")
_OPT_OFFSET = 2  # rows of the embedding of places that are no places


def _opt(config: Config, sizes: Sizes, _layers: int) -> Layers:
    hidden, inner = sizes.hidden, sizes.intermediate
    linears = {**attention(sizes, "out_proj"), "fc1": (hidden, inner), "fc2": (inner, hidden)}
    narrow = int(config.get("word_embed_proj_dim") or hidden)
    vocabulary = int(config.get("vocab_size") or 0)
    changed = 2 * narrow * hidden - (hidden - narrow) * vocabulary if narrow != hidden else 0
    last = config.get("do_layer_norm_before", True) and not config.get("_remove_final_layer_norm")
    return Layers(
        linears,
        dict.fromkeys(("self_attn_layer_norm", "final_layer_norm"), hidden),
        final="final_layer_norm" if last else "",
        norm_tensors=2,
        biases=frozenset(linears) if config.get("enable_bias", True) else frozenset(),
        outside=_OPT_OFFSET * hidden + changed,
    )


def _bloom(_config: Config, sizes: Sizes, _layers: int) -> Layers:
    hidden, inner = sizes.hidden, 4 * sizes.hidden
    linears = {
        "query_key_value": (hidden, 3 * hidden),
        "dense": (hidden, hidden),
        "dense_h_to_4h": (hidden, inner),
        "dense_4h_to_h": (inner, hidden),
    }
    norms = dict.fromkeys(_LLAMA_NORMS, hidden)
    return Layers(linears, norms, "ln_f", 2, frozenset(linears), outside=2 * hidden, plain_cache=False, packs=False)


def _starcoder2(config: Config, sizes: Sizes, _layers: int) -> Layers:
    hidden, inner = sizes.hidden, sizes.intermediate
    linears = {**attention(sizes), "c_fc": (hidden, inner), "mlp.c_proj": (inner, hidden)}
    biases = frozenset(linears) if config.get("use_bias", True) else frozenset()
    return Layers(linears, dict.fromkeys(_LLAMA_NORMS, hidden), norm_tensors=2, biases=biases)


def _exaone4(_config: Config, sizes: Sizes, _layers: int) -> Layers:
    norms = dict.fromkeys(("post_attention_layernorm", "post_feedforward_layernorm"), sizes.hidden)
    of_heads = {"q_norm": sizes.head_dim, "k_norm": sizes.head_dim}
    return Layers(attention(sizes) | gated(sizes.hidden, sizes.intermediate), norms | of_heads)


def latent(config: Config, sizes: Sizes) -> tuple[dict[str, tuple[int, int]], dict[str, int]]:
    """Attention whose keys and values come out of a narrow vector (DeepSeek V2, arXiv:2405.04434): (linear modules, norms)."""
    hidden, heads, narrow = sizes.hidden, sizes.heads, int(config.get("kv_lora_rank") or 512)
    turned, still = int(config.get("qk_rope_head_dim") or 64), int(config.get("qk_nope_head_dim") or 128)
    value, asked = int(config.get("v_head_dim") or 128), config.get("q_lora_rank")
    linears = {
        "kv_a_proj_with_mqa": (hidden, narrow + turned),
        "kv_b_proj": (narrow, heads * (still + value)),
        "o_proj": (heads * value, hidden),
    }
    if not asked:
        return {"q_proj": (hidden, heads * (still + turned)), **linears}, {"kv_a_layernorm": narrow}
    low = {"q_a_proj": (hidden, int(asked)), "q_b_proj": (int(asked), heads * (still + turned))}
    return low | linears, {"q_a_layernorm": int(asked), "kv_a_layernorm": narrow}


def _minicpm3(config: Config, sizes: Sizes, _layers: int) -> Layers:
    linears, norms = latent(config, sizes)
    norms |= dict.fromkeys(_LLAMA_NORMS, sizes.hidden)
    mlp = gated(sizes.hidden, sizes.intermediate)
    return Layers(linears | mlp, norms, plain_cache=False, packs=False)  # hidden states are scaled before the head


def _chatglm(config: Config, sizes: Sizes, _layers: int) -> Layers:
    """The first version has a plain MLP, and biases and LayerNorms everywhere; from the second on it is gated, without most biases."""
    hidden, inner, first = sizes.hidden, sizes.intermediate, is_first_chatglm(config)
    linears = {
        "query_key_value": (hidden, sizes.queries + 2 * sizes.keys),
        "dense": (sizes.queries, hidden),
        "dense_h_to_4h": (hidden, inner if first else 2 * inner),
        "dense_4h_to_h": (inner, hidden),
    }
    some = frozenset({"query_key_value"}) if config.get("add_qkv_bias") else frozenset[str]()
    biases = frozenset(linears) if first or config.get("add_bias_linear") else some
    norms = dict.fromkeys(_LLAMA_NORMS, hidden)
    return Layers(linears, norms, "final_layernorm", 2 if first else 1, biases, packs=not first)


def is_first_chatglm(config: Config) -> bool:
    """Whether a config is of ChatGLM-6B, the first one: only it calls the width of its MLP so."""
    return config.get("model_type") == "chatglm" and bool(config.get("inner_hidden_size"))


ALIKE: dict[str, Family] = {
    "chatglm": _chatglm,
    "opt": _opt,
    "bloom": _bloom,
    "starcoder2": _starcoder2,
    "exaone4": _exaone4,
    "minicpm3": _minicpm3,
}
