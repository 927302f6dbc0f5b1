"""Tiny models whose tokenizer and embedding do not fit, as people have them on their disks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer

from tests import tiny

ROWS = 512
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {"num_key_value_heads": 2, "tie_word_embeddings": True},
    "llama-untied": {"num_key_value_heads": 2, "tie_word_embeddings": False},
    "qwen2": {"num_key_value_heads": 2, "tie_word_embeddings": False},
    "gpt2": {"n_positions": 512},
    "gpt_neox": {"tie_word_embeddings": False},
    "opt": {"ffn_dim": 128, "word_embed_proj_dim": 64},
    "bloom": {"n_head": 4, "n_layer": 2},
    "phi": {"tie_word_embeddings": False},  # its head has a bias
    "mamba": {},
}


def write_model(folder: Path, family: str = "llama", *, dtype: str = "float32", **config: Any) -> Path:
    """A folder with config.json, weights and the tiny tokenizer, which fits it."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(3)
    settings = {
        "vocab_size": ROWS, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": 512, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": None,
    }  # fmt: skip
    made = AutoConfig.for_model(family.partition("-")[0], **settings | FAMILIES[family] | config)
    shard = config.pop("max_shard_size", "1GB")
    AutoModelForCausalLM.from_config(made).to(getattr(torch, dtype)).save_pretrained(folder, max_shard_size=shard)
    return tiny.write_tokenizer(folder)


def add_tokens(folder: Path, tokens: Sequence[str], *, special: bool = False) -> Path:
    """Teach the tokenizer further tokens, behind the embedding's last row; special ones are text where people write them."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens([f"<|unused_{i}|>" for i in range(ROWS - tokenizer.get_vocab_size())])
    tokenizer.add_tokens([AddedToken(token, special=special) for token in tokens])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def edit(folder: Path, name: str, **changes: Any) -> Path:
    """Change values of a JSON file of the folder."""
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return folder
