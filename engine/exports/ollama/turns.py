"""How a chat template writes conversations, learnt from what it writes: the words around each text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.core.errors import Fault

Conversation = Sequence[Mapping[str, str]]
Render = Callable[[Conversation], str]  # with what comes before an answer; raises Fault where the template refuses it
_SYSTEM = "Kqsys"
_TEXTS = ("Kqone", "Kqtwo", "Kqthree", "Kqfour", "Kqfive")
SAMPLES: tuple[Conversation, ...] = tuple(
    [*({"role": "system", "content": text} for text in system), *turns]
    for system in ((), ("Be brief.",), ("你是一位{{ .System }}助手。\n请用“中文”回答。",))
    for turns in (
        [{"role": "user", "content": 'What is "{{ .Prompt }}" in C:\\new?\n\n- a\n- b'}],
        [
            {"role": "user", "content": "你好！"},
            {"role": "assistant", "content": "<b>Good day</b> & 'hello' {% x %} 🙂"},
            {"role": "user", "content": "Why?"},
        ],
        [{"role": role, "content": f"{role} {number}"} for number in range(3) for role in ("user", "assistant")]
        + [{"role": "user", "content": "last"}],
    )
)


@dataclass(frozen=True)
class Turns:
    """The words around the texts of a conversation whose users and answers take turns.

    Attributes:
        head: before the first text of the user where nothing else stands there.
        to_answer: between a user's text and its answer.
        to_user: between an answer and the user's next text.
        asks: behind the last text of the user: what comes before an answer.
        asks_again: behind an answer that is the last text, where another one is wanted.
        system: where a system text stands: before the first text of the user, before the last one, or nowhere.
        before_system: where it stands first, all before it; else what stands between it and what is there without it.
        after_system: between it and the user's text.
    """

    head: str
    to_answer: str
    to_user: str
    asks: str
    asks_again: str
    system: Literal["first", "last", "nowhere"] = "nowhere"
    before_system: str = ""
    after_system: str = ""


def learnt(render: Render) -> Turns | None:
    """What a template writes around texts; None where it is not the same in every turn."""
    told = [_around(render, turns) for turns in (1, 3, 5)]
    first, third, fifth = told
    if first is None or third is None or fifth is None:
        return None
    head, to_answer, to_user, asks = third
    if first != [head, asks] or fifth != [head, to_answer, to_user, to_answer, to_user, asks]:
        return None
    again = _around(render, 2)
    plain = Turns(head, to_answer, to_user, asks, again[-1] if again else "")
    return _with_system(render, plain)


def _with_system(render: Render, plain: Turns) -> Turns | None:
    try:
        one, three = render(_talk(1, system=True)), render(_talk(3, system=True))
    except Fault:
        return plain
    if _SYSTEM not in one:
        return plain
    short = _between(one, (_SYSTEM, _TEXTS[0]))
    if short is None:
        return None
    before, after, asks = short
    rest = [plain.to_answer, plain.to_user, plain.asks]
    system_first = _between(three, (_SYSTEM, *_TEXTS[:3]))
    if asks == plain.asks and system_first == [before, after, *rest]:
        return _replaced(plain, "first", before, after)
    added = before.removeprefix(plain.head)
    system_last = _between(three, (*_TEXTS[:2], _SYSTEM, _TEXTS[2]))
    if before.startswith(plain.head) and system_last == [plain.head, rest[0], rest[1] + added, after, rest[2]]:
        return _replaced(plain, "last", added, after)
    return None


def _replaced(plain: Turns, place: Literal["first", "last"], before: str, after: str) -> Turns:
    return Turns(plain.head, plain.to_answer, plain.to_user, plain.asks, plain.asks_again, place, before, after)


def _around(render: Render, turns: int) -> list[str] | None:
    try:
        return _between(render(_talk(turns)), _TEXTS[:turns])
    except Fault:
        return None


def _talk(turns: int, *, system: bool = False) -> list[dict[str, str]]:
    said = [{"role": ("user", "assistant")[place % 2], "content": _TEXTS[place]} for place in range(turns)]
    return [{"role": "system", "content": _SYSTEM}, *said] if system else said


def _between(text: str, parts: Sequence[str]) -> list[str] | None:
    """What stands around parts that follow each other in a text; None where they do not, or stand there twice."""
    found: list[str] = []
    for part in parts:
        before, mark, text = text.partition(part)
        if not mark:
            return None
        found.append(before)
    found.append(text)
    return None if any(part in one for part in parts for one in found) else found
