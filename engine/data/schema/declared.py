"""The shapes that a data set may come in: what each needs from the columns, and the names that mean it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from engine.core.errors import Fault
from engine.data.schema.other_languages import ANSWERS, QUESTIONS


@dataclass(frozen=True)
class Field:
    """One thing that a shape needs from a column. `names` are the column names that mean it, the usual one first.

    Attributes:
        key: name of the field in a mapping.
        names: of columns that mean it, the usual one first; compared as `plain_name` gives them.
        required: a row without it cannot be used.
        wording: whether it is a text that may also be made of several columns: "Translate {en} into {zh}".
        holds: what its column holds, by which it is told: "text", "turns" (a list of them), "either" of the two, "answers" (text
            or {"text": [...]}), "label" (a short text, number or yes/no), "thumb" (good or bad), "judged" (both of them), "given" (text, or numbers
            under the usual name), "tools" (definitions of functions),
            "thoughts" (thinking before an answer), "weight" (a number that is not negative), "flags" (yes or no), "marks" (a list of
            either), "several" (a list of answers), "order" (a list of numbers), "number", "object", "words" (text, also in parts),
            "single" (text, number or yes/no), "history" (a list of earlier turns).
        role: what it is in a row, the same in every shape: "question", "answer", "input" (text that belongs to the question),
            "label", "turns" ...; a column keeps its role when another shape is chosen.
        spare: names that mean it only where no column bears one of `names`.
        spare_holds: what a column of such a name holds; empty: as `holds`. "added" is text that is neither numbers nor labels.
        seldom: whether few files have it, so that a page shows it among others of its kind unless it has a column.
    """

    key: str
    names: tuple[str, ...]
    required: bool = True
    wording: bool = True
    holds: str = "text"
    role: str = ""
    spare: tuple[str, ...] = ()
    spare_holds: str = ""
    seldom: bool = False

    @property
    def part(self) -> str:
        """Its role, or itself where it is like no field of another shape."""
        return self.role or self.key


@dataclass(frozen=True)
class Shape:
    """How the columns of a file become rows. Labels: `data.shape.<key>`, `data.field.<field>`."""

    key: str  # name in mappings and in the database
    kind: str  # "chat", "text", "preference", "kto", "ranking" or "prompt"
    fields: tuple[Field, ...]  # in the order of the page
    rest: str = ""  # the field that takes every column which no other field does, where it has none of its own

    def field(self, key: str) -> Field | None:
        """The field called `key`."""
        return next((f for f in self.fields if f.key == key), None)

    @property
    def further(self) -> str | None:
        """The field that takes one more column: text beside the question, else the system prompt; None for plain texts."""
        return next((key for key in ("input", "system") if self.field(key)), None)


_SYSTEM = Field(
    "system",
    (
        "system",
        "system_prompt",
        "system_message",
        "system_instruction",
        "systeminstruction",
        "系统提示",
        "系统提示词",
        "系统",
    ),
    required=False,
    holds="words",
)
_SYSTEM_OF_TURNS = replace(_SYSTEM, spare=("instruction", "instructions", "指令"), spare_holds="text")
_HISTORY = Field(
    "history",
    ("history", "chat_history", "conversation_history", "历史", "历史对话", "对话历史"),
    required=False,
    wording=False,
    holds="history",
    seldom=True,
)
_TOOLS = Field("tools", ("tools", "functions", "工具"), required=False, wording=False, holds="tools", seldom=True)
_ANSWERS = ("response", "answer", "reply", "output_text", "回答", "答案", "回复", "答复", *ANSWERS)
_QUESTIONS = (
    "prompt",
    "question",
    "query",
    "user",
    "human",
    "text_input",
    "input_text",
    "问题",
    "提问",
    "提示",
    *QUESTIONS,
)
OPENAI_CHOSEN = "preferred_output"  # beside an "input" that is {"messages": [...], "tools": [...], ...}
_CHOSEN = (
    "chosen",
    "preferred",
    "chosen_response",
    OPENAI_CHOSEN,
    "better",
    "better_response",
    "response_j",
    "更好的回答",
    "优选",
)
_GIVEN = ("input", "输入")  # the question where nothing else is one, else what is given along with it
_ASKED = ("prompt", "question", "query", "instruction", "user", "human", "问题", "提问", "提示", "指令", *QUESTIONS)
_TURNS = ("messages", "conversations", "conversation", "dialog", "dialogue", "contents", "chat", "对话")
_TEXT_LISTS = (*_TURNS, "dialogs", "dialogues", "utterances", "data")  # where a list of texts is a conversation
REFERENCES = (  # names of columns by which an answer is judged
    "reference", "reference_answer", "ground_truth", "groundtruth", "gold", "gold_answer", "expected", "expected_answer", "expected_output",
    "target", "solution", "answer", "answers", "correct_answer", "reward_model", "grader", "rubric", "rubrics", "参考答案", "标准答案",
)  # fmt: skip
_CONTEXT = (
    "context", "passage", "document", "article", "background", "reference", "references", "material", "materials",
    "source_text", "knowledge", "背景", "背景信息", "背景知识", "上下文", "语境", "材料", "资料", "参考", "参考资料", "参考信息",
    "参考内容", "文档", "段落", "文章", "原文",
)  # fmt: skip
_ADDED = (
    "notes", "note", "remark", "remarks", "detail", "details", "additional", "additional_info", "additional_information",
    "additional_context", "extra", "extra_info", "supplement", "info", "information", "description", "hint", "hints",
    "补充", "补充信息", "补充说明", "补充内容", "补充材料", "备注", "附注", "附加", "附加信息", "附加说明", "附加内容", "其他信息",
    "更多信息", "说明", "详情", "细节", "描述", "提示信息",
)  # fmt: skip
_THUMBS = ("label", "kto_tag", "desirable", "thumbs", "feedback", "标签", "评价")
_JUDGED = (  # thumbs where both good and bad are there
    "rating", "user_rating", "user_feedback", "quality", "thumb", "thumbs_up", "vote", "reaction", "verdict", "judgement", "judgment", "reward",
    "status", "liked", "helpful", "is_helpful", "good", "is_good", "correct", "is_correct", "accepted", "is_accepted", "approved", "is_approved",
    "反馈", "用户反馈", "质量", "点赞", "是否点赞", "是否采纳", "是否正确", "是否满意", "是否有用", "满意度",
)  # fmt: skip
_MORE = Field(
    "input",
    (*_GIVEN, "context", "上下文"),
    required=False,
    role="input",
    spare=(*_CONTEXT, *_ADDED),
    spare_holds="added",
)
_REASONING = Field(
    "reasoning",
    (
        "reasoning", "reasoning_content", "thinking", "thought", "thoughts", "cot", "complex_cot", "chain_of_thought", "thinking_process",
        "reasoning_process", "reasoning_trace", "reasoning_traces", "thinking_trajectory", "thinking_trajectories", "deepseek_reasoning", "思考", "思考过程", "推理", "推理过程", "思维链", "思路",
    ),
    required=False,
    holds="thoughts",
    role="reasoning",
    spare=("rationale", "rationales"),
    seldom=True,
)  # fmt: skip

_WEIGHT = Field(
    "weight",
    ("sample_weight", "loss_weight", "weight", "row_weight", "example_weight", "样本权重", "权重"),
    required=False,
    wording=False,
    holds="weight",
    spare=("train", "trainable", "loss_mask", "masked", "loss"),
    spare_holds="flags",
    seldom=True,
)  # how much a row counts in the loss
_MARKS = Field(
    "marks",
    ("loss_mask", "loss_masks", "train_mask", "train", "trainable", "weights", "message_weights", "loss"),
    required=False,
    wording=False,
    holds="marks",
    seldom=True,
)  # the same of each turn


def _answer(key: str, names: tuple[str, ...], holds: str = "text") -> Field:
    """What is learnt: texts; where no column of such a name holds texts, numbers or yes/no."""
    return Field(key, names, holds=holds, role="answer", spare=names, spare_holds="single")


_SEVERAL = (
    "answers", "responses", "completions", "candidates", "outputs", "generations", "replies", "回答列表", "回答", "候选回答", "候选",
)  # fmt: skip


def _number(key: str, names: tuple[str, ...]) -> Field:
    return Field(key, names, required=False, wording=False, holds="number", seldom=True)


SHAPES = (
    Shape("messages", "chat", (Field("messages", _TURNS, wording=False, holds="turns", role="turns"), _SYSTEM_OF_TURNS, _TOOLS, _MARKS, _WEIGHT)),
    Shape(
        "sharegpt",
        "chat",
        (
            Field(
                "conversations",
                ("conversations", "conversation", *(name for name in _TURNS if not name.startswith("conversation"))),
                wording=False,
                holds="turns",
                role="turns",
            ),
            _SYSTEM_OF_TURNS,
            _TOOLS,
            _MARKS,
            _WEIGHT,
        ),
    ),
    Shape(
        "alpaca",
        "chat",
        (
            Field("instruction", ("instruction", "指令"), role="question"),
            replace(_MORE, holds="given"),
            _answer("output", ("output", "completion", *_ANSWERS, "输出")),
            _HISTORY,
            _REASONING,
            _SYSTEM,
            _WEIGHT,
        ),
    ),
    Shape(
        "prompt_completion",
        "chat",
        (
            Field("prompt", _QUESTIONS, holds="either", role="question", spare=_GIVEN),
            _answer("completion", ("completion", *_ANSWERS, "assistant", "gpt", "bot", "chatbot", "ai", "output", "输出"), holds="either"),
            _MORE,
            _HISTORY,
            _REASONING,
            _SYSTEM,
            _TOOLS,
            _WEIGHT,
        ),
    ),
    Shape(
        "qa_context",
        "chat",
        (
            Field("context", _CONTEXT, role="input"),
            Field("question", ("question", "query", "问题", "提问"), role="question"),
            _answer("answer", ("answer", "answers", "response", "output", "回答", "答案"), holds="answers"),
            _MORE,
            _HISTORY,
            _REASONING,
            _SYSTEM,
            _WEIGHT,
        ),
    ),
    Shape(
        "classification",
        "chat",
        (
            Field("text", ("text", "sentence", "content", "review", "文本", "句子", "内容", "评论"), role="question"),
            Field(
                "label",
                ("label", "labels", "category", "class", "label_text", "sentiment", "intent", "标签", "类别", "分类"),
                holds="label",
                role="answer",
            ),
            _MORE,
            _REASONING,
            _SYSTEM,
            _WEIGHT,
        ),
    ),
    Shape(
        "preference",
        "preference",
        (
            Field("prompt", (*_ASKED, *_TURNS), required=False, holds="either", role="question", spare=_GIVEN),
            replace(_answer("chosen", _CHOSEN, holds="either"), spare=(*_CHOSEN, "completion", *_ANSWERS, "output", "输出")),
            replace(_answer("rejected", ("rejected", "dispreferred", "rejected_response", "non_preferred_output", "worse", "worse_response", "response_k", "较差的回答", "拒绝"), holds="either"), role=""),
            _MORE,
            _HISTORY,
            _SYSTEM,
            _WEIGHT,
            _TOOLS,
            _number("margin", ("margin", "score_difference", "score_diff", "差距")),
            _number("chosen_score", ("chosen_score", "score_chosen", "chosen_rating", "score_j")),
            _number("rejected_score", ("rejected_score", "score_rejected", "rejected_rating", "score_k")),
        ),
    ),
    Shape(
        "ranking",
        "ranking",
        (
            Field("prompt", (*_ASKED, *_TURNS), holds="either", role="question", spare=_GIVEN),
            Field("answers", _SEVERAL, wording=False, holds="several"),
            Field("ranks", ("ranks", "rank", "ranking", "rankings", "排名", "名次"), required=False, wording=False, holds="order"),
            Field("scores", ("scores", "score", "ratings", "rating", "rewards", "overall_scores", "得分", "评分", "分数"), required=False, wording=False, holds="order"),
            _MORE,
            _HISTORY,
            _SYSTEM,
            _TOOLS,
            _WEIGHT,
        ),
    ),
    Shape(
        "kto",
        "kto",
        (
            Field("prompt", (*_ASKED, *_TURNS), holds="either", role="question", spare=_GIVEN),
            replace(_answer("completion", ("completion", *_ANSWERS, "assistant", "gpt", "output", "输出"), holds="either"), required=False),
            _MORE,
            Field("label", _THUMBS, wording=False, holds="thumb", spare=_JUDGED, spare_holds="judged"),
            _HISTORY,
            _REASONING,
            _SYSTEM,
            _TOOLS,
            _WEIGHT,
        ),
    ),
    Shape(
        "prompt",
        "prompt",
        (
            Field("prompt", ("prompt", *_TURNS), wording=False, holds="either", role="turns"),
            Field("reference", ("reference", "参考"), required=False, wording=False, holds="object"),
            _SYSTEM,
            _TOOLS,
        ),
        rest="reference",
    ),
    Shape("text", "text", (Field("text", ("text", "content", "文本", "正文", "内容"), role="question"), _WEIGHT)),
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
            "fields": [
                {"key": f.key, "required": f.required, "wording": f.wording, "role": f.part, "seldom": f.seldom}
                for f in shape.fields
            ],
            "further": shape.further,
        }
        for shape in SHAPES
    ]


def plain_name(name: str) -> str:
    """A column name as it is compared: no case, one kind of separator."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def holds_conversations(name: str) -> bool:
    """Whether a list of texts in a column of this name is a conversation."""
    return plain_name(name) in _TEXT_LISTS


_KNOWN = frozenset(
    name
    for shape in SHAPES
    for f in shape.fields
    if f.key not in ("input", "marks", "weight", "answers") and f.holds not in ("order", "number")
    for name in (*f.names, *(f.spare if f.spare is not _JUDGED else ()))
)


def is_known_name(name: str) -> bool:
    """Whether a column of this name means something to any shape."""
    return plain_name(name) in _KNOWN
