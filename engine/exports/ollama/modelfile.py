"""A Modelfile: written from what it shall say, and read as Ollama reads it, so that what is written is what is meant.

Its language is Ollama's own (https://docs.ollama.com/modelfile): instructions with a value, which goes on over lines where it is
quoted; nothing within quotes is escaped, and letters that cannot be printed are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.core.errors import Fault

INSTRUCTIONS = ("from", "parameter", "template", "system", "adapter", "license", "message", "requires")
PARAMETERS: dict[str, type] = {
    "num_ctx": int, "repeat_last_n": int, "repeat_penalty": float, "temperature": float, "seed": int, "stop": str,
    "num_predict": int, "draft_num_predict": int, "top_k": int, "top_p": float, "min_p": float,
}  # fmt: skip
_ROLES = ("system", "user", "assistant")
_NAMED = ("parameter", "message")  # whose values begin with a name
_QUOTES = ('"""', '"', "")
_BLANK, _LINE = " \t", "\r\n"


@dataclass(frozen=True)
class Instruction:
    """One of a Modelfile's.

    Attributes:
        name: in small letters.
        value: without its quotes.
        about: the parameter that is set, or the role of a message; empty for others.
    """

    name: str
    value: str
    about: str = ""


class ModelfileError(ValueError):
    """A text that is no Modelfile: the line, and what is wrong there."""


def write_modelfile(told: Sequence[Instruction]) -> str:
    """The text. Raises Fault("export.modelfile") for a value that no Modelfile can hold."""
    return "".join(f"{_written(one)}\n" for one in told)


def holds(one: Instruction) -> bool:
    """Whether a Modelfile can hold that."""
    return _line(one) is not None


def _written(one: Instruction) -> str:
    line = _line(one)
    if line is None:
        raise Fault("export.modelfile", instruction=one.name.upper(), value=one.value[:80])
    return line


def _line(one: Instruction) -> str | None:
    """The first way of quoting in which it is read as it is meant; words of one line stand as they are."""
    head = " ".join(filter(None, (one.name.upper(), one.about)))
    ways = _QUOTES if "\n" in one.value or one.name in ("template", "system", "license") else _QUOTES[::-1]
    for quote in ways:
        line = f"{head} {quote}{one.value}{quote}"
        try:
            if list(_instructions(f"{line}\n")) == [one]:
                return line
        except ModelfileError:
            continue
    return None


def read_modelfile(text: str) -> list[Instruction]:
    """Its instructions. Raises ModelfileError where Ollama would not take it."""
    found = list(_instructions(text))
    if not any(one.name == "from" for one in found):
        raise ModelfileError("no FROM line")
    for one in found:
        _check(one)
    return found


def _check(one: Instruction) -> None:
    if one.name != "parameter":
        return
    if one.about not in PARAMETERS:
        raise ModelfileError(f"no such parameter: {one.about}")
    try:
        PARAMETERS[one.about](one.value)
    except ValueError:
        raise ModelfileError(f"{one.about} is no {PARAMETERS[one.about].__name__}: {one.value}") from None


def _instructions(text: str) -> Iterator[Instruction]:
    at = 0
    while at < len(text):
        if text[at] in _BLANK + _LINE:
            at += 1
        elif text[at] == "#":
            at = _until(text, at, _LINE)
        else:
            one, at = _one(text, at)
            yield one


def _one(text: str, start: int) -> tuple[Instruction, int]:
    line = text.count("\n", 0, start) + 1
    at = _until(text, start, _BLANK + _LINE)
    name = text[start:at].lower()
    if name not in INSTRUCTIONS:
        raise ModelfileError(f"line {line}: no such instruction: {text[start:at][:40]}")
    about = ""
    if name in _NAMED:
        about, at = _about(name, text, at + 1, line)
    if at >= len(text) or text[at] not in _BLANK:
        raise ModelfileError(f"line {line}: {name} without a value")
    value, at = _value(text, at + 1, line)
    return Instruction(name, value, about), at


def _about(name: str, text: str, start: int, line: int) -> tuple[str, int]:
    at = _until(text, start, _BLANK + _LINE)
    about = text[start:at]
    known = about in _ROLES if name == "message" else about.replace("_", "").isalnum() and about.isascii()
    if not known:
        raise ModelfileError(f"line {line}: {name} of what? {about[:40]}")
    return about, at


def _value(text: str, start: int, line: int) -> tuple[str, int]:
    """A value up to the first end of a line at which its quotes are closed, and where that is."""
    end = start - 1
    while end < len(text):
        end = _until(text, end + 1, _LINE)
        raw = "".join(one for one in text[start:end] if one.isprintable() or one in _BLANK + _LINE)
        value = _unquoted(raw.strip())
        if value is not None:
            return value, end
    raise ModelfileError(f"line {line}: quotes that nothing closes")


def _unquoted(raw: str) -> str | None:
    """Without its quotes; None where they are not closed yet."""
    quote = next(one for one in _QUOTES if raw.startswith(one))
    if not quote:
        return raw
    closed = len(raw) >= 2 * len(quote) and raw.endswith(quote)
    return raw[len(quote) : len(raw) - len(quote)] if closed else None


def _until(text: str, at: int, letters: str) -> int:
    """The first place from `at` on where one of these letters stands; the text's end without one."""
    return next((place for place in range(at, len(text)) if text[place] in letters), len(text))
