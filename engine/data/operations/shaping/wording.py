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

_KINDS = ("chat", "preference", "kto", "ranking")
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
    Text("data.operations.shaping.wording.task.label"),
    Text("data.operations.shaping.wording.task.help"),
    choices={
        "answer": Text("data.operations.shaping.wording.task.choices.answer"),
        "summarise": Text("data.operations.shaping.wording.task.choices.summarise"),
        "to_chinese": Text("data.operations.shaping.wording.task.choices.to_chinese"),
        "to_english": Text("data.operations.shaping.wording.task.choices.to_english"),
        "classify": Text("data.operations.shaping.wording.task.choices.classify"),
        "extract": Text("data.operations.shaping.wording.task.choices.extract"),
        "improve": Text("data.operations.shaping.wording.task.choices.improve"),
        "own": Text("data.operations.shaping.wording.task.choices.own"),
    },
    advanced=False,
)
_OWN = Param(
    "own",
    "text",
    None,
    Text("data.operations.shaping.wording.own.label"),
    Text("data.operations.shaping.wording.own.help"),
    usual=Text("data.operations.shaping.wording.own.usual"),
    advanced=False,
    optional=True,
)  # fmt: skip
_LANGUAGE = Param(
    "language",
    "choice",
    "row",
    Text("data.operations.shaping.wording.language.label"),
    Text("data.operations.shaping.wording.language.help"),
    choices={
        "row": Text("data.operations.shaping.wording.language.choices.row"),
        "en": Text("data.operations.shaping.wording.language.choices.en"),
        "zh": Text("data.operations.shaping.wording.language.choices.zh"),
    },
)
_WHAT = Param(
    "what",
    "choice",
    "set",
    Text("data.operations.shaping.wording.what.label"),
    Text("data.operations.shaping.wording.what.help"),
    choices={
        "set": Text("data.operations.shaping.wording.what.choices.set"),
        "add": Text("data.operations.shaping.wording.what.choices.add"),
        "remove": Text("data.operations.shaping.wording.what.choices.remove"),
    },
    advanced=False,
)
_TEXT = Param(
    "text",
    "text",
    None,
    Text("data.operations.shaping.wording.text.label"),
    Text("data.operations.shaping.wording.text.help"),
    advanced=False,
    optional=True,
)

WORDING = (
    Operation(
        "instruct",
        "wording",
        Text("data.operations.shaping.wording.instruct.label"),
        Text("data.operations.shaping.wording.instruct.help"),
        _instruct,
        (_TASK, _OWN, _LANGUAGE, SEED),
        kinds=_KINDS,
    ),
    Operation(
        "system_turn",
        "wording",
        Text("data.operations.shaping.wording.system_turn.label"),
        Text("data.operations.shaping.wording.system_turn.help"),
        _system,
        (_WHAT, _TEXT),
        kinds=_KINDS,
    ),
)  # fmt: skip
