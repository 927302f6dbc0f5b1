"""A model's size from its config.json alone: nothing is loaded, so 100 B parameters cost as little as 100 M."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.core.errors import Fault
from engine.methods.common.shape import ModelShape
from engine.models.architecture import families
from engine.models.architecture.alike import ALIKE
from engine.models.architecture.anatomy import keeps_of
from engine.models.architecture.layers import Layers, Sizes
from engine.models.architecture.told_format import BYTES, told_format
from engine.models.architecture.unlike import UNLIKE

_NAMES = {
    "hidden": ("hidden_size", "n_embd", "d_model", "dim"),
    "intermediate": ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "inner_hidden_size"),
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "num_heads"),
    "kv_heads": ("num_key_value_heads", "multi_query_group_num"),
    "head_dim": ("head_dim", "kv_channels"),
    "vocabulary": ("padded_vocab_size", "vocab_size"),
}
_LENGTHS = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")
_LEARNED_POSITIONS = frozenset({"gpt2", "opt"})  # positions have embeddings of their own
_GPT2_CONTEXT = 1024


def context_length(config: Mapping[str, Any]) -> int | None:
    """The longest text that the model was made for."""
    config = _text_part(config)
    return next((int(config[k]) for k in _LENGTHS if config.get(k)), None)


def shape_of(config: Mapping[str, Any], parameters: int | None = None) -> ModelShape:
    """Read the shape from the names that Llama, Qwen, Mistral, Gemma, Phi, GPT-NeoX, GPT-2, GLM and mixtures of experts use.

    Args:
        parameters: the true number of parameters where it is known; counted from the shape otherwise.

    Raises:
        Fault: "model.config_unknown" with the names that were looked for.
    """
    number_bytes = BYTES[told_format(config)]
    config = families.completed(_text_part(config))
    family = str(config.get("model_type", "llama"))
    layers, sizes = _read(config, "layers"), _sizes(config)
    made = _layers(family, config, sizes, layers)
    shape = ModelShape(
        sizes.hidden,
        sizes.intermediate,
        layers,
        sizes.heads,
        sizes.keys // sizes.head_dim,
        sizes.head_dim,
        _read(config, "vocabulary"),
        families.is_tied(family, config),
        parameters or 0,
        made.linears or None,
        family,
        linear_biases=made.biases,
        norm_sizes=made.norms,
        final_norm=(made.final, sizes.hidden if made.final else 0),
        norm_tensors=made.norm_tensors,
        experts=made.experts,
        stack=made.stack,
        besides=made.besides,
        unreached=made.unreached,
        converted=made.converted,
        plain_cache=made.plain_cache,
        scales_words=made.scales_words,
        turned=family in families.TURNED,
        number_bytes=number_bytes,
    )
    shape = replace(shape, linear_biases=made.biases & shape.linears.keys())
    shape = replace(shape, keeps=keeps_of(shape, config, made))
    return shape if parameters else replace(shape, parameters=_counted(shape, config, made.outside))


def _layers(family: str, config: Mapping[str, Any], sizes: Sizes, layers: int) -> Layers:
    own = ALIKE.get(family) or UNLIKE.get(family)
    if own is not None:
        return own(config, sizes, layers)
    norms, final, tensors = families.norms_of(family, sizes)
    return Layers(
        families.linears_of(family, config, sizes) or {},
        norms,
        final,
        tensors,
        families.biases_of(family, config),
        besides=families.besides_of(family, sizes),
        experts=families.experts_of(family, config, sizes.hidden, layers),
        plain_cache=family not in families.OTHER_CACHES,
    )


def _sizes(config: Mapping[str, Any]) -> Sizes:
    hidden, heads = _read(config, "hidden"), _read(config, "heads")
    inner = _found(config, "intermediate") or 4 * hidden
    head_dim = _found(config, "head_dim") or hidden // heads
    kv_heads = 1 if config.get("multi_query") else _kv_heads(config) or heads
    return Sizes(hidden, inner, heads, head_dim, heads * head_dim, kv_heads * head_dim)


def _kv_heads(config: Mapping[str, Any]) -> int | None:
    # ChatGLM names groups of heads, and says apart whether there are any.
    several = bool(config.get("multi_query_attention", "multi_query_group_num" not in config))
    return _found(config, "kv_heads") if several else None


def _counted(shape: ModelShape, config: Mapping[str, Any], outside: int) -> int:
    places = (context_length(config) or _GPT2_CONTEXT) * shape.hidden if shape.family in _LEARNED_POSITIONS else 0
    embeddings = shape.hidden * shape.vocabulary * (1 if shape.tied else 2) + places
    biases = shape.vocabulary if config.get("lm_head_bias") else 0
    ends = shape.norm_tensors * shape.final_norm[1] + outside
    layers = sum(shape.layer_numbers(place) for place in range(shape.layers))
    return layers + embeddings + biases + ends + _plain_layers(shape)


def _plain_layers(shape: ModelShape) -> int:
    """What the layers without experts have more or less than those with them."""
    if shape.stack or shape.experts is None or shape.experts.layers == shape.layers:
        return 0
    mlp = sum(i * o for name, (i, o) in shape.linears.items() if name not in ("q_proj", "k_proj", "v_proj", "o_proj"))
    plain = 3 * shape.hidden * shape.intermediate
    return (shape.layers - shape.experts.layers) * (plain - mlp - shape.experts.parameters)


def body_parameters(shape: ModelShape) -> int:
    """Weights of the linear modules of all layers: what nearly all calculation goes through, experts that rest left out."""
    return shape.linear_weights + _working(shape)


def _working(shape: ModelShape) -> int:
    one = shape.experts
    return 0 if one is None else one.layers * (one.used * 3 * shape.hidden * one.size + one.count * shape.hidden)


def _text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    part = config.get("text_config")
    return part if isinstance(part, Mapping) else config


def _found(config: Mapping[str, Any], key: str) -> int | None:
    values = (config.get(name) for name in _NAMES[key])
    return next((value for value in values if isinstance(value, int) and value > 0), None)


def _read(config: Mapping[str, Any], key: str) -> int:
    value = _found(config, key)
    if value is None:
        raise Fault("model.config_unknown", missing=key, names=list(_NAMES[key]))
    return value
