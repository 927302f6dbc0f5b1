"""Published chat templates with a byte-level tokenizer that knows their special tokens: enough to test renders and masks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate

_FOLDER = Path(__file__).parent / "templates"
_SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<s>", "</s>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>",
    "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>",
    "<|python_tag|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
)  # fmt: skip
_PLAIN = (
    "[INST]",
    "[/INST]",
    "[TOOL_CALLS]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "<think>",
    "</think>",
    "<tool_call>",
)
TOKENS: dict[str, dict[str, Any]] = {  # template -> special tokens, and the tokens that end an answer
    "chatml": {"eos_token": "<|im_end|>"},
    "smollm2": {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"},
    "zephyr": {"bos_token": "<s>", "eos_token": "</s>"},
    "mistral-v0.1": {"bos_token": "<s>", "eos_token": "</s>"},
    "mistral-v0.3": {"bos_token": "<s>", "eos_token": "</s>"},
    "gemma-2": {"bos_token": "<bos>", "eos_token": "<eos>", "ends": ["<eos>", "<end_of_turn>"]},
    "phi-3": {"bos_token": "<s>", "eos_token": "<|endoftext|>", "ends": ["<|endoftext|>", "<|assistant|>", "<|end|>"]},
    "phi-3-first": {"bos_token": "<s>", "eos_token": "<|endoftext|>", "ends": ["<|endoftext|>", "<|end|>"]},
    "llama-3.1": {
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot_id|>",
        "ends": ["<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"],
    },
    "qwen-2.5": {"eos_token": "<|im_end|>", "ends": ["<|im_end|>", "<|endoftext|>"]},
    "qwen-3": {"eos_token": "<|im_end|>", "ends": ["<|im_end|>", "<|endoftext|>"]},
}


@cache
def _tokenizer_json() -> str:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({char: place for place, char in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in _SPECIAL])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in _PLAIN])
    return tokenizer.to_str()


def published(name: str) -> ChatTemplate:
    """A template of `TOKENS` with its special tokens."""
    tokenizer = Tokenizer.from_str(_tokenizer_json())
    special = dict(TOKENS[name])
    ends = special.pop("ends", [special["eos_token"]])
    special["eos_token_ids"] = [tokenizer.token_to_id(token) for token in ends]
    source = (_FOLDER / f"{name}.jinja").read_text(encoding="utf-8").removesuffix("\n")
    return ChatTemplate(tokenizer, source, json.loads(json.dumps(special)))


def learnt(template: ChatTemplate, row: Any) -> list[str]:
    """The text of each run of labels."""
    runs: list[list[int]] = [[]]
    for label in template.encode(row).labels:
        if label != IGNORED:
            runs[-1].append(label)
        elif runs[-1]:
            runs.append([])
    return [template.decode(run, skip_special=False) for run in runs if run]
