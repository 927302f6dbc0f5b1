"""What the layers of a family are made of, as transformers builds them: linear modules, biases, norms and experts."""

from __future__ import annotations

from dataclasses import replace

from engine.methods.common.shape import Experts
from engine.models.architecture.layers import Config, Linears, Sizes, experts

_ATTENTION = frozenset({"q_proj", "k_proj", "v_proj", "o_proj"})
_MLP = frozenset({"gate_proj", "up_proj", "down_proj"})
_NEOX_ATTENTION = frozenset({"query_key_value", "dense"})
_NEOX_MLP = frozenset({"dense_h_to_4h", "dense_4h_to_h"})
_GPT2 = frozenset({"c_attn", "attn.c_proj", "c_fc", "mlp.c_proj"})
OTHER_CACHES = frozenset({"falcon", "gpt_bigcode", "mpt", "mamba2", "qwen3_next"})  # not keys and values of all heads
TURNED = frozenset({"gpt2"})  # linear modules that keep their weights turned round
_LLAMA_NORMS = ("input_layernorm", "post_attention_layernorm")
_GEMMA_NORMS = (*_LLAMA_NORMS, "pre_feedforward_layernorm", "post_feedforward_layernorm")
_GLM4_NORMS = (*_LLAMA_NORMS, "post_self_attn_layernorm", "post_mlp_layernorm")
_GEMMAS = frozenset({"gemma2", "gemma3", "gemma3_text"})
_TIED_UNLESS_SAID = frozenset(
    {
        "gpt2",
        "gemma",
        *_GEMMAS,
        "opt",
        "bloom",
        "cohere",
        "cohere2",
        "starcoder2",
        "minicpm3",
        "lfm2",
        "zamba2",
        "smollm3",
    }
)
_BIASED_UNLESS_SAID = frozenset({"gpt_neox", "gpt_oss", "glm", "glm4"})
_GEMMA2_UNLESS_SAID = {
    "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8,
    "num_key_value_heads": 4, "head_dim": 256, "vocab_size": 256_000,
}  # fmt: skip
_SCALED_UNLESS_SAID = {"logit_scale": 0.0625}
_UNLESS_SAID: dict[str, Config] = {  # some published configs leave out what their class has as default
    "gemma2": _GEMMA2_UNLESS_SAID | {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    "cohere": _SCALED_UNLESS_SAID,
    "cohere2": _SCALED_UNLESS_SAID,
    "gemma3": _GEMMA2_UNLESS_SAID | {"vocab_size": 262_208},
    "gemma3_text": _GEMMA2_UNLESS_SAID | {"vocab_size": 262_208},
    "qwen3": {"head_dim": 128},
    "gpt_oss": {"head_dim": 64},
}


def completed(config: Config) -> Config:
    """The config with what its class would fill in."""
    return {**_UNLESS_SAID.get(str(config.get("model_type")), {}), **config}


def is_tied(family: str, config: Config) -> bool:
    """Whether embeddings and output head share their weights."""
    said = config.get("tie_word_embeddings")
    return family in _TIED_UNLESS_SAID if said is None else bool(said)


# ---------------------------------------------------------------- linear modules


def linears_of(family: str, config: Config, sizes: Sizes) -> Linears | None:
    """(inputs, outputs) of the linear modules of a layer; None where they are Llama's."""
    hidden, inner, queries = sizes.hidden, sizes.intermediate, sizes.queries
    together = queries + 2 * sizes.keys
    up, down = (hidden, inner), (inner, hidden)
    if family == "gpt2":
        return {"c_attn": (hidden, together), "attn.c_proj": (queries, hidden), "c_fc": up, "mlp.c_proj": down}
    if family == "gpt_neox":
        return {
            "query_key_value": (hidden, together),
            "dense": (queries, hidden),
            "dense_h_to_4h": up,
            "dense_4h_to_h": down,
        }
    if family == "phi3":
        return {
            "qkv_proj": (hidden, together),
            "o_proj": (queries, hidden),
            "gate_up_proj": (hidden, 2 * inner),
            "down_proj": down,
        }
    apart = {
        "q_proj": (hidden, queries),
        "k_proj": (hidden, sizes.keys),
        "v_proj": (hidden, sizes.keys),
        "o_proj": (queries, hidden),
    }
    if family in ("glm", "glm4"):
        return {**apart, "gate_up_proj": (hidden, 2 * inner), "down_proj": down}
    return {**apart, **_beside_experts(family, config, hidden)} if experts_count(family, config) else None


def _beside_experts(family: str, config: Config, hidden: int) -> Linears:
    if family != "qwen2_moe":
        return {}
    inner = int(config.get("shared_expert_intermediate_size") or 5632)
    up, down = (hidden, inner), (inner, hidden)
    return {"gate_proj": up, "up_proj": up, "down_proj": down, "shared_expert_gate": (hidden, 1)}


def biases_of(family: str, config: Config) -> frozenset[str]:
    """Names of the linear modules of a layer that have a bias."""
    attention = bool(config.get("attention_bias", family in _BIASED_UNLESS_SAID))
    if family == "gpt2":
        return _GPT2
    if family == "gpt_neox":
        return (_NEOX_ATTENTION if attention else frozenset()) | _NEOX_MLP
    if family in ("qwen2", "qwen2_moe"):
        return _ATTENTION - {"o_proj"} if config.get("qkv_bias", True) else frozenset()
    if family in ("glm", "glm4"):
        return _ATTENTION - {"o_proj"} if attention else frozenset()
    return (_ATTENTION if attention else frozenset()) | (_MLP if config.get("mlp_bias") else frozenset())


# ---------------------------------------------------------------- norms


def norms_of(family: str, sizes: Sizes) -> tuple[dict[str, int], str, int]:
    """Sizes of the norms of one layer by name, the name of the last norm, and the tensors of each norm."""
    hidden = sizes.hidden
    if family == "gpt2":
        return {"ln_1": hidden, "ln_2": hidden}, "ln_f", 2
    if family == "gpt_neox":
        return dict.fromkeys(_LLAMA_NORMS, hidden), "final_layer_norm", 2
    of_heads = {"q_norm": sizes.head_dim, "k_norm": sizes.head_dim}
    if family in _GEMMAS:
        return dict.fromkeys(_GEMMA_NORMS, hidden) | ({} if family == "gemma2" else of_heads), "norm", 1
    if family == "glm4":
        return dict.fromkeys(_GLM4_NORMS, hidden), "norm", 1
    if family in ("qwen3", "qwen3_moe"):
        return dict.fromkeys(_LLAMA_NORMS, hidden) | of_heads, "norm", 1
    if family == "olmoe":
        whole = {"q_norm": sizes.queries, "k_norm": sizes.keys}
        return dict.fromkeys(_LLAMA_NORMS, hidden) | whole, "norm", 1
    return dict.fromkeys(_LLAMA_NORMS, hidden), "norm", 2 if family == "phimoe" else 1


# ---------------------------------------------------------------- experts

_EXPERTS = {  # how many, and their width
    "mixtral": ("num_local_experts", "intermediate_size"),
    "phimoe": ("num_local_experts", "intermediate_size"),
    "gpt_oss": ("num_local_experts", "intermediate_size"),
    "olmoe": ("num_experts", "intermediate_size"),
    "qwen2_moe": ("num_experts", "moe_intermediate_size"),
    "qwen3_moe": ("num_experts", "moe_intermediate_size"),
}


def experts_count(family: str, config: Config) -> int:
    """Experts of a layer; 0 where there are none."""
    if family not in _EXPERTS:
        return 0
    names = (_EXPERTS[family][0], "num_local_experts", "num_experts")  # transformers writes one for the other
    return next((int(config[name]) for name in names if config.get(name)), 0)


def experts_of(family: str, config: Config, hidden: int, layers: int) -> Experts | None:
    """The experts of a layer and what chooses between them (transformers 5 holds all of a layer in two tensors)."""
    count = experts_count(family, config)
    if not count:
        return None
    size, used = int(config[_EXPERTS[family][1]]), int(config.get("num_experts_per_tok") or 2)
    one = experts(count, used, hidden, size, _with_experts(family, config, layers))
    if family == "gpt_oss":
        return replace(one, parameters=one.parameters + count * (2 * size + hidden) + count)
    return one


def _with_experts(family: str, config: Config, layers: int) -> int:
    """Layers that have experts; the others have an MLP like Llama's."""
    if family not in ("qwen2_moe", "qwen3_moe"):
        return layers
    step, plain = int(config.get("decoder_sparse_step") or 1), set(config.get("mlp_only_layers") or ())
    return sum(layer not in plain and (layer + 1) % step == 0 for layer in range(layers))


def besides_of(family: str, sizes: Sizes) -> int:
    """Numbers of a layer that are neither in linear modules nor in norms nor in experts."""
    return sizes.heads if family == "gpt_oss" else 0  # a sink for each head
