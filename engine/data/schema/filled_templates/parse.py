"""A text that is a filled-in template, taken apart into turns: whole, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.data.records.record import RowFault, clip, show
from engine.data.schema.filled_templates.declared import END_MARKS, FilledTemplate

Turn = dict[str, str]
_PLAIN_ENDS = ("</s>", "<eos>", "[EOS]", "###", "### End")  # a text may hold these itself
_SPACE = " \t\r\n"
_SPACES = frozenset(_SPACE)


def split_text(text: str, template: FilledTemplate, column: str) -> list[Turn]:
    """The turns of a text; an opening for an answer at its very end is none.

    Raises:
        RowFault: "data.filled.no_mark", "data.filled.lead", "data.filled.role", "data.filled.mark_left", "data.filled.input".
    """
    turns = _turns(text, template, column)
    if turns and turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
        turns.pop()
    return turns


def opens_answer(text: str, template: FilledTemplate) -> bool:
    """Whether a text ends where an answer is to follow."""
    last = template.last_mark(text)
    return last is not None and template.role_of(last) == "assistant" and not text[last.end() :].strip()


def begins_with(text: str, template: FilledTemplate, role: str) -> bool:
    """Whether a text begins with the mark of a role."""
    found = template.pattern.match(_without(text.lstrip(_SPACE), template.begins).lstrip(_SPACE))
    return found is not None and template.role_of(found) == role


def _turns(text: str, template: FilledTemplate, column: str) -> list[Turn]:
    text = text.replace("\r\n", "\n")
    found = list(template.pattern.finditer(text))
    if not found:
        raise RowFault("data.filled.no_mark", column, template=template.name)
    turns = _lead(text[: found[0].start()], template, column)
    before = ""
    for (role, mark), following in zip(_named(found, template, column), [*found[1:], None], strict=True):
        said = said_words(text[mark.end() : following.start() if following else len(text)], role, template, column)
        if role in template.joined:
            if before != "user":
                raise RowFault("data.filled.input", column)
            turns[-1]["content"] += f"{template.joined[role]}{said}" if said else ""
        elif role != "system" or said:
            turns.append({"role": role, "content": said})
        before = role
    return turns


def pieces_of(text: str, template: FilledTemplate, column: str) -> Iterator[tuple[str | None, str]]:
    """The words before the first mark (as of no role, where there are any), and those behind each mark with its role. Raises RowFault."""
    text = text.replace("\r\n", "\n")
    found = list(template.pattern.finditer(text))
    lead = _without(text[: found[0].start() if found else len(text)].strip(_SPACE), template.begins)
    if lead:
        yield None, lead
    if not found:
        return
    for (role, mark), following in zip(_named(found, template, column), [*found[1:], None], strict=True):
        yield role, text[mark.end() : following.start() if following else len(text)]


def said_words(text: str, role: str, template: FilledTemplate, column: str) -> str:
    """The words of a turn without what ends it. Raises RowFault where a mark is left in them."""
    said = _said(text, template)
    _check(said, role, template, column)
    return said


def _named(found: list[re.Match[str]], template: FilledTemplate, column: str) -> Iterator[tuple[str, re.Match[str]]]:
    for mark in found:
        role = template.role_of(mark)
        if role is None:
            raise RowFault("data.filled.role", column, mark=show(mark.group().strip()), template=template.name)
        yield role, mark


def _lead(text: str, template: FilledTemplate, column: str) -> list[Turn]:
    """What stands before the first mark: nothing, or a system prompt where the template has it there."""
    words = _without(text.strip(_SPACE), template.begins)
    for preamble in template.preambles:
        words = re.sub(preamble, "", words).strip(_SPACE)
    if not words:
        return []
    if template.lead != "system":
        raise RowFault("data.filled.lead", column, found=show(words), template=template.name)
    _check(words, "system", template, column)
    return [{"role": "system", "content": words}]


def _without(text: str, marks: tuple[str, ...]) -> str:
    """A text without the marks that it begins with."""
    start = 0
    while mark := next((one for one in marks if text.startswith(one, start)), None):
        start += len(mark)
        while text[start : start + 1] in _SPACES:
            start += 1
    return text[start:]


def _said(text: str, template: FilledTemplate) -> str:
    """The words of a turn, without what ends it, and without the beginning of the next text."""
    marks = (*template.ends, *END_MARKS, *template.begins)
    end = _filled(text, len(text))
    while mark := next((one for one in marks if text.endswith(one, 0, end)), None):
        end = _filled(text, end - len(mark))
    text = text[:end]
    return text.lstrip(_SPACE) if template.words or not text.startswith(" " * 4) else text


def _filled(text: str, end: int) -> int:
    """The place behind the last character before `end` that is no white space."""
    while end and text[end - 1] in _SPACES:
        end -= 1
    return end


def _check(said: str, role: str, template: FilledTemplate, column: str) -> None:
    """No mark of a template may be left inside a turn: it would be learnt as words, or end the answer in its middle."""
    marks = [one for one in (*template.ends, *END_MARKS) if one not in _PLAIN_ENDS]
    marks += [one for one in ("</s>",) if one in template.ends]
    if left := next((one for one in marks if one in said), None):
        raise RowFault("data.filled.mark_left", column, mark=clip(left, 40), role=role, template=template.name)
