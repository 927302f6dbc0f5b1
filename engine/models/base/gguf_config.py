"""The metadata of a GGUF file as the config that transformers would have: the planner then reads both alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.core.errors import Fault

_FAMILIES = {  # those that transformers reads from such files
    "llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma2": "gemma2", "gemma3": "gemma3_text", "phi3": "phi3",
    "gpt2": "gpt2", "qwen2moe": "qwen2_moe", "qwen3moe": "qwen3_moe", "gpt-oss": "gpt_oss", "mistral": "mistral",
}  # fmt: skip
_NAMES = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "context_length": "max_position_embeddings",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
    "final_logit_softcapping": "final_logit_softcapping",
    "attn_logit_softcapping": "attn_logit_softcapping",
    "vocab_size": "vocab_size",
}
_OUTPUT = "output.weight"


def config_of(metadata: Mapping[str, Any], tensors: Collection[str]) -> dict[str, Any]:
    """What config.json would say.

    Args:
        metadata: the file's keys and values; of the vocabulary its size is enough ("tokenizer.ggml.tokens" or
            "<architecture>.vocab_size").
        tensors: names of the file's tensors: without "output.weight" the head shares the embeddings' weights.

    Raises:
        Fault: "model.config_unknown" for an architecture that no formula is known for.
    """
    own = str(metadata.get("general.architecture", ""))
    if own not in _FAMILIES:
        raise Fault("model.config_unknown", missing=own or "general.architecture", names=sorted(_FAMILIES))
    config = {name: metadata[f"{own}.{key}"] for key, name in _NAMES.items() if f"{own}.{key}" in metadata}
    config["model_type"] = _FAMILIES[own]
    config["tie_word_embeddings"] = _OUTPUT not in tensors
    words = metadata.get("tokenizer.ggml.tokens")
    if "vocab_size" not in config and words is not None:
        config["vocab_size"] = words if isinstance(words, int) else len(words)
    return config | _biases(tensors) | _experts(own, metadata)


def _biases(tensors: Collection[str]) -> dict[str, bool]:
    found = {"attention_bias": "blk.0.attn_q.bias" in tensors} if tensors else {}
    return found if found.get("attention_bias") else {}


def _experts(own: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    count = int(metadata.get(f"{own}.expert_count") or 0)
    if not count:
        return {}
    family = "mixtral" if own == "llama" else _FAMILIES[own]
    return {"model_type": family, "num_experts": count, "num_local_experts": count}
