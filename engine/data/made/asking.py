"""What a writer is asked: a wording that people see and may change, filled with a passage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.made.kinds import MadeKind
from engine.data.passages.splitting import Passage

PASSAGE, NUMBER, LANGUAGE = "{passage}", "{n}", "{language}"
LONGEST_WORDING = 4_000
OF_DOCUMENT = "document"  # in place of a language: that of the passage
LANGUAGES = ("en", "zh")  # that can be asked for
Turn = dict[str, str]


@cache
def phrases() -> Mapping[str, Any]:
    """The wordings and what answers are read by, kept as data apart from the code."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
    return found


def wording_language(language: str) -> str:
    """Which of our wordings asks for a text in that language."""
    return "zh" if language == "zh" else "en"


def usual_wording(kind: MadeKind, language: str) -> str:
    """What is asked unless somebody changes it."""
    return str(phrases()[kind.key][wording_language(language)]["asked"])


def check_wording(wording: str) -> None:
    """Raises Fault: "making.wording_passage", "making.wording_long"."""
    if PASSAGE not in wording:
        raise Fault("making.wording_passage", name=PASSAGE)
    if len(wording) > LONGEST_WORDING:
        raise Fault("making.wording_long", limit=LONGEST_WORDING)


def language_asked(passage: Passage, wanted: str) -> str:
    """The language that answers must be in: the chosen one, or that of the passage."""
    return passage.language if wanted == OF_DOCUMENT else wanted


def asked(kind: MadeKind, wording: str, passage: Passage, wanted: str, n: int) -> str:
    """The wording for one passage. An empty wording is the usual one in the language of the answers."""
    language = language_asked(passage, wanted)
    text = wording or usual_wording(kind, language)
    names = phrases()["languages"]["zh" if wording_is_chinese(text) else "en"]
    filled = text.replace(NUMBER, str(n)).replace(LANGUAGE, names.get(language, names[""]))
    return filled.replace(PASSAGE, passage.read)


def wording_is_chinese(wording: str) -> bool:
    """Whether a wording is written in Chinese."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in wording[:200])


def conversation(kind: MadeKind, wording: str, passage: Passage, wanted: str, n: int, *, shown: bool) -> list[Turn]:
    """What is sent to the writer.

    Args:
        shown: an example of what is wanted goes before it, which small models need.
    """
    turns = [{"role": "user", "content": asked(kind, wording, passage, wanted, n)}]
    if not shown:
        return turns
    language = wording_language(language_asked(passage, wanted))
    before: list[Turn] = []
    for text, said in phrases()[kind.key][language]["examples"]:
        example = Passage(text, "", None, "")
        before.append({"role": "user", "content": asked(kind, wording, example, wanted, n)})
        before.append({"role": "assistant", "content": said})
    return before + turns
