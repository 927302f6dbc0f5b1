"""Chat templates by how they take thinking: members, parts, words, opened and closed thoughts, and none at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.data.templates.template import ChatTemplate
from tests.unit.data.chat_templates import TOKENS, published
from tests.unit.data.end_templates import SHAPES, made, shaped

_ZOO = Path(__file__).parents[2] / "zoo" / "templates"
_EACH, _END = "{% for m in messages %}", "{% endfor %}"
_SPECIAL = {"bos_token": "<bos>", "eos_token": "<eos>"}
PARTS = (  # as Magistral: a content of parts
    "{{ bos_token }}" + _EACH + "{% if m.role == 'user' %}{{ '[INST]' + m.content + '[/INST]' }}{% else %}"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for part in m.content %}"
    "{% if part.type == 'thinking' %}{{ '[THINK]' + part.thinking + '[/THINK]' }}{% else %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}{{ eos_token }}{% endif %}" + _END
)  # fmt: skip
GLM = (  # as GLM 4.5: its own member or marks in the words, kept in the last turn alone
    _EACH + "{% if m.role == 'user' %}{{ '<|user|>\n' + m.content }}{% else %}{{ '<|assistant|>' }}"
    "{% set why = '' %}{% set said = m.content %}"
    "{% if m.reasoning_content is string %}{% set why = m.reasoning_content %}{% elif '</think>' in said %}"
    "{% set why = said.split('</think>')[0].split('<think>')[-1] %}{% set said = said.split('</think>')[-1] %}{% endif %}"
    "{% if loop.last and why %}{{ '\n<think>' + why.strip() + '</think>' }}{% else %}{{ '\n<think></think>' }}{% endif %}"
    "{{ '\n' + said.strip() }}{% endif %}" + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{{ '\n<think></think>' if enable_thinking is defined and not enable_thinking }}{% endif %}"
)  # fmt: skip
SEED = (  # as Seed-OSS: a member, marks of its own
    "{{ bos_token }}" + _EACH + "{{ '<|' + m.role + '|>\n' }}"
    "{% if m.role == 'assistant' and m.reasoning_content %}{{ '<seed:think>' + m.reasoning_content | trim + '</seed:think>' }}{% endif %}"
    "{{ m.content | trim + eos_token }}" + _END + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)  # fmt: skip
KEPT = (  # the member `reasoning`, kept in every turn
    _EACH + "{{ '<|im_start|>' + m.role + '\n' }}{% if m.reasoning %}{{ '<think>' + m.reasoning + '</think>' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}" + _END + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)  # fmt: skip
OPENING = (  # as the thinking models of Qwen 3: a member, and chat opens the thought
    _EACH + "{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' and loop.last %}"
    "{{ '<think>\n' + (m.reasoning_content or '') + '\n</think>\n\n' }}{% endif %}{{ m.content + '<|im_end|>\n' }}" + _END
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n' }}{% endif %}"
)  # fmt: skip
CLOSED = (  # as DeepSeek V3.1 without thinking: chat sends a closed thought
    "{{ bos_token }}" + _EACH + "{% if m.role == 'user' %}{{ '<|user|>' + m.content }}{% else %}"
    "{{ '<|assistant|></think>' + m.content.split('</think>')[-1] + eos_token }}{% endif %}" + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|></think>' }}{% endif %}"
)  # fmt: skip
SENT = (  # as Gemma 4: chat sends a thought that is over, which conversations are written without
    "{{ bos_token }}" + _EACH + "{{ '<|turn>' + m.role + '\n' + m.content.split('<channel|>')[-1] | trim + '<turn|>\n' }}" + _END
    + "{% if add_generation_prompt %}{{ '<|turn>assistant\n' }}"
    "{{ '<|channel>thought\n<channel|>' if not enable_thinking | default(false) }}{% endif %}"
)  # fmt: skip
CALLS = (  # as Kimi K2: an empty thought in every answer, the member before calls alone
    _EACH + "{{ '<|im_start|>' + m.role + '\n' }}{% if m.tool_calls %}{{ '<think>' + m.reasoning_content | default('') + '</think>' }}"
    "{{ m.tool_calls[0].function.name }}{% elif m.role == 'assistant' %}{{ '<think></think>' }}{% endif %}"
    "{{ m.content + '<|im_end|>\n' }}" + _END + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)  # fmt: skip
MARKED = (  # as GLM 4.6: the switch changes the question, too
    _EACH + "{{ '<|' + m.role + '|>' }}{% if m.role == 'user' %}{{ '\n' + m.content + ('/nothink' if enable_thinking is defined and not enable_thinking else '') }}"
    "{% else %}{{ '\n<think>' + m.reasoning_content | default('') + '</think>\n' + m.content }}{% endif %}" + _END
    + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{{ '\n<think></think>' if enable_thinking is defined and not enable_thinking }}{% endif %}"
)  # fmt: skip
OWN = {
    "sent": SENT,
    "calls": CALLS,
    "marked": MARKED,
    "parts": PARTS,
    "glm-4.5": GLM,
    "seed": SEED,
    "kept": KEPT,
    "opening": OPENING,
    "closed": CLOSED,
}
ZOO = ("deepseek-r1", "gpt-oss", "smollm-3", "exaone-4")
NAMES = [*(f"published {name}" for name in TOKENS), *(f"shape {name}" for name in SHAPES), *OWN, *ZOO]


@cache
def taking(name: str) -> ChatTemplate:
    """A template of `NAMES`."""
    kind, _, rest = name.partition(" ")
    if rest:
        return (published if kind == "published" else shaped)(rest)
    source = OWN.get(name) or (_ZOO / f"{name}.jinja").read_text(encoding="utf-8")
    ends = {"ends": ["<|im_end|>"]} if "im_end" in source else {}
    return made(source, {**_SPECIAL, **ends})
