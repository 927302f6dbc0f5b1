"""A large model of which only the small files are real: its weights are a header and a hole that takes no disk."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tiny import write_tokenizer

QWEN_3_8B: dict[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 4096, "intermediate_size": 12288,
    "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936,
    "max_position_embeddings": 40960, "rope_theta": 1000000, "rms_norm_eps": 1e-6, "hidden_act": "silu",
    "attention_bias": False, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "eos_token_id": 2,
}  # fmt: skip
_BF16 = 2  # bytes of a number


def write_hollow(folder: Path, config: dict[str, Any] = QWEN_3_8B) -> Path:
    """A folder with config.json, a small real tokenizer and model.safetensors, as long as the real one, of zeros."""
    write_tokenizer(folder)
    (folder / "special.json").unlink()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    header, end = {}, 0
    for name, shape in _tensors(config):
        start, end = end, end + _BF16 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [start, end]}
    written = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(written).to_bytes(8, "little") + written)
        file.truncate(8 + len(written) + end)
    return folder


def _tensors(config: dict[str, Any]) -> Iterator[tuple[str, list[int]]]:
    """Names and shapes of a Qwen 3."""
    width, inner, words = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    size = config["head_dim"]
    queries, keys = size * config["num_attention_heads"], size * config["num_key_value_heads"]
    yield "model.embed_tokens.weight", [words, width]
    for layer in range(config["num_hidden_layers"]):
        for name, shape in {
            "self_attn.q_proj": [queries, width], "self_attn.k_proj": [keys, width], "self_attn.v_proj": [keys, width],
            "self_attn.o_proj": [width, queries], "self_attn.q_norm": [size], "self_attn.k_norm": [size],
            "mlp.gate_proj": [inner, width], "mlp.up_proj": [inner, width], "mlp.down_proj": [width, inner],
            "input_layernorm": [width], "post_attention_layernorm": [width],
        }.items():  # fmt: skip
            yield f"model.layers.{layer}.{name}.weight", shape
    yield "model.norm.weight", [width]
    yield "lm_head.weight", [words, width]
