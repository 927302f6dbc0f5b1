"""Shapes of chat templates by how they end an answer: with a token, with text, with the next turn, or not at all."""

from __future__ import annotations

from functools import cache
from typing import Any

from tokenizers import AddedToken, Tokenizer

from engine.data.templates.template import ChatTemplate
from tests import tiny

_EACH = "{% for m in messages %}"
_END = "{% endfor %}"
LLAMA_2 = (
    "{{ bos_token }}"
    + _EACH
    + "{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}"
    + _END
)
LLAMA_3 = (
    "{{ bos_token }}"
    + _EACH
    + "{{ '<|start_header_id|>' + m.role + '<|end_header_id|>\n\n' + m.content | trim + '<|eot_id|>' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
CHATML = (
    _EACH
    + "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}"
    + _EACH
    + "{{ '<start_of_turn>' + ('model' if m.role == 'assistant' else m.role) + '\n' + m.content | trim + '<end_of_turn>\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}"
    + _EACH
    + "{% if m.role == 'user' %}{{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content + eos_token }}{% endif %}"
    + _END
)
PHI_3 = (
    _EACH
    + "{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
R1 = (
    "{{ bos_token }}"
    + _EACH
    + "{% if m.role == 'user' %}{{ '<|user|>' + m.content }}{% else %}{{ '<|assistant|>' + m.content.split('</think>')[-1] + eos_token }}{% endif %}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|><think>\n' }}{% endif %}"
)
QWEN_3 = (
    _EACH
    + "{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' %}"
    + "{% set parts = m.content.split('</think>') %}"
    + "{% if loop.last %}{{ '<think>\n' + (parts[0].split('<think>')[-1].strip('\n') if parts | length > 1 else '') + '\n</think>\n\n' }}{% endif %}"
    + "{{ parts[-1].lstrip('\n') }}{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
ZEPHYR = (
    _EACH
    + "{{ '<|' + m.role + '|>\n' + m.content + eos_token + '\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
GLM = (  # what ends an answer is the next turn's mark
    "{{ bos_token }}"
    + _EACH
    + "{{ '<|' + m.role + '|>\n' + m.content }}"
    + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)
ALPACA = (
    _EACH
    + "{% if m.role == 'user' %}{{ '### Instruction:\n' + m.content + '\n\n' }}{% else %}{{ '### Response:\n' + m.content + '\n\n' }}{% endif %}"
    + _END
    + "{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)
VICUNA = (
    _EACH
    + "{% if m.role == 'user' %}{{ 'USER: ' + m.content + ' ' }}{% else %}{{ 'ASSISTANT: ' + m.content + '</s>' }}{% endif %}"
    + _END
    + "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)
PLAIN = (
    _EACH
    + "{{ m.role + ': ' + m.content + '\n' }}"
    + _END
    + "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
)
TEXT_MARKS = CHATML.replace("<|im_start|>", "<|turn|>").replace("<|im_end|>", "<|/turn|>")  # no tokens of this model

_LLAMA = {"bos_token": "<s>", "eos_token": "</s>"}
SHAPES: dict[str, tuple[str, dict[str, Any], str, bool]] = {  # template, special tokens, what is learnt as end, whose it is
    "llama-2": (LLAMA_2, _LLAMA, "</s>", True),
    "llama-3": (LLAMA_3, {"bos_token": "<|begin_of_text|>", "eos_token": "<|endoftext|>"}, "<|eot_id|>", True),
    "chatml": (CHATML, {"eos_token": "<|endoftext|>"}, "<|im_end|>", True),
    "gemma": (GEMMA, {"bos_token": "<bos>", "eos_token": "<eos>"}, "<end_of_turn>", True),
    "mistral": (MISTRAL, _LLAMA, "</s>", True),
    "phi-3": (PHI_3, {"eos_token": "<|endoftext|>"}, "<|end|>", True),
    "r1": (R1, {"bos_token": "<bos>", "eos_token": "<eos>"}, "<eos>", True),
    "qwen-3": (QWEN_3, {"eos_token": "<|endoftext|>"}, "<|im_end|>", True),
    "zephyr": (ZEPHYR, _LLAMA, "</s>", True),
    "vicuna": (VICUNA, _LLAMA, "</s>", True),
    "glm": (GLM, {"bos_token": "<s>", "eos_token": "<|endoftext|>", "ends": ["<|endoftext|>", "<|user|>"]}, "<|user|>", False),
    "alpaca": (ALPACA, _LLAMA, "</s>", False),
    "plain": (PLAIN, {"eos_token": "<|endoftext|>"}, "<|endoftext|>", False),
    "text-marks": (TEXT_MARKS, {"eos_token": "<|endoftext|>"}, "<|endoftext|>", False),
}  # fmt: skip
OWN = [name for name, shape in SHAPES.items() if shape[3]]
ADDED = [name for name, shape in SHAPES.items() if not shape[3]]


@cache
def _tokenizer_json() -> str:
    tokenizer = Tokenizer.from_str(tiny.tokenizer_json())
    phi = [AddedToken(text, special=True, normalized=False, rstrip=True) for text in ("<|end|>", "<|user|>", "<|assistant|>")]  # fmt: skip
    tokenizer.add_special_tokens(phi)  # as those of Phi-3, they take the line break behind them along
    return str(tokenizer.to_str())


def shaped(name: str) -> ChatTemplate:
    """A template of `SHAPES` with its special tokens."""
    source, special, _end, _own = SHAPES[name]
    return made(source, special)


def made(source: str | None, special: dict[str, Any]) -> ChatTemplate:
    """A template with a small tokenizer."""
    tokenizer = Tokenizer.from_str(_tokenizer_json())
    ends = special.get("ends") or [special["eos_token"]] if special.get("eos_token") else []
    named = {key: value for key, value in special.items() if key != "ends"}
    return ChatTemplate(tokenizer, source, named | {"eos_token_ids": [tokenizer.token_to_id(end) for end in ends]})
