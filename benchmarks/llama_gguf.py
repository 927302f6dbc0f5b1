"""A Llama as a file of llama.cpp, and how quickly llama.cpp goes on from a prompt with it. For comparisons alone.

Needs `gguf`, and `xllamacpp` to run it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Form
from gguf import GGUFWriter
from gguf.quants import quantize
from safetensors.numpy import load_file

FORMS = {"F32": Form.F32, "Q8_0": Form.Q8_0}


def write(weights: Path, tokenizer: Path, file: Path, form: str, template: str = "") -> Path:
    """Write the model of a folder, its matrices in "F32" or "Q8_0", with a chat template where one is given."""
    config = json.loads((weights / "config.json").read_text())
    writer = GGUFWriter(file, "llama")
    _settings(writer, config)
    _words(writer, json.loads((tokenizer / "tokenizer.json").read_text()), config)
    if template:
        writer.add_chat_template(template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
    for name, tensor in load_file(weights / "model.safetensors").items():
        if name == "lm_head.weight" and config["tie_word_embeddings"]:
            continue
        told = names.get_name(name, try_suffixes=(".weight",))
        assert told is not None, name
        its = _turned(name, tensor.astype(np.float32), config)
        kind = FORMS[form] if its.ndim == 2 else Form.F32
        writer.add_tensor(told, quantize(its, kind) if kind != Form.F32 else its, raw_dtype=kind)
    for step in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        step()
    writer.close()
    return file


def _settings(writer: GGUFWriter, config: dict[str, Any]) -> None:
    rope = config.get("rope_parameters") or {}
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0))
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_vocab_size(config["vocab_size"])


def _words(writer: GGUFWriter, tokenizer: dict[str, Any], config: dict[str, Any]) -> None:
    known = tokenizer["model"]["vocab"] | {one["content"]: one["id"] for one in tokenizer["added_tokens"]}
    special = {one["id"] for one in tokenizer["added_tokens"]}
    by_id = {number: word for word, number in known.items()}
    count = config["vocab_size"]
    merges = tokenizer["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([by_id.get(number, f"[unused{number}]") for number in range(count)])
    kinds = gguf.TokenType
    writer.add_token_types([kinds.CONTROL if number in special else kinds.NORMAL for number in range(count)])
    writer.add_token_merges([one if isinstance(one, str) else " ".join(one) for one in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])


def _turned(name: str, tensor: npt.NDArray[np.float32], config: dict[str, Any]) -> npt.NDArray[np.float32]:
    """Queries and keys with the halves of each turn beside each other, as llama.cpp has them."""
    heads = {"q_proj": config["num_attention_heads"], "k_proj": config["num_key_value_heads"]}
    count = next((number for part, number in heads.items() if part in name), None)
    if count is None:
        return tensor
    return tensor.reshape(count, 2, -1, tensor.shape[1]).swapaxes(1, 2).reshape(tensor.shape)


class LlamaCpp:
    """A running model of llama.cpp."""

    def __init__(self, file: Path, threads: int) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(file)
        params.n_ctx, params.n_parallel, params.n_gpu_layers = 2048, 1, 0
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
        params.warmup, params.verbosity = True, -1
        self._server = xllamacpp.Server(params)

    def write(self, ids: Sequence[int], count: int) -> tuple[str, float, float]:
        """A greedy answer, its tokens a second, and seconds that the prompt took."""
        asked = {
            "prompt": list(ids), "n_predict": count, "temperature": 0, "ignore_eos": True,
            "cache_prompt": False, "stream": False,
        }  # fmt: skip
        found = self._server.handle_completions(asked)
        told = json.loads(found) if isinstance(found, str | bytes) else found
        if "timings" not in told:
            raise RuntimeError(f"llama.cpp answers {str(told)[:300]}")
        timings = told["timings"]
        return (
            str(told["choices"][0]["text"]),
            float(timings["predicted_per_second"]),
            float(timings["prompt_ms"]) / 1000,
        )
