"""The memory estimate as a pure function: published models x methods, and parameter counts against the real model classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.published import MODELS, Config, with_layers
from engine.base_formats import base_format
from engine.base_formats.int8 import INT8
from engine.base_formats.nf4 import NF4
from engine.core.hardware import Device, Precision, cpu
from engine.core.params import read_all
from engine.core.text import catalogue
from engine.devices import precision_for
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method
from engine.models.architecture.shape import context_length, shape_of
from engine.models.base.gguf_config import _FAMILIES as FROM_GGUF
from engine.models.base.gguf_config import config_of
from engine.objectives import usual_objective
from engine.optimizers.adafactor import ADAFACTOR
from engine.optimizers.sgd import SGD
from engine.planner.memory.estimate import (
    KEYS,
    memory_breakdown,
    peak_phase,
    predicted_mb,
    step_bytes,
    total_mb,
    weight_bytes,
)
from engine.planner.memory.workload import Workload

GPU = Device("cuda:0", "NVIDIA A100 80GB", 80_000, 80_000, bf16=True, capability=(8, 0))
EXPERTS = {
    "hidden_size": 512,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "vocab_size": 1000,
}
MIXTURES: dict[str, Config] = {
    "Mixtral": EXPERTS | {"model_type": "mixtral", "intermediate_size": 704, "num_local_experts": 4},
    "Qwen2 MoE": EXPERTS | {"model_type": "qwen2_moe", "intermediate_size": 704, "moe_intermediate_size": 160, "num_experts": 6,
                            "shared_expert_intermediate_size": 320},
    "Qwen3 MoE, some plain layers": EXPERTS | {"model_type": "qwen3_moe", "intermediate_size": 704, "head_dim": 64,
                                               "moe_intermediate_size": 160, "num_experts": 6, "decoder_sparse_step": 2},
    "Phi-3.5 MoE": EXPERTS | {"model_type": "phimoe", "intermediate_size": 704, "num_local_experts": 4, "attention_bias": True,
                              "lm_head_bias": True},
    "gpt-oss": EXPERTS | {"model_type": "gpt_oss", "intermediate_size": 320, "num_local_experts": 4, "head_dim": 64},
    "GLM-4-0414": EXPERTS | {"model_type": "glm4", "intermediate_size": 704, "head_dim": 64, "attention_bias": True,
                             "pad_token_id": 0},
}  # fmt: skip
CHATGLM3: Config = {
    "model_type": "chatglm", "hidden_size": 4096, "ffn_hidden_size": 13696, "num_layers": 28, "num_attention_heads": 32,
    "multi_query_attention": True, "multi_query_group_num": 2, "kv_channels": 128, "padded_vocab_size": 65024,
    "add_qkv_bias": True, "seq_length": 8192,
}  # fmt: skip
CHATGLM: Config = {  # the first version, as it was published without its image tokens
    "model_type": "chatglm", "hidden_size": 4096, "inner_hidden_size": 16384, "layernorm_epsilon": 1e-05,
    "max_sequence_length": 2048, "num_attention_heads": 32, "num_layers": 28, "position_encoding_2d": True, "vocab_size": 130528,
}  # fmt: skip
PUBLISHED = {**MODELS, **MIXTURES, "ChatGLM3 6B": CHATGLM3, "ChatGLM 6B": CHATGLM}


def _work(config: Config, method: Method, tokens: int = 512, device: Device | None = None, **values: Any) -> Workload:
    own, faults = read_all(method.params, values, "method")
    training, more = read_all(usual_objective().params_for(method.defaults), {}, "training")
    assert not faults | more
    place = device or cpu()
    return Workload(
        shape_of(config),
        method,
        own,
        precision_for(place),
        place,
        tokens,
        base_format=base_format(training),
        longest=256,
    )


@pytest.mark.parametrize("name", [*MODELS, *MIXTURES])
def test_parameters_are_those_of_the_real_class(name: str) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = with_layers(PUBLISHED[name], 2)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
    assert shape_of(config).parameters == sum(parameter.numel() for parameter in model.parameters())


def test_chatglm_is_counted_though_transformers_has_no_class_for_it() -> None:
    assert shape_of(CHATGLM3).parameters == 6_243_584_000
    layer = (4096 + 1) * 3 * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 16384 + (16384 + 1) * 4096 + 2 * 2 * 4096
    first = shape_of(CHATGLM)
    assert first.parameters == 28 * layer + 2 * 130_528 * 4096 + 2 * 4096 == 6_707_929_088
    assert (first.kv_heads, first.tied, first.linears["dense_h_to_4h"]) == (32, False, (4096, 16384))
    assert context_length(CHATGLM) == 2048


def test_gguf_files_are_counted_of_families_that_the_library_reads_from_such_files() -> None:
    from transformers.integrations.ggml import GGUF_CONFIG_MAPPING

    assert set(FROM_GGUF.values()) <= GGUF_CONFIG_MAPPING.keys() | {"gemma3_text"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_estimate_is_whole_and_grows_with_what_is_asked_of_it(name: str) -> None:
    config = PUBLISHED[name]
    for method in METHODS:
        for device in (cpu(), GPU):
            work = _work(config, method, device=device)
            lines = memory_breakdown(work)
            assert [line.key for line in lines] == [key for key in KEYS if key in {line.key for line in lines}]
            assert all(line.bytes > 0 and line.formula and line.source for line in lines)
            assert total_mb(work) > predicted_mb(work) > 0
            assert total_mb(replace(work, tokens=1024)) >= total_mb(work)
            assert total_mb(replace(work, longest=400)) >= total_mb(work)
            assert total_mb(replace(work, groups=3)) >= total_mb(work)
            if method.capabilities.checkpointing and work.footprint.layers is None and method.capabilities.trains:
                assert total_mb(replace(work, recompute=True)) <= total_mb(work)


@pytest.mark.parametrize("name", PUBLISHED)
def test_fewer_bits_and_lower_ranks_need_less(name: str) -> None:
    work = _work(PUBLISHED[name], method_of("lora"), device=GPU)
    four, eight = (weight_bytes(replace(work, base_format=held)) for held in (NF4, INT8))
    quantises = work.shape.experts is None
    assert four < eight
    assert (eight < weight_bytes(work)) or not quantises
    ranks = [total_mb(_work(PUBLISHED[name], method_of("lora"), rank=rank)) for rank in (4, 64, 256)]
    assert ranks == sorted(ranks)
    assert ranks[0] < ranks[-1]


def test_the_peak_of_full_training_is_where_all_gradients_are() -> None:
    short = _work(MODELS["Llama 3 8B"], method_of("full"))
    assert peak_phase(short) == "end"
    long = replace(short, tokens=32_768, longest=32_768)
    assert peak_phase(long) in ("head", "backward")
    held = {line.key: line.bytes for line in memory_breakdown(short)}
    assert held["gradients"] == 4 * short.trained
    assert held["optimizer"] == 8 * short.trained
    lean = replace(short, optimizer=ADAFACTOR)
    assert total_mb(lean) < total_mb(short)
    assert total_mb(replace(lean, optimizer=SGD)) <= total_mb(lean)


def test_gradients_of_one_group_do_not_wait_for_activations_of_the_next() -> None:
    one = _work(MODELS["Llama 3 8B"], method_of("full"), tokens=1024)
    several = replace(one, groups=4)
    lines = {line.key: line.bytes for line in memory_breakdown(several)}
    assert lines["gradients"] >= 4 * several.trained
    assert lines["activations"] > 0
    assert total_mb(several) > total_mb(one)


DRY_RUNS = {  # MB that the engine's own step holds on fake tensors (benchmarks.dry_run), fp32, two examples of 512 tokens
    ("Llama 3 8B", "lora"): 44_500, ("Llama 3 8B", "full"): 128_501, ("Llama 3 8B", "houlsby"): 41_964,
    ("Llama 3 8B", "prefix_tuning"): 41_674, ("Qwen2.5 7B", "lora"): 43_005, ("Qwen3 8B", "lora"): 46_209,
    ("Mistral 7B", "lora"): 41_177, ("Gemma 2 2B", "lora"): 22_058, ("Gemma 3 4B (text)", "lora"): 25_884,
    ("Phi-3 mini 3.8B", "lora"): 24_427, ("Pythia 6.9B (GPT-NeoX)", "lora"): 37_662, ("GPT-2 XL 1.5B", "lora"): 24_218,
}  # fmt: skip


@pytest.mark.parametrize(("name", "key"), DRY_RUNS)
def test_the_estimate_agrees_with_dry_runs_of_published_models(name: str, key: str) -> None:
    work = replace(_work(MODELS[name], method_of(key), tokens=1024), longest=512, precision=Precision("fp32", ""))
    found = sum(step_bytes(work).values()) / 1e6
    assert found == pytest.approx(DRY_RUNS[name, key], rel=0.03)


def test_every_line_has_its_texts() -> None:
    for language in ("en", "zh"):
        texts = catalogue(language)
        assert all(f"plan.memory.{key}{end}" in texts for key in KEYS for end in ("", ".means"))


def test_gguf_metadata_says_the_same_as_the_config() -> None:
    config = MODELS["Qwen2.5 7B"]
    metadata = {
        "general.architecture": "qwen2", "qwen2.block_count": 28, "qwen2.embedding_length": 3584,
        "qwen2.feed_forward_length": 18944, "qwen2.attention.head_count": 28, "qwen2.attention.head_count_kv": 4,
        "qwen2.context_length": 32768, "qwen2.vocab_size": 152064,
    }  # fmt: skip
    read = shape_of(config_of(metadata, {"output.weight"}))
    assert read == shape_of(config)
    mixture = {
        "general.architecture": "llama", "llama.block_count": 32, "llama.embedding_length": 4096,
        "llama.feed_forward_length": 14336, "llama.attention.head_count": 32, "llama.attention.head_count_kv": 8,
        "llama.expert_count": 8, "llama.expert_used_count": 2, "llama.vocab_size": 32000,
    }  # fmt: skip
    assert shape_of(config_of(mixture, {"output.weight"})).parameters == 46_702_792_704  # Mixtral 8x7B
