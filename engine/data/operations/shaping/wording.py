"""How a task is put to the model: instruction templates in several wordings, and the system turn."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.errors import Fault
from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import Operation, Row, Source
from engine.data.operations.shaping.augment import wordings_in
from engine.data.operations.shaping.paraphrase import HOLE
from engine.data.operations.shaping.phrasebook import phrases
from engine.data.operations.shaping.row_table import seed_of
from engine.data.operations.shaping.settings import SEED
from engine.data.operations.shaping.synthetic import asked_in, user_places, with_user_turns

_KINDS = ("chat", "preference", "kto")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _instruct(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    own, seed = wordings_in(values["own"]), seed_of(source, values)
    if values["task"] == "own" and not own:
        raise Fault("data.shape.no_wordings")
    for row in source.rows():
        places = user_places(row)[:1]
        asked = asked_in(row)
        said = {place: _worded(row, asked[place]["content"], values, own, seed) for place in places}
        yield {**row, **with_user_turns(row, said)} if said else row


def _worded(row: Row, question: str, values: Mapping[str, Any], own: tuple[str, ...], seed: int) -> str:
    """The question in the wording of this row: fixed by its id and the seed."""
    if own:
        wordings = own
    else:
        found = "zh" if _CHINESE.search(question) else "en"
        wordings = phrases("tasks")[values["task"]][found if values["language"] == "row" else values["language"]]
    wording = random.Random(f"{seed}:{row['id']}").choice(wordings)
    return wording.replace(HOLE, question)


def _system(source: Source, values: Mapping[str, Any]) -> Iterator[Row]:
    text = (values["text"] or "").strip()
    if values["what"] != "remove" and not text:
        raise Fault("data.shape.no_system_text")
    for row in source.rows():
        field = "messages" if "messages" in row else "prompt"
        messages = row[field]
        has = bool(messages) and messages[0]["role"] == "system"
        if values["what"] == "add" and has:
            yield row
            continue
        rest = [message for message in messages if message["role"] != "system"]
        yield {**row, field: rest if values["what"] == "remove" else [{"role": "system", "content": text}, *rest]}


_TASK = Param(
    "task",
    "choice",
    "answer",
    Text("Task", "任务"),
    Text(
        "Each row gets one of several wordings of this task, so that the model does not hang on one of them.",
        "每行使用该任务的几种说法之一，这样模型不会只认一种说法。",
    ),
    choices={
        "answer": Text("answer a question", "回答问题"),
        "summarise": Text("summarise", "概括"),
        "to_chinese": Text("translate into Chinese", "译成中文"),
        "to_english": Text("translate into English", "译成英文"),
        "classify": Text("classify", "分类"),
        "extract": Text("find facts in a text", "提取信息"),
        "improve": Text("improve a text", "润色文字"),
        "own": Text("in wordings of your own", "使用自定义说法"),
    },
    advanced=False,
)
_OWN = Param(
    "own",
    "text",
    None,
    Text("Wordings of your own", "自定义说法"),
    Text("Each holds {question} where the user's text goes; separate them by |. They replace the built-in ones.", "每条都用 {question} 表示用户文字的位置，多条之间用 | 分隔。填写后将取代内置的说法。"),
    usual=Text("Sort this mail: {question} | Which team answers this? {question}", "给这封邮件分类：{question} | 这封邮件该由谁处理？{question}"),
    advanced=False,
    optional=True,
)  # fmt: skip
_LANGUAGE = Param(
    "language",
    "choice",
    "row",
    Text("Language of the instruction", "指令的语言"),
    Text("Usually that of the row itself.", "一般与该行内容的语言相同。"),
    choices={"row": Text("as the row", "与该行相同"), "en": Text("English", "英文"), "zh": Text("Chinese", "中文")},
)
_WHAT = Param(
    "what",
    "choice",
    "set",
    Text("What to do", "做什么"),
    Text(
        "The system prompt tells the model who it is and how to answer. Use the same one when you chat later.",
        "系统提示词告诉模型它是谁、该怎么回答。之后聊天时请使用同样的内容。",
    ),
    choices={
        "set": Text("the same one for every row", "所有行使用同一条"),
        "add": Text("only where there is none", "只给没有的行加上"),
        "remove": Text("remove it everywhere", "全部去掉"),
    },
    advanced=False,
)
_TEXT = Param(
    "text",
    "text",
    None,
    Text("System prompt", "系统提示词"),
    Text("For instance: You are the friendly assistant of Fennick Lamps.", "例如：你是某灯具店的客服助手，语气友好。"),
    advanced=False,
    optional=True,
)

WORDING = (
    Operation(
        "instruct",
        "wording",
        Text("Put the task into words", "加上任务说明"),
        Text("Sets an instruction around the first thing the user says, in several wordings: raw texts become tasks. All parts are changed alike.", "在用户的第一句话外加上任务说明，并使用多种说法，把原始文字变成任务。各部分同样处理。"),
        _instruct,
        (_TASK, _OWN, _LANGUAGE, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "system_turn",
        "wording",
        Text("Set the system prompt", "设置系统提示词"),
        Text("Gives every conversation the same system prompt, adds it where none is, or removes it.", "给每段对话设置同一条系统提示词，或只补上缺少的，或全部去掉。"),
        _system,
        (_WHAT, _TEXT),
        kinds=_KINDS,
    ),
)  # fmt: skip
