"""A model's size from its config.json alone: nothing is loaded, so 100 B parameters cost as little as 100 M."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.errors import Fault
from engine.methods import ModelShape
from engine.planner.families import biases_of, norms_of

Linears = dict[str, tuple[int, int]]

_NAMES = {
    "hidden": ("hidden_size", "n_embd", "d_model", "dim"),
    "intermediate": ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "vocabulary": ("vocab_size",),
}
_LEARNT_PLACES = frozenset({"gpt2", "opt"})  # positions have embeddings of their own
_GPT2_CONTEXT = 1024
_TIED_UNLESS_SAID = frozenset({"gpt2", "gemma", "gemma2", "gemma3", "gemma3_text", "opt", "bloom", "cohere", "cohere2"})


def context_length(config: Mapping[str, Any]) -> int | None:
    """The longest text that the model was made for."""
    config = _text_part(config)
    return next((int(config[k]) for k in ("max_position_embeddings", "n_positions", "n_ctx") if config.get(k)), None)


def shape_of(config: Mapping[str, Any], parameters: int | None = None) -> ModelShape:
    """Read the shape from the names that Llama, Qwen, Mistral, Gemma, Phi, GPT-NeoX and GPT-2 use.

    Args:
        parameters: the true number of parameters where it is known; counted from the shape otherwise.

    Raises:
        Fault: "model.config_unknown" with the names that were looked for.
    """
    config = _text_part(config)
    hidden, layers, heads = (_read(config, key) for key in ("hidden", "layers", "heads"))
    vocabulary = _read(config, "vocabulary")
    intermediate = next((int(config[k]) for k in _NAMES["intermediate"] if config.get(k)), 4 * hidden)
    head_dim = int(config.get("head_dim") or hidden // heads)
    kv_heads = 1 if config.get("multi_query") else int(config.get("num_key_value_heads") or heads)
    family = str(config.get("model_type", "llama"))
    tied = config.get("tie_word_embeddings")
    tied = family in _TIED_UNLESS_SAID if tied is None else bool(tied)
    linears = _other_linears(family, hidden, intermediate, (heads + 2 * kv_heads) * head_dim, heads * head_dim)
    shape = ModelShape(
        hidden, intermediate, layers, heads, kv_heads, head_dim, vocabulary, tied, parameters or 0, linears, family
    )
    norms, final, tensors = norms_of(family, hidden, head_dim)
    biases = biases_of(family, config) & shape.linears.keys()
    shape = replace(shape, linear_biases=biases, norm_sizes=norms, final_norm=(final, hidden), norm_tensors=tensors)
    return shape if parameters else replace(shape, parameters=_counted(shape, config))


def _counted(shape: ModelShape, config: Mapping[str, Any]) -> int:
    places = (context_length(config) or _GPT2_CONTEXT) * shape.hidden if shape.family in _LEARNT_PLACES else 0
    embeddings = shape.hidden * shape.vocabulary * (1 if shape.tied else 2) + places
    return shape.layers * shape.layer_parameters + embeddings + shape.norm_tensors * shape.final_norm[1]


def body_parameters(shape: ModelShape) -> int:
    """Weights of the linear modules of all layers: what nearly all calculation goes through."""
    return shape.layers * sum(inputs * outputs for inputs, outputs in shape.linears.values())


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    part = config.get("text_config")
    return part if isinstance(part, Mapping) else config


def _read(config: Mapping[str, Any], key: str) -> int:
    for name in _NAMES[key]:
        value = config.get(name)
        if isinstance(value, int) and value > 0:
            return value
    raise Fault("model.config_unknown", missing=key, names=list(_NAMES[key]))


def _other_linears(family: str, hidden: int, intermediate: int, qkv: int, heads: int) -> Linears | None:
    """The linear modules of families that are not built like Llama; None for those that are."""
    up, down = (hidden, intermediate), (intermediate, hidden)
    if family == "gpt2":
        return {"c_attn": (hidden, qkv), "attn.c_proj": (heads, hidden), "c_fc": up, "mlp.c_proj": down}
    if family == "gpt_neox":
        return {
            "query_key_value": (hidden, qkv),
            "dense": (heads, hidden),
            "dense_h_to_4h": up,
            "dense_4h_to_h": down,
        }
    if family == "phi3":
        return {
            "qkv_proj": (hidden, qkv),
            "o_proj": (heads, hidden),
            "gate_up_proj": (hidden, 2 * intermediate),
            "down_proj": down,
        }
    return None
