"""Families whose layers differ from one another: some with experts, some with state spaces or convolutions."""

from __future__ import annotations

from engine.methods.common.shape import LayerParts
from engine.models.architecture.alike import latent
from engine.models.architecture.layers import Config, Family, Layers, Sizes, attention, experts, gated, parts

_LLAMA_NORMS = ("input_layernorm", "post_attention_layernorm")
_HYBRID_NORMS = ("input_layernorm", "pre_ff_layernorm")
_ATTENTION = ("attention", "full_attention")  # what kinds of layers are called in configs, old and new
_PASSED_BY = frozenset({"mamba.x_proj", "mamba.dt_proj", "mamba.out_proj"})  # fused kernels read their weights


def _number(config: Config, key: str, usual: int) -> int:
    value = config.get(key)
    return usual if value is None else int(value)


# ---------------------------------------------------------------- experts


def _llama4(config: Config, sizes: Sizes, layers: int) -> Layers:
    hidden, wide = sizes.hidden, _number(config, "intermediate_size_mlp", 16384)
    linears = attention(sizes) | gated(hidden, wide, "feed_forward")
    shared = gated(hidden, sizes.intermediate, "shared_expert")
    step = _number(config, "interleave_moe_layer_step", 1)
    said = config.get("moe_layers")
    routed = set(range(step - 1, layers, step) if said is None else said)
    count = _number(config, "num_local_experts", 16)
    one = experts(count, count, hidden, sizes.intermediate, len(routed))  # all calculate, and most are weighed with 0
    plain = parts([*linears], _LLAMA_NORMS)
    mixed = parts([*attention(sizes), *shared], _LLAMA_NORMS, routed=True)
    stack = tuple(mixed if layer in routed else plain for layer in range(layers))
    biases = frozenset(attention(sizes)) if config.get("attention_bias") else frozenset()
    norms = dict.fromkeys(_LLAMA_NORMS, hidden)
    return Layers(linears | shared, norms, biases=biases, stack=stack, experts=one, packs=False)  # attends in chunks


def _deepseek(config: Config, sizes: Sizes, layers: int) -> Layers:
    hidden, size = sizes.hidden, _number(config, "moe_intermediate_size", 1407)
    low, norms = latent(config, sizes)
    norms |= dict.fromkeys(_LLAMA_NORMS, hidden)
    dense = gated(hidden, sizes.intermediate, "mlp")
    shared = gated(hidden, size * _number(config, "n_shared_experts", 2), "shared_experts")
    first = _number(config, "first_k_dense_replace", 0)
    one = experts(
        _number(config, "n_routed_experts", 64), _number(config, "num_experts_per_tok", 2), hidden, size, layers - first
    )
    plain, mixed = parts([*low, *dense], [*norms]), parts([*low, *shared], [*norms], routed=True)
    return Layers(
        low | dense | shared,
        norms,
        converted=frozenset(dense | shared),
        stack=tuple(plain if layer < first else mixed for layer in range(layers)),
        experts=one,
        plain_cache=False,
    )


# ---------------------------------------------------------------- state spaces and convolutions


def _mamba2(config: Config, hidden: int, place: str = "mamba") -> tuple[dict[str, tuple[int, int]], int]:
    """Linear modules of a state space as in Mamba 2 (arXiv:2405.21060), and its other numbers, a norm apart."""
    state = _number(config, "mamba_d_state", 256)
    inner = config.get("mamba_d_ssm") or _number(config, "mamba_expand", 2) * hidden
    heads, groups = _number(config, "mamba_n_heads", 128), _number(config, "mamba_n_groups", 1)
    mixed = int(inner) + 2 * groups * state
    linears = {f"{place}.in_proj": (hidden, int(inner) + mixed + heads), f"{place}.out_proj": (int(inner), hidden)}
    convolution = mixed * (_number(config, "mamba_d_conv", 4) + bool(config.get("mamba_conv_bias", True)))
    return linears, 3 * heads + convolution


def _mamba2_states(config: Config, hidden: int) -> float:
    """Numbers of a token in transformers' own forward pass, found by dry runs at several sizes of each: keys of the state for
    every head, a chunk's matrix for every head, and the inner vector in its steps."""
    inner = config.get("mamba_d_ssm") or _number(config, "mamba_expand", 2) * hidden
    heads, chunk = _number(config, "mamba_n_heads", 128), _number(config, "mamba_chunk_size", 256)
    return heads * (6.5 * _number(config, "mamba_d_state", 256) + chunk) + 12.0 * int(inner)


def _falcon_h1(config: Config, sizes: Sizes, _layers: int) -> Layers:
    mamba, besides = _mamba2(config, sizes.hidden)
    normed = mamba["mamba.out_proj"][0] if config.get("mamba_rms_norm") else 0
    linears = attention(sizes) | gated(sizes.hidden, sizes.intermediate) | mamba
    norms = dict.fromkeys(_HYBRID_NORMS, sizes.hidden)
    return Layers(
        linears,
        norms,
        "final_layernorm",
        unreached=_PASSED_BY & mamba.keys(),
        besides=besides + normed,
        plain_cache=False,
        packs=False,
        states=_mamba2_states(config, sizes.hidden),
        scales_words=config.get("embedding_multiplier") not in (None, 1, 1.0),
    )


def _in_turns(
    sizes: Sizes, kinds: list[bool], mamba: dict[str, tuple[int, int]], besides: int, mlp: dict[str, tuple[int, int]]
) -> tuple[LayerParts, ...]:
    attending = parts([*attention(sizes), *mlp], _HYBRID_NORMS)
    recurrent = parts([*mamba, *mlp], _HYBRID_NORMS, besides)
    return tuple(attending if kind else recurrent for kind in kinds)


def _bamba(config: Config, sizes: Sizes, layers: int) -> Layers:
    mamba, besides = _mamba2(config, sizes.hidden)
    mlp, attending = gated(sizes.hidden, sizes.intermediate), set(config.get("attn_layer_indices") or ())
    kinds = [layer in attending for layer in range(layers)]
    return Layers(
        attention(sizes) | mlp | mamba,
        dict.fromkeys(_HYBRID_NORMS, sizes.hidden),
        "final_layernorm",
        unreached=_PASSED_BY & mamba.keys(),
        stack=_in_turns(sizes, kinds, mamba, besides + mamba["mamba.out_proj"][0], mlp),
        plain_cache=False,
        packs=False,
        states=_mamba2_states(config, sizes.hidden) * (1 - sum(kinds) / layers),
    )


def _granite_hybrid(config: Config, sizes: Sizes, layers: int) -> Layers:
    hidden, shared = sizes.hidden, _number(config, "shared_intermediate_size", 1024)
    mamba, besides = _mamba2(config, hidden)
    mlp = {"input_linear": (hidden, 2 * shared), "output_linear": (shared, hidden)}
    kinds = [kind in _ATTENTION for kind in config.get("layer_types") or ["mamba"] * layers]
    count = _number(config, "num_local_experts", 0)
    one = (
        experts(count, _number(config, "num_experts_per_tok", 8), hidden, sizes.intermediate, layers) if count else None
    )
    recurrent = parts([*mamba, *mlp], _LLAMA_NORMS, besides + mamba["mamba.out_proj"][0], routed=count > 0)
    attending = parts([*attention(sizes), *mlp], _LLAMA_NORMS, routed=count > 0)
    return Layers(
        attention(sizes) | mlp | mamba,
        dict.fromkeys(_LLAMA_NORMS, hidden),
        unreached=_PASSED_BY & mamba.keys(),
        stack=tuple(attending if kind else recurrent for kind in kinds),
        experts=one,
        plain_cache=False,
        packs=False,
        states=_mamba2_states(config, hidden) * (1 - sum(kinds) / layers),
    )


def _jamba(config: Config, sizes: Sizes, layers: int) -> Layers:
    hidden, state = sizes.hidden, _number(config, "mamba_d_state", 16)
    inner, rank = _number(config, "mamba_expand", 2) * hidden, config.get("mamba_dt_rank")
    rank = -(-hidden // 16) if rank in (None, "auto") else int(rank)
    mamba = {
        "mamba.in_proj": (hidden, 2 * inner),
        "mamba.x_proj": (inner, rank + 2 * state),
        "mamba.dt_proj": (rank, inner),
        "mamba.out_proj": (inner, hidden),
    }
    convolution = inner * (_number(config, "mamba_d_conv", 4) + bool(config.get("mamba_conv_bias", True)))
    mlp, count = gated(hidden, sizes.intermediate), _number(config, "num_experts", 16)
    inside = {"dt_layernorm": rank, "b_layernorm": state, "c_layernorm": state}

    def at(layer: int, key: str, period: int, offset: int) -> bool:
        return layer % _number(config, f"{key}_period", period) == _number(config, f"{key}_offset", offset)

    def layer_parts(layer: int) -> LayerParts:
        attends, routed = at(layer, "attn_layer", 8, 4), count > 1 and at(layer, "expert_layer", 2, 1)
        mixer = attention(sizes) if attends else mamba
        norms = [*_HYBRID_NORMS, *(() if attends else inside)]
        besides = 0 if attends else inner * state + inner + convolution
        return parts([*mixer, *(() if routed else mlp)], norms, besides, routed=routed)

    stack = tuple(layer_parts(layer) for layer in range(layers))
    one = experts(
        count, _number(config, "num_experts_per_tok", 2), hidden, sizes.intermediate, sum(p.routed for p in stack)
    )
    return Layers(
        attention(sizes) | mlp | mamba,
        dict.fromkeys(_HYBRID_NORMS, hidden) | inside,
        "final_layernorm",
        biases=frozenset({"mamba.dt_proj"}),
        unreached=_PASSED_BY,
        stack=stack,
        experts=one if one.layers else None,
        plain_cache=False,
        packs=False,
        states=2.85 * inner * state * sum("mamba.in_proj" in one.linears for one in stack) / layers,  # by dry runs
        scan=4.2 * inner * state,
    )


def _lfm2(config: Config, sizes: Sizes, layers: int) -> Layers:
    hidden, inner = sizes.hidden, int(config.get("block_ff_dim") or sizes.intermediate)
    if config.get("block_auto_adjust_ff_dim", True):
        step = _number(config, "block_multiple_of", 256)
        inner = int(float(config.get("block_ffn_dim_multiplier") or 1.0) * int(2 * inner / 3))
        inner = step * -(-inner // step)
    mlp = {"w1": (hidden, inner), "w3": (hidden, inner), "w2": (inner, hidden)}
    biased = bool(config.get("conv_bias"))
    conv = {"conv.in_proj": (hidden, 3 * hidden), "conv.out_proj": (hidden, hidden)}
    attending, norms = attention(sizes, "self_attn.out_proj"), ("operator_norm", "ffn_norm")
    of_heads = {"q_layernorm": sizes.head_dim, "k_layernorm": sizes.head_dim}
    short = parts([*conv, *mlp], norms, hidden * (_number(config, "conv_L_cache", 3) + biased))
    long = parts([*attending, *mlp], [*norms, *of_heads])
    chosen = config.get("full_attn_idxs")
    usual = ["full_attention" if chosen is None or i in chosen else "conv" for i in range(layers)]
    return Layers(
        attending | mlp | conv,
        dict.fromkeys(norms, hidden) | of_heads,
        "embedding_norm",
        biases=frozenset(conv) if biased else frozenset(),
        stack=tuple(long if kind in _ATTENTION else short for kind in config.get("layer_types") or usual),
        plain_cache=False,
        packs=False,
    )


def _zamba2(config: Config, sizes: Sizes, layers: int) -> Layers:
    """One transformer block for many layers: its numbers are counted in the last layer that it serves, and not adapted."""
    hidden, inner = sizes.hidden, sizes.intermediate
    names = {
        "mamba_d_ssm": None,
        "mamba_n_heads": config.get("n_mamba_heads"),
        "mamba_n_groups": config.get("mamba_ngroups"),
    }
    named = {**config, **names, "mamba_conv_bias": True, "mamba_chunk_size": config.get("chunk_size")}
    mamba, besides = _mamba2(named, hidden)
    besides += mamba["mamba.out_proj"][0]
    kinds = config.get("layers_block_type") or config.get("layer_types") or []
    hybrids = [number for number, kind in enumerate(kinds) if kind == "hybrid"]
    blocks, rank = _number(config, "num_mem_blocks", 1), _number(config, "adapter_rank", 128)
    own = _number(config, "attention_head_dim", 2 * hidden // sizes.heads)
    asked, kept = sizes.heads * own, sizes.keys // sizes.head_dim * own
    block = {
        **{f"{name}_proj": (2 * hidden, wide) for name, wide in (("q", asked), ("k", kept), ("v", kept))},
        "o_proj": (asked, hidden),
        "shared_transformer.feed_forward.gate_up_proj": (hidden, 2 * inner),
        "down_proj": (inner, hidden),
    }
    low = len(hybrids) // max(1, blocks) * rank * (hidden + 2 * inner)

    def layer_parts(number: int) -> LayerParts:
        if number not in hybrids:
            return parts([*mamba], ["input_layernorm"], besides)
        if number not in hybrids[-blocks:]:
            return parts([*mamba, "linear"], ["input_layernorm"], besides)
        return parts([*mamba, "linear", *block], ["input_layernorm"], besides + low + 3 * hidden)

    return Layers(
        mamba | {"linear": (hidden, hidden)} | block,
        {"input_layernorm": hidden},
        "final_layernorm",
        unreached=_PASSED_BY & mamba.keys() | block.keys(),
        stack=tuple(layer_parts(number) for number in range(layers)),
        plain_cache=False,
        packs=False,
        states=_mamba2_states(named, hidden),
    )


UNLIKE: dict[str, Family] = {
    "llama4_text": _llama4,
    "deepseek_v2": _deepseek,
    "deepseek_v3": _deepseek,
    "falcon_h1": _falcon_h1,
    "bamba": _bamba,
    "granitemoehybrid": _granite_hybrid,
    "jamba": _jamba,
    "lfm2": _lfm2,
    "zamba2": _zamba2,
}
