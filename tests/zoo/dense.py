"""Models of the zoo whose layers are attention and an MLP."""

from __future__ import annotations

from tests.zoo.declaration import SIZES, ZooModel
from tests.zoo.oddities import sharded
from tests.zoo.tokenizers import Tokens

LLAMA_2 = Tokens(
    "pieces", ("<unk>", "<s>", "</s>"),
    named={"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}, begins=True,
)  # fmt: skip
_LLAMA_3 = Tokens(
    special=(
        "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
        "<|python_tag|>",
    ),
    named={"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"}, begins=True,
)  # fmt: skip
CHATML = Tokens(
    special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    plain=("<tool_call>", "</tool_call>", "<think>", "</think>"),
    named={"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
)
_GEMMA = ("<pad>", "<eos>", "<bos>", "<start_of_turn>", "<end_of_turn>")
_GEMMA_NAMED = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
_WINDOWS = {"sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]}

DENSE = (
    ZooModel(
        "llama-2", "llama", "Llama 2",
        frozenset({
            "stored in fp16", "torch_dtype in config", "untied head", "no pad token", "tokenizer begins texts",
            "refused generation config", "sharded", "SentencePiece",
        }),
        LLAMA_2, "llama-2",
        {"tie_word_embeddings": False}, stored="fp16", said="torch_dtype",
        generation={"temperature": 0.9, "top_p": 0.6}, finish=(sharded,),
    ),
    ZooModel(
        "llama-3", "llama", "Llama 3",
        frozenset({
            "stored in bf16", "torch_dtype in config", "tied head", "no pad token", "tokenizer begins texts",
            "tool template", "tiktoken",
        }),
        _LLAMA_3, "llama-3.1",
        {
            "tie_word_embeddings": True, "rope_theta": 500000.0,
            "rope_scaling": {
                "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 256,
            },
        },
        ends=("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"), stored="bf16", said="torch_dtype",
        generation={"do_sample": True, "temperature": 0.6, "top_p": 0.9},
    ),
    ZooModel(
        "qwen-2.5", "qwen2", "Qwen 2 / 2.5",
        frozenset({"stored in bf16", "torch_dtype in config", "tied head", "more rows than tokens", "tool template"}),
        CHATML, "qwen-2.5", {"tie_word_embeddings": True},
        ends=("<|im_end|>", "<|endoftext|>"), stored="bf16", said="torch_dtype", spare=37,
        generation={"do_sample": True, "repetition_penalty": 1.1, "temperature": 0.7, "top_p": 0.8, "top_k": 20},
    ),
    ZooModel(
        "qwen-3", "qwen3", "Qwen 3",
        frozenset({"stored in bf16", "dtype in config", "thinking template", "drops thoughts", "tool template"}),
        CHATML, "qwen-3", {"head_dim": 16, "tie_word_embeddings": True},
        ends=("<|im_end|>", "<|endoftext|>"), stored="bf16",
    ),
    ZooModel(
        "gemma-2", "gemma2", "Gemma 2",
        frozenset({
            "stored in bf16", "sliding window", "capped logits", "no system turn", "text ends otherwise than turns",
            "tokenizer begins texts", "tied head", "SentencePiece",
        }),
        Tokens("pieces", _GEMMA, named=_GEMMA_NAMED, begins=True), "gemma-2",
        {"head_dim": 16, "query_pre_attn_scalar": 16, **_WINDOWS},
        ends=("<eos>", "<end_of_turn>"), stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "gemma-3", "gemma3_text", "Gemma 3",
        frozenset({
            "stored in bf16", "no dtype in config", "sliding window", "no system turn", "text ends otherwise than turns",
            "tokenizer begins texts", "SentencePiece",
        }),
        Tokens("unigram", _GEMMA, named=_GEMMA_NAMED, begins=True), "gemma-2",
        {"head_dim": 16, "query_pre_attn_scalar": 16, **_WINDOWS},
        ends=("<eos>", "<end_of_turn>"), stored="bf16", said="",
    ),
    ZooModel(
        "mistral", "mistral", "Mistral",
        frozenset({"stored in bf16", "sliding window", "no pad token", "tool template", "SentencePiece"}),
        Tokens(
            "pieces", (*LLAMA_2.special, "[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
                       "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
            named=LLAMA_2.named, begins=True,
        ),
        "mistral-v0.3", {"head_dim": 16, "sliding_window": 16}, stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "phi-3", "phi3", "Phi-3",
        frozenset({
            "stored in bf16", "fused projections", "sliding window", "more rows than tokens", "SentencePiece",
        }),
        Tokens(
            "pieces", (*LLAMA_2.special, "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"),
            named={"bos_token": "<s>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"},
        ),
        "phi-3", {"sliding_window": 16, "tie_word_embeddings": False},
        ends=("<|endoftext|>", "<|assistant|>", "<|end|>"), stored="bf16", said="torch_dtype", spare=24,
    ),
    ZooModel(
        "phi-4", "phi3", "Phi-4",
        frozenset({"stored in bf16", "fused projections", "tiktoken"}),
        Tokens(
            special=("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|im_sep|>", "<|dummy_85|>"),
            named={"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|dummy_85|>"},
        ),
        "phi-4", {"num_key_value_heads": 1}, ends=("<|endoftext|>", "<|im_end|>"), stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "glm-4", "glm4", "GLM 4",
        frozenset({"stored in bf16", "no end mark", "tool template", "tiktoken"}),
        Tokens(
            special=("<|endoftext|>", "[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
            named={"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        ),
        "glm-4", {"head_dim": 16}, ends=("<|endoftext|>", "<|user|>", "<|observation|>"), stored="bf16",
    ),
    ZooModel(
        "smollm-3", "smollm3", "SmolLM 3",
        frozenset({"stored in bf16", "thinking template", "tool template", "tied head"}),
        CHATML, "smollm-3", {"no_rope_layers": [1, 0], "tie_word_embeddings": True}, stored="bf16",
    ),
    ZooModel(
        "exaone-4", "exaone4", "EXAONE 4",
        frozenset({"stored in bf16", "no dtype in config", "sliding window", "thinking template", "drops thoughts"}),
        Tokens(
            special=("[BOS]", "[PAD]", "[|endofturn|]", "[|system|]", "[|user|]", "[|assistant|]"), plain=("<think>", "</think>"),
            named={"bos_token": "[BOS]", "eos_token": "[|endofturn|]", "pad_token": "[PAD]"},
        ),
        "exaone-4", _WINDOWS, stored="bf16", said="",
    ),
    ZooModel(
        "minicpm-3", "minicpm3", "MiniCPM 3",
        frozenset({"low-rank attention", "no end mark", "tokenizer begins texts", "stored in bf16", "SentencePiece"}),
        Tokens("unigram", LLAMA_2.special, ("<用户>", "<AI>"), named=LLAMA_2.named, begins=True), "minicpm",
        {
            "num_key_value_heads": 4, "q_lora_rank": 32, "kv_lora_rank": 16, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8,
            "v_head_dim": 16,
        },
        stored="bf16", said="torch_dtype",
    ),
    ZooModel(
        "starcoder-2", "starcoder2", "StarCoder2",
        frozenset({"stored in bf16", "no chat template", "tied head", "no pad token", "tiktoken"}),
        Tokens("bytes"), None, {"sliding_window": 32}, SIZES, stored="bf16", said="torch_dtype",
    ),
)  # fmt: skip
