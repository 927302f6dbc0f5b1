"""The shapes that a data set may come in: what each needs from the columns, and the names that mean it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.core.errors import Fault

TURN_KEYS = {"messages": ("role", "content"), "sharegpt": ("from", "value")}


@dataclass(frozen=True)
class Field:
    """One thing that a shape needs from a column. `names` are the column names that mean it, the usual one first.

    Attributes:
        key: name of the field in a mapping.
        names: of columns that mean it, the usual one first; compared as `plain_name` gives them.
        required: a row without it cannot be used.
        wording: whether it is a text that may also be made of several columns: "Translate {en} into {zh}".
        holds: what its column holds, by which it is told: "text", "turns" (a list of them), "either" of the two, "answers" (text
            or {"text": [...]}), "label" (a short text, number or yes/no), "thumb" (good or bad), "tools" (definitions of functions).
    """

    key: str
    names: tuple[str, ...]
    required: bool = True
    wording: bool = True
    holds: str = "text"


@dataclass(frozen=True)
class Shape:
    """How the columns of a file become rows. Labels: `data.shape.<key>`, `data.field.<field>`."""

    key: str  # name in mappings and in the database
    kind: str  # "chat", "text", "preference" or "kto"
    fields: tuple[Field, ...]  # in the order of the page

    def field(self, key: str) -> Field | None:
        """The field called `key`."""
        return next((f for f in self.fields if f.key == key), None)


_SYSTEM = Field("system", ("system", "system_prompt", "系统提示", "系统提示词", "系统"), required=False)
_TOOLS = Field("tools", ("tools", "functions", "工具"), required=False, wording=False, holds="tools")
_ANSWERS = ("response", "answer", "reply", "回答", "答案", "回复", "答复")
_ASKED = (
    "prompt",
    "question",
    "query",
    "instruction",
    "user",
    "human",
    "input",
    "问题",
    "提问",
    "提示",
    "指令",
    "输入",
)
_TURNS = ("messages", "conversations", "conversation", "对话")
_CONTEXT = ("context", "passage", "document", "article", "背景", "上下文", "材料")

SHAPES = (
    Shape("messages", "chat", (Field("messages", _TURNS, wording=False, holds="turns"), _SYSTEM, _TOOLS)),
    Shape(
        "sharegpt",
        "chat",
        (
            Field(
                "conversations",
                ("conversations", "conversation", "messages", "对话"),
                wording=False,
                holds="turns",
            ),
            _SYSTEM,
            _TOOLS,
        ),
    ),
    Shape(
        "alpaca",
        "chat",
        (
            Field("instruction", ("instruction", "指令")),
            Field("input", ("input", "context", "输入"), required=False),
            Field("output", ("output", "completion", *_ANSWERS, "输出")),
            _SYSTEM,
        ),
    ),
    Shape(
        "prompt_completion",
        "chat",
        (
            Field("prompt", ("prompt", "question", "query", "user", "human", "input", "问题", "提问", "提示", "输入")),
            Field("completion", ("completion", *_ANSWERS, "assistant", "gpt", "output", "输出")),
            _SYSTEM,
        ),
    ),
    Shape(
        "qa_context",
        "chat",
        (
            Field("context", _CONTEXT),
            Field("question", ("question", "query", "问题", "提问")),
            Field("answer", ("answer", "answers", "response", "output", "回答", "答案"), holds="answers"),
            _SYSTEM,
        ),
    ),
    Shape(
        "classification",
        "chat",
        (
            Field("text", ("text", "sentence", "content", "review", "文本", "句子", "内容", "评论")),
            Field(
                "label",
                ("label", "labels", "category", "class", "label_text", "sentiment", "intent", "标签", "类别", "分类"),
                holds="label",
            ),
            _SYSTEM,
        ),
    ),
    Shape(
        "preference",
        "preference",
        (
            Field("prompt", (*_ASKED, *_TURNS), required=False, holds="either"),
            Field("chosen", ("chosen", "preferred", "chosen_response", "更好的回答", "优选"), holds="either"),
            Field("rejected", ("rejected", "dispreferred", "rejected_response", "较差的回答", "拒绝"), holds="either"),
            _SYSTEM,
        ),
    ),
    Shape(
        "kto",
        "kto",
        (
            Field("prompt", (*_ASKED, *_TURNS), holds="either"),
            Field("completion", ("completion", *_ANSWERS, "assistant", "gpt", "output", "输出"), required=False, holds="either"),
            Field("label", ("label", "kto_tag", "desirable", "thumbs", "feedback", "标签", "评价"), wording=False, holds="thumb"),
            _SYSTEM,
        ),
    ),
    Shape("text", "text", (Field("text", ("text", "content", "文本", "正文", "内容")),)),
)  # fmt: skip


def shape_of(key: str | None) -> Shape:
    """The shape called `key`.

    Raises:
        Fault: "data.mapping.no_shape".
    """
    for shape in SHAPES:
        if shape.key == key:
            return shape
    raise Fault("data.mapping.no_shape")


def shapes_view() -> list[dict[str, Any]]:
    """Every shape with its fields, for forms."""
    return [
        {
            "key": shape.key,
            "kind": shape.kind,
            "fields": [{"key": f.key, "required": f.required, "wording": f.wording} for f in shape.fields],
        }
        for shape in SHAPES
    ]


def plain_name(name: str) -> str:
    """A column name as it is compared: no case, one kind of separator."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


_KNOWN = frozenset(name for shape in SHAPES for f in shape.fields for name in f.names)


def is_known_name(name: str) -> bool:
    """Whether a column of this name means something to any shape."""
    return plain_name(name) in _KNOWN
