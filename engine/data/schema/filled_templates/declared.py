"""The table of templates that are recognised in texts: how each marks a turn, what ends one, what stands before the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class FilledTemplate:
    """One template.

    Attributes:
        key: as it is stored.
        name: as it is shown; names need no translation.
        marks: pattern that begins a turn -> its role; "{role}" where the pattern's group "role" names it.
        roles: what such a group may hold -> role.
        ends: marks behind a turn, which are no part of it.
        begins: marks before the first turn, which are no part of anything.
        lead: what words before the first turn are: "system" (the system prompt) or "none" (there must be none).
        preambles: patterns of sentences of the template itself that stand before the first turn.
        joined: role -> what it is joined with, in front of a turn of this role that belongs to the question before it.
        words: its marks are words that a text may hold by itself, so that nearly all texts must be whole dialogues.
    """

    key: str
    name: str
    marks: Mapping[str, str]
    roles: Mapping[str, str] = field(default_factory=dict)
    ends: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    lead: str = "none"
    preambles: tuple[str, ...] = ()
    joined: Mapping[str, str] = field(default_factory=dict)
    words: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any of its marks; the group "m<n>" that is there says which."""
        return re.compile("|".join(f"(?P<m{n}>{mark})" for n, mark in enumerate(self.marks)), re.MULTILINE)

    def last_mark(self, text: str) -> re.Match[str] | None:
        """The last of its marks in a text."""
        found = list(self.pattern.finditer(text))
        return found[-1] if found else None

    def role_of(self, found: re.Match[str]) -> str | None:
        """The role that a mark begins; None for one that is not known."""
        number = next(n for n in range(len(self.marks)) if found[f"m{n}"] is not None)
        role = tuple(self.marks.values())[number]
        return self.roles.get(found[f"r{number}"].strip().casefold()) if role == "{role}" else role


_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "model": "assistant",
    "gpt": "assistant",
    "bot": "assistant",
    "tool": "tool",
    "ipython": "tool",
    "observation": "tool",
}
END_MARKS = (
    "</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<end_of_turn>", "<eos>", "<|end|>",
    "<|eot|>", "<|return|>", "<|END_OF_TURN_TOKEN|>", "<｜end▁of▁sentence｜>", "<|end_of_turn|>", "<|end_of_role|>", "<|eos|>",
    "[EOS]", "<|user_end|>", "<|assistant_end|>", "<turn|>",
)  # fmt: skip
"""What ends a turn or a text in any template: passed over behind a turn, whichever template it is."""
_BEGINS = ("<s>", "<bos>", "<|begin_of_text|>", "<|endoftext|>", "<|startoftext|>", "<｜begin▁of▁sentence｜>", "<BOS_TOKEN>", "[gMASK]<sop>", "[gMASK]", "<sop>")  # fmt: skip
_ALPACA = (
    r"Below is an instruction that describes a task(?:, paired with an input that provides further context)?\.\s*"
    r"Write a response that appropriately completes the request\.",
    r"下面是一[个条项]?描述任务的指令[^\n]*",
    r"以下是一[个条项]?描述任务的指令[^\n]*",
)


def _hash(*words: str) -> str:
    return rf"(?<!#)### ?(?:{'|'.join(words)}) ?[:：][ \t]*\n?"


def _alone(*words: str) -> str:
    return rf"^### ?(?:{'|'.join(words)})[ \t]*(?:\n|\Z)"


def _line(*words: str) -> str:
    return rf"^[ \t]*(?:{'|'.join(words)}) ?[:：][ \t]*\n?"


FILLED_TEMPLATES = (
    FilledTemplate(
        "chatml", "ChatML (<|im_start|>)",
        {r"<\|im_start\|> ?(?P<r0>\w+)(?:<\|im_sep\|>|[ \t]*\r?\n|(?=<\|im_end)|[ \t]*\Z)": "{role}"},
        _ROLES, ends=("<|im_end|>",), begins=_BEGINS,
    ),
    FilledTemplate(
        "llama3", "Llama 3 (<|start_header_id|>)",
        {r"<\|(?:start_header_id|header_start)\|>(?P<r0>\w+)<\|(?:end_header_id|header_end)\|>\s{0,2}": "{role}"},
        _ROLES, ends=("<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|end_of_text|>"), begins=_BEGINS,
    ),
    FilledTemplate(
        "gemma", "Gemma (<start_of_turn>)",
        {r"<start_of_turn>(?P<r0>\w+)\n?": "{role}"},
        _ROLES, ends=("<end_of_turn>",), begins=_BEGINS,
    ),
    FilledTemplate(
        "inst", "Llama 2, Mistral ([INST])",
        {r"\[SYSTEM_PROMPT\]": "system", r"\[INST\][ \t]*(?:<<SYS>>\s*)": "system", r"\n?<</SYS>>\s{0,2}": "user", r"\[INST\]": "user", r"\[/INST\]": "assistant"},
        ends=("</s>", "[/SYSTEM_PROMPT]"), begins=_BEGINS,
    ),
    FilledTemplate(
        "tags", "Zephyr, Phi-3, GLM (<|user|>)",
        {r"<\|(?P<r0>user|assistant|system|observation|prompter)\|>\n?": "{role}"},
        _ROLES, ends=("<|end|>", "</s>", "<|endoftext|>"), begins=_BEGINS,
    ),
    FilledTemplate(
        "deepseek", "DeepSeek (<｜User｜>)",
        {r"<[｜|](?P<r0>User|Assistant)[｜|]>": "{role}"},
        _ROLES, ends=("<｜end▁of▁sentence｜>",), begins=_BEGINS, lead="system",
    ),
    FilledTemplate(
        "command", "Command R (<|START_OF_TURN_TOKEN|>)",
        {r"<\|START_OF_TURN_TOKEN\|><\|(?P<r0>\w+?)_TOKEN\|>": "{role}"},
        {"user": "user", "chatbot": "assistant", "system": "system"}, ends=("<|END_OF_TURN_TOKEN|>",), begins=_BEGINS,
    ),
    FilledTemplate(
        "granite", "Granite (<|start_of_role|>)",
        {r"<\|start_of_role\|>(?P<r0>\w+)<\|end_of_role\|>": "{role}"},
        _ROLES, ends=("<|end_of_text|>",), begins=_BEGINS,
    ),
    FilledTemplate(
        "openchat", "OpenChat (GPT4 Correct User:)",
        {r"GPT4 (?:Correct )?User: ?": "user", r"GPT4 (?:Correct )?Assistant: ?": "assistant"},
        ends=("<|end_of_turn|>",), begins=_BEGINS, lead="system",
    ),
    FilledTemplate(
        "alpaca", "Alpaca (### Instruction:)",
        {_hash("[Ss]ystem(?: [Pp]rompt)?"): "system", _hash("[Ii]nstructions?", "INSTRUCTION", "指令", "[Qq]uestion", "问题"): "user",
         _hash("[Ii]nput", "INPUT", "[Cc]ontext", "输入"): "input", _hash("[Rr]esponse", "RESPONSE", "[Oo]utput", "[Aa]nswer", "回答", "回复", "输出", "答案"): "assistant"},
        ends=("### End", "###"), begins=_BEGINS, lead="system", preambles=_ALPACA, joined={"input": "\n"},
    ),
    FilledTemplate(
        "hash_turns", "### Human: / ### Assistant:",
        {_hash("[Ss]ystem", "SYSTEM", "系统"): "system", _hash("[Hh]uman", "HUMAN", "[Uu]ser", "USER", "用户"): "user",
         _hash("[Aa]ssistant", "ASSISTANT", "[Bb]ot", "[Gg][Pp][Tt]", "助手"): "assistant"},
        ends=("### End", "###"), begins=_BEGINS, lead="system",
    ),
    FilledTemplate(
        "alpaca_lines", "### Instruction / ### Response",
        {_alone("System(?: [Pp]rompt)?"): "system", _alone("Instructions?", "指令"): "user", _alone("Input", "输入"): "input",
         _alone("Response", "回答", "回复"): "assistant"},
        ends=("### End", "###"), begins=_BEGINS, lead="system", preambles=_ALPACA, joined={"input": "\n"},
    ),
    FilledTemplate(
        "hash_lines", "### User / ### Assistant",
        {_alone("System"): "system", _alone("Human", "User", "用户"): "user", _alone("Assistant", "助手"): "assistant"},
        ends=("### End", "###"), begins=_BEGINS, lead="system",
    ),
    FilledTemplate(
        "angles", "<human>: / <bot>:",
        {r"<(?P<r0>system|human|user|bot|assistant|gpt)>: ?": "{role}"}, _ROLES, begins=_BEGINS, lead="system",
    ),
    FilledTemplate(
        "vicuna", "Vicuna (USER: ASSISTANT:)",
        {r"(?:^|(?<=\s)|(?<=>))SYSTEM: ?\n?": "system", r"(?:^|(?<=\s)|(?<=>))USER: ?\n?": "user", r"(?:^|(?<=\s)|(?<=>))ASSISTANT:[ \t]?\n?": "assistant"},
        ends=("</s>",), begins=_BEGINS, lead="system", words=True,
    ),
    FilledTemplate(
        "speakers", "Human: / Assistant:",
        {_line("System", "系统"): "system", _line("Human", "HUMAN", "User", "Customer", "用户", "人类", "客户"): "user",
         _line("Assistant", "AI", "Bot", "Chatbot", "Agent", "GPT", "助手", "助理", "客服"): "assistant"},
        begins=_BEGINS, lead="system", words=True,
    ),
    FilledTemplate(
        "questions", "Q: / A:",
        {_line("Q", "Question", "问", "问题", "提问", "Frage", "Pregunta", "Domanda", "Pergunta", "Вопрос", "質問", "질문"): "user",
         _line("A", "Answer", "答", "答案", "回答", "Antwort", "Réponse", "Respuesta", "Risposta", "Resposta", "Ответ", "答え", "답변"): "assistant"},
        begins=_BEGINS, words=True,
    ),
    FilledTemplate(
        "fields", "Instruction: / Output:",
        {_line("Instruction", "Prompt", "指令"): "user", _line("Input", "输入"): "input",
         _line("Output", "Response", "Completion", "输出"): "assistant"},
        begins=_BEGINS, joined={"input": "\n"}, words=True,
    ),
)  # fmt: skip


def filled_template(key: str | None) -> FilledTemplate | None:
    """The template called `key`."""
    return next((one for one in FILLED_TEMPLATES if one.key == key), None)


def begins_with_a_mark(text: str) -> bool:
    """Whether a text begins with the mark of a template, which is no word."""
    plain = (one for one in FILLED_TEMPLATES if not one.words)
    return text.lstrip().startswith(_BEGINS) or any(one.pattern.match(text.strip()) for one in plain)
