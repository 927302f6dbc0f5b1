"""Models of the zoo with experts, with state spaces or with convolutions."""

from __future__ import annotations

from tests.zoo.declaration import ZooModel
from tests.zoo.dense import CHATML, LLAMA_2
from tests.zoo.tokenizers import Tokens

_ROUTED = {"num_experts_per_tok": 2}
_LATENT = {
    "num_key_value_heads": 4, "q_lora_rank": 32, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8,
    "v_head_dim": 16, "moe_intermediate_size": 32, "n_routed_experts": 4, "n_shared_experts": 1, "n_group": 1,
    "topk_group": 1, "first_k_dense_replace": 1, **_ROUTED,
}  # fmt: skip
_DEEPSEEK = Tokens(
    special=("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"), plain=("<think>", "</think>"),
    named={
        "bos_token": "<｜begin▁of▁sentence｜>", "eos_token": "<｜end▁of▁sentence｜>", "pad_token": "<｜end▁of▁sentence｜>",
    },
    begins=True,
)  # fmt: skip

MIXTURES = (
    ZooModel(
        "mixtral", "mixtral", "Mixtral",
        frozenset({"experts", "stored in bf16", "no pad token", "SentencePiece"}),
        LLAMA_2, "mistral-v0.1", {"num_local_experts": 4, **_ROUTED}, stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "qwen-2-moe", "qwen2_moe", "Qwen 2 MoE",
        frozenset({"experts", "stored in bf16", "tiktoken"}),
        CHATML, "chatml",
        {"moe_intermediate_size": 32, "shared_expert_intermediate_size": 64, "num_experts": 4, **_ROUTED},
        ends=("<|im_end|>", "<|endoftext|>"), stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "qwen-3-moe", "qwen3_moe", "Qwen 3 MoE",
        frozenset({"experts", "stored in bf16", "thinking template"}),
        CHATML, "qwen-3", {"head_dim": 16, "moe_intermediate_size": 32, "num_experts": 4, **_ROUTED},
        ends=("<|im_end|>", "<|endoftext|>"), stored="bf16",
    ),
    ZooModel(
        "gpt-oss", "gpt_oss", "gpt-oss",
        frozenset({"experts", "stored in bf16", "sliding window", "thinking template", "tool template", "tiktoken"}),
        Tokens(
            special=("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|call|>"),
            named={"bos_token": "<|startoftext|>", "eos_token": "<|return|>", "pad_token": "<|endoftext|>"},
        ),
        "gpt-oss",
        {
            "head_dim": 16, "num_local_experts": 4, "sliding_window": 16,
            "layer_types": ["sliding_attention", "full_attention"],
            "rope_parameters": {"rope_type": "default", "rope_theta": 150000.0}, **_ROUTED,
        },
        ends=("<|return|>", "<|endoftext|>", "<|call|>"), stored="bf16",
    ),
    ZooModel(
        "llama-4", "llama4_text", "Llama 4",
        frozenset({"experts", "stored in bf16", "sliding window", "tool template", "tiktoken"}),
        Tokens(
            special=("<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>",
                     "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>"),
            named={"bos_token": "<|begin_of_text|>", "eos_token": "<|eot|>", "pad_token": "<|finetune_right_pad|>"}, begins=True,
        ),
        "llama-4",
        {
            "head_dim": 16, "intermediate_size_mlp": 128, "num_local_experts": 4, "num_experts_per_tok": 1,
            "attention_chunk_size": 32, "moe_layers": [1], "no_rope_layers": [1, 0],
        },
        ends=("<|end_of_text|>", "<|eom|>", "<|eot|>"), stored="bf16",
    ),
    ZooModel(
        "deepseek-v2", "deepseek_v2", "DeepSeek V2",
        frozenset({"experts", "low-rank attention", "stored in bf16", "tokenizer begins texts"}),
        _DEEPSEEK, "deepseek-v2", _LATENT, stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "deepseek-r1", "deepseek_v3", "DeepSeek V3 / R1",
        frozenset({"experts", "low-rank attention", "stored in bf16", "thinking template", "drops thoughts"}),
        _DEEPSEEK, "deepseek-r1", _LATENT, stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "falcon-h1", "falcon_h1", "Falcon-H1",
        frozenset({"hybrid", "stored in bf16", "tool template"}),
        Tokens(
            special=("<|begin_of_text|>", "<|end_of_text|>", "<|im_start|>", "<|im_end|>", "<|pad|>"),
            plain=("<tool_call>", "</tool_call>"),
            named={"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>", "pad_token": "<|pad|>"},
        ),
        "falcon-h1",
        {
            "head_dim": 16, "mamba_d_ssm": 64, "mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1,
            "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_chunk_size": 8,
        },
        ends=("<|end_of_text|>", "<|im_end|>"), stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "lfm-2", "lfm2", "LFM2",
        frozenset({"hybrid", "stored in bf16", "tied head"}),
        Tokens(
            special=("<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"),
            named={"bos_token": "<|startoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>"}, begins=True,
        ),
        "lfm-2", {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False}, stored="bf16",
    ),
)  # fmt: skip
