"""What is left in texts of how they were stored: marks of chat formats, headings of prompts, placeholders, signs that nobody sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from engine.data.rows.row import Row, slots_of

MARKS = re.compile(  # of the usual formats, for rows that no model was chosen for
    r"<\|[A-Za-z][A-Za-z0-9_]{1,40}\|>|<[|｜][^\s<>|｜]{2,40}[|｜]>|</?s>"
    r"|<\|(?:turn|channel|tool|tool_call|tool_response|think)>|<(?:turn|channel|tool|tool_call|tool_response|think)\|>"
    r"|<(?:bos|eos|pad|unk|eod|start_of_turn|end_of_turn|end_of_utterance|BOS|EOS|PAD|EOD|EOT)>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]|\[(?:BOS|EOS|PAD|UNK|CLS|SEP)\]|<</?SYS>>|\[gMASK\]"
)
Finder = Callable[[str, bool], list[tuple[int, int]]]  # (text, whether it is an answer) -> from, to of each mark in it
_OPENS = (  # behind them stands who speaks, or in which channel
    "<|im_start|>", "<start_of_turn>", "<|turn>", "<|start_header_id|>", "<|header_start|>", "<|start_of_role|>", "<|start|>", "<|channel|>",
    "<|channel>",
)  # fmt: skip
_SPEAKER = re.compile(
    r"(?:(?:system|developer|user|assistant|model|tool|ipython|analysis|commentary(?: to=[\w.]+)?|final|thought)[ \t]*"
    r"(?:<\|(?:end_header_id|header_end)\|>)?(?:\n+|$|(?=<\|)))?"
)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`|<code>.*?</code>", re.DOTALL)
_STRUCK = re.compile(r"<s>(?=\S)[^<\[]*(?<=\S)</s>")  # what HTML strikes out
_HEADING = re.compile(r"^[ \t]*#{2,4}[ \t]*(.*)$", re.MULTILINE)
_PROMPT = re.compile(
    r"^[ \t]*#{2,4}[ \t]*(?:Instructions?|Response|Human|Assistant|User|指令|回答|回复|用户|助手)[ \t]*[:：][ \t]*\n?",
    re.MULTILINE | re.IGNORECASE,
)
_FIRST = re.compile(
    r"\A\s*#{2,4}[ \t]*(?:Input|Output|Answer|Question|System|输入|输出|问题|答案)[ \t]*[:：]\s*", re.IGNORECASE
)
_SPOKEN = re.compile(r"\A\s*(?:USER|User|HUMAN|Human|ASSISTANT|Assistant|用户|助手)[ \t]*[:：]\s*")
_RUNS_ON = re.compile(
    r"(?<=\n)(?:Human|USER|ASSISTANT):[ \t]*|(?<=\n\n)Assistant:[ \t]*|(?:\n[ \t]*+){1,3}+### End\s*+\Z"
)
_THOUGHTS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"))
_NO_INPUT = re.compile(r"(?:\A|\n)[ \t]*<no[ _]?input>[ \t]*(?=\n|\Z)", re.IGNORECASE)
_PLACEHOLDERS = frozenset((
    "nan", "NaN", "NAN", "None", "null", "NULL", "Null", "undefined", "NaT", "<NA>", "<NAT>", "N/A", "n/a", "n.a.", "#N/A", "#NA", "#NV",
    "#REF!", "#BEZUG!", "#VALUE!", "#WERT!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#ZAHL!", "#SPILL!", "#CALC!", "#ERROR!", "#FIELD!",
    "#GETTING_DATA", "[object Object]", "<noinput>", "<no input>", "<no_input>", "<nooutput>", "<empty>", "<blank>", "<null>", "<none>",
    "<nan>", "<missing>",
))  # fmt: skip
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # scripts whose words a zero-width space parts
_MONGOLIAN = re.compile("[\u1800-\u18af]")
_RIGHT_TO_LEFT = frozenset(("R", "AL"))


class Leftover(NamedTuple):
    """One thing that was found in a text.

    Attributes:
        begin, end: its characters, with the blanks that go with it.
        kind: "mark", "heading", "open_thought", "placeholder" or "unseen".
        term: what it is called.
    """

    begin: int
    end: int
    kind: str
    term: str


def leftovers_of(row: Row, marks: Finder) -> Iterator[tuple[int, Leftover]]:
    """What is left in each of the texts of `texts_of`, by its place; never what stands in code."""
    for part, (text, role, before) in enumerate(_texts(row)):
        found = [*_marks(text, role, marks), *_unseen(text)]
        found += [*_headings(text, role), *_placeholders(text, role, before, row)]
        yield from ((part, one) for one in _to_edges(text, _apart(text, found)))


def usual_marks(text: str, _answer: bool) -> list[tuple[int, int]]:
    """Marks of the usual formats."""
    return [found.span() for found in MARKS.finditer(text)]


def _texts(row: Row) -> Iterator[tuple[str, str, str]]:
    """Each text, who says it ("text" for plain texts), and what was said before."""
    if "text" in row:
        yield row["text"], "text", ""
        return
    before = ""
    for message, key in slots_of(row):
        text = str(message.get(key) or "")
        yield text, message["role"], before
        if message["role"] != "assistant":
            before += text + "\n"


def _marks(text: str, role: str, marks: Finder) -> Iterator[Leftover]:
    struck = [one.span() for one in _STRUCK.finditer(text) if one.group() != text.strip()] if "</s>" in text else []
    for begin, end in marks(text, role == "assistant"):
        term = text[begin:end]
        if any(first <= begin < last for first, last in struck):
            continue
        opened = _SPEAKER.match(text, end) if term in _OPENS else None
        yield Leftover(begin, opened.end() if opened else end, "mark", term)
    if role != "assistant":
        return
    for opens, closes in _THOUGHTS:
        place = text.rfind(opens)
        if place >= 0 and closes not in text[place:] and not text[:place].rpartition("\n")[2].strip():
            yield Leftover(place, place + len(opens), "open_thought", opens)


def _headings(text: str, role: str) -> Iterator[Leftover]:
    """Headings of prompts that were filled in; not those of a document that has others beside them."""
    prompts = list(_PROMPT.finditer(text)) if "#" in text and role != "text" else []
    others = prompts and len(prompts) < sum(1 for _ in _HEADING.finditer(text))
    found = [one for one in prompts if not others or not text[: one.start()].strip()]
    if role == "assistant":
        found += [*_FIRST.finditer(text), *_SPOKEN.finditer(text), *_RUNS_ON.finditer(text)]
    for one in found:
        yield Leftover(*one.span(), "heading", one.group().strip())


def _placeholders(text: str, role: str, before: str, row: Row) -> Iterator[Leftover]:
    """Texts that are no more than a placeholder, and what a column held that was put behind a question."""
    said = text.strip()
    if role != "tool" and said in _PLACEHOLDERS and not re.search(rf"(?<!\w){re.escape(said)}(?!\w)", before):
        yield Leftover(0, len(text), "placeholder", said)
        return
    for one in _NO_INPUT.finditer(text):
        yield Leftover(*one.span(), "placeholder", one.group().strip())
    if role != "user":
        return
    for value in (row.get("extra") or {}).values():
        if isinstance(value, str) and value.strip() in _PLACEHOLDERS and text.endswith("\n" + value):
            yield Leftover(len(text) - len(value) - 1, len(text), "placeholder", value.strip())


def _unseen(text: str) -> Iterator[Leftover]:
    if text.isascii():
        return
    backwards = cache(lambda: any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in _UNSEEN.sub("", text)))
    run: Leftover | None = None  # signs that follow each other are one find
    for place in (one.start() for one in _UNSEEN.finditer(text)):
        if _is_needed(text, place, backwards):
            continue
        if run is not None and run.end == place:
            run = run._replace(end=place + 1)
            continue
        if run is not None:
            yield run
        run = Leftover(place, place + 1, "unseen", f"U+{ord(text[place]):04X}")
    if run is not None:
        yield run


def _is_needed(text: str, place: int, backwards: Callable[[], bool]) -> bool:
    """Whether a sign that nobody sees does its work there: in emoji, in scripts that need it, beside letters from right to left.

    Args:
        backwards: whether the text has letters that are written from right to left.
    """
    sign, around = text[place], text[max(0, place - 1) : place] + text[place + 1 : place + 2]
    if sign in "\u200c\u200d":  # joins, or keeps apart
        return any(ord(char) >= 0x300 and not _UNSEEN.match(char) for char in around)
    if sign == "\u200b":
        return bool(_NO_SPACES.search(around))
    if sign == "\u00ad":
        return len(around) == 2 and around.isalpha()
    if sign == "\u180e":
        return bool(_MONGOLIAN.search(around))
    if sign in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
        return backwards()
    return False


def _apart(text: str, found: Iterable[Leftover]) -> list[Leftover]:
    """In order, without those in code and those that others hold."""
    code = [one.span() for one in _CODE.finditer(text)] if "`" in text or "~~~" in text or "<code>" in text else []
    kept: list[Leftover] = []
    for one in sorted(found, key=lambda one: (one.begin, -one.end)):
        in_code = one.kind != "unseen" and any(begin <= one.begin < end for begin, end in code)
        if not in_code and (not kept or one.begin >= kept[-1].end):
            kept.append(one)
    return kept


def _to_edges(text: str, found: list[Leftover]) -> list[Leftover]:
    """With the white space before them where the text begins with them, and behind where it ends with them."""
    at, moved = 0, list(found)
    for place, one in enumerate(moved):
        if text[at : one.begin].strip():
            break
        at = next((place for place in range(one.end, len(text)) if not text[place].isspace()), len(text))
        moved[place] = one._replace(begin=min(one.begin, moved[place - 1].end if place else 0), end=at)
    end = len(text)
    for place in range(len(moved) - 1, -1, -1):
        one = moved[place]
        if text[one.end : end].strip():
            break
        begin = next((at for at in range(one.begin, 0, -1) if not text[at - 1].isspace()), 0)
        begin = max(begin, moved[place - 1].end if place else 0)
        moved[place] = one._replace(begin=min(begin, one.begin), end=max(end, one.end))
        end = moved[place].begin
    return moved
