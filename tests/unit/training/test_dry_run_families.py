"""What the plan says that a step holds is what a dry run finds, for layers of every build."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.dry_run import Step, estimated, held

_SIZES: dict[str, Any] = {
    "hidden_size": 1024, "intermediate_size": 2048, "num_hidden_layers": 4, "num_attention_heads": 8,
    "num_key_value_heads": 2, "vocab_size": 32000,
}  # fmt: skip
_SPACE = {"mamba_n_groups": 1, "mamba_d_state": 128, "mamba_chunk_size": 128, "mamba_d_head": 64}
_BUILDS: dict[str, dict[str, Any]] = {
    "falcon_h1": {**_SIZES, **_SPACE, "head_dim": 64, "mamba_d_ssm": 1536, "mamba_n_heads": 24},
    "lfm2": {**_SIZES, "layer_types": ["conv", "conv", "full_attention", "conv"]},
    "bloom": {"hidden_size": 1024, "n_layer": 4, "n_head": 16, "vocab_size": 32000},
    "llama4_text": {
        **_SIZES, "intermediate_size": 1024, "intermediate_size_mlp": 2048, "head_dim": 128, "num_local_experts": 4,
        "interleave_moe_layer_step": 2,
    },
    "bamba": {**_SIZES, **_SPACE, "attn_layer_indices": [2], "mamba_n_heads": 32},
    "jamba": {
        **_SIZES, "num_experts": 1, "num_experts_per_tok": 1, "attn_layer_offset": 2, "attn_layer_period": 4,
        "mamba_d_state": 16,
    },
    "zamba2": {
        **_SIZES, "num_key_value_heads": 8, "layers_block_type": ["mamba", "hybrid"] * 2, "mamba_d_state": 64,
        "n_mamba_heads": 32, "mamba_headdim": 64, "chunk_size": 128, "num_mem_blocks": 1, "adapter_rank": 64,
    },
    "opt": {
        "hidden_size": 1024, "ffn_dim": 4096, "num_hidden_layers": 4, "num_attention_heads": 16, "vocab_size": 32000,
        "word_embed_proj_dim": 1024,
    },
    "starcoder2": {**_SIZES, "intermediate_size": 4096},
    "granite": {**_SIZES, "logits_scaling": 8.0, "attention_multiplier": 0.015625, "residual_multiplier": 0.22},
    "gemma2": {**_SIZES, "head_dim": 128},
    "cohere2": {**_SIZES, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
}  # fmt: skip
_ALWAYS = ("falcon_h1", "lfm2", "bloom", "granite", "gemma2")


@pytest.mark.parametrize(
    "family", [name if name in _ALWAYS else pytest.param(name, marks=pytest.mark.zoo) for name in _BUILDS]
)
def test_the_estimate_agrees_with_the_dry_run(family: str) -> None:
    config, step = {"model_type": family, **_BUILDS[family]}, Step("lora", tokens=512)
    assert estimated(config, step) == pytest.approx(held(config, step)[0], rel=0.15)


def test_turned_inputs_are_copied_on_a_quantised_base_too() -> None:
    config, step = {"model_type": "llama", **_SIZES}, Step("oft", "bf16", 1024, held="nf4")
    assert estimated(config, step) == pytest.approx(held(config, step)[0], rel=0.06)
