"""Reads the part of Go's template language that templates for Ollama are written in here: what it makes of a conversation.

Values, conditions, ranges and variables are as https://pkg.go.dev/text/template says; what is not known here is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r'["`]|\}\}')
_GO_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`')
_GO_WORD = re.compile(r'\s*(:=|"(?:\\.|[^"\\\n])*"|`[^`]*`|[(),]|[$.\w]+)')
Scope = dict[str, Any]
Pipe = list[Any]


class GoTemplateError(ValueError):
    """A template that is not of this language, or of a part of it that is not known here."""


@dataclass
class _Node:
    kind: str
    text: str = ""
    pipe: Pipe = field(default_factory=list)
    names: tuple[str, ...] = ()
    inner: list[_Node] = field(default_factory=list)
    other: list[_Node] = field(default_factory=list)


def rendered(template: str, messages: Sequence[Mapping[str, str]]) -> str:
    """A conversation as Ollama hands it to a template: system texts together, and all messages.

    Raises:
        GoTemplateError: the template is not of this language.
    """
    system = "\n\n".join(one["content"] for one in messages if one["role"] == "system")
    told = [{"Role": one["role"], "Content": one["content"]} for one in messages]
    data = {"System": system, "Messages": told, "Response": ""}
    nodes, end = _parsed(list(_pieces(template)), 0)
    if end is not None:
        raise GoTemplateError("an end too many")
    return "".join(_run(nodes, data, {"$": data}))


def _pieces(template: str) -> Iterator[tuple[str, str]]:
    """Texts and actions in their order, white space cut where an action says so."""
    at, cut = 0, False
    while (begin := template.find("{{", at)) >= 0:
        end = _end_of(template, begin + 2)
        inner = template[begin + 2 : end]
        before, after = inner.startswith("- "), inner.endswith(" -")
        text = template[at:begin]
        text = text.lstrip() if cut else text
        yield "text", text.rstrip() if before else text
        yield "action", inner[2 * before : len(inner) - 2 * after].strip()
        at, cut = end + 2, after
    text = template[at:]
    yield "text", text.lstrip() if cut else text


def _end_of(template: str, at: int) -> int:
    """Where an action ends: at the first braces that stand in none of its texts."""
    while found := _MARK.search(template, at):
        if found[0] == "}}":
            return found.start()
        said = _GO_STRING.match(template, found.start())
        if said is None:
            raise GoTemplateError("a text without its end")
        at = said.end()
    raise GoTemplateError("an action without its end")


def _parsed(pieces: list[tuple[str, str]], depth: int) -> tuple[list[_Node], str | None]:
    """Nodes up to an `end` or `else`, and which of them it was."""
    nodes: list[_Node] = []
    while pieces:
        kind, text = pieces.pop(0)
        if kind == "text":
            nodes.append(_Node("text", text))
            continue
        word, _, rest = text.partition(" ")
        if word in ("end", "else"):
            if not depth:
                raise GoTemplateError(f"{word} without its beginning")
            return nodes, text
        nodes.append(_branch(word, rest, pieces, depth) if word in ("if", "range") else _plain(text))
    if depth:
        raise GoTemplateError("an end is missing")
    return nodes, None


def _branch(kind: str, rest: str, pieces: list[tuple[str, str]], depth: int) -> _Node:
    names, told = _assigned(rest)
    inner, end = _parsed(pieces, depth + 1)
    other: list[_Node] = []
    if end and end.startswith("else if "):
        other = [_branch("if", end.removeprefix("else if "), pieces, depth)]
    elif end == "else":
        other, end = _parsed(pieces, depth + 1)
        if end != "end":
            raise GoTemplateError(f"{end} behind an else")
    return _Node(kind, pipe=_pipe(told), names=names, inner=inner, other=other)


def _plain(text: str) -> _Node:
    names, told = _assigned(text)
    return _Node("set" if names else "out", pipe=_pipe(told), names=names)


def _assigned(text: str) -> tuple[tuple[str, ...], str]:
    names, mark, told = text.partition(":=")
    return (tuple(one.strip() for one in names.split(",")), told) if mark and names.startswith("$") else ((), text)


def _pipe(text: str) -> Pipe:
    words = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _GO_WORD.match(text, at)
        if not found:
            raise GoTemplateError(f"not known here: {text}")
        words.append(found[1])
        at = found.end()
    pipe = _nested(words)
    if words or not pipe:
        raise GoTemplateError(f"not known here: {text}")
    return pipe


def _nested(words: list[str]) -> Pipe:
    found: Pipe = []
    while words:
        word = words.pop(0)
        if word == ")":
            return found
        found.append(_nested(words) if word == "(" else word)
    return found


def _run(nodes: Sequence[_Node], dot: Any, scope: Scope) -> Iterator[str]:
    scope = dict(scope)
    for node in nodes:
        if node.kind == "text":
            yield node.text
        elif node.kind == "out":
            yield _shown(_value(node.pipe, dot, scope))
        elif node.kind == "set":
            scope[node.names[0]] = _value(node.pipe, dot, scope)
        elif node.kind == "if":
            yield from _run(node.inner if _value(node.pipe, dot, scope) else node.other, dot, scope)
        else:
            yield from _ranged(node, dot, scope)


def _ranged(node: _Node, dot: Any, scope: Scope) -> Iterator[str]:
    items = _value(node.pipe, dot, scope)
    for number, item in enumerate(items):
        named = (number, item) if len(node.names) > 1 else (item,)
        yield from _run(node.inner, item, scope | dict(zip(node.names, named, strict=False)))
    if not items:
        yield from _run(node.other, dot, scope)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(pipe: Any, dot: Any, scope: Scope) -> Any:
    if isinstance(pipe, list):
        if len(pipe) == 1:
            return _value(pipe[0], dot, scope)
        if not isinstance(pipe[0], str) or pipe[0] not in _FUNCTIONS:
            raise GoTemplateError(f"no such function: {pipe[0]}")
        return _FUNCTIONS[pipe[0]](*(_value(one, dot, scope) for one in pipe[1:]))
    if pipe.startswith(('"', "`")):
        return pipe[1:-1] if pipe.startswith("`") else ast.literal_eval(pipe)
    if pipe.isdigit():
        return int(pipe)
    return _named(pipe, dot, scope)


def _named(path: str, dot: Any, scope: Scope) -> Any:
    start, *fields = path.split(".")
    if start and start not in scope:
        raise GoTemplateError(f"no such name: {path}")
    found = scope[start] if start else dot
    for one in filter(None, fields):
        if one not in found:
            raise GoTemplateError(f"no such field: {path}")
        found = found[one]
    return found


def _first(wanted: bool) -> Callable[..., Any]:
    """`or` and `and`: the first argument that decides, or the last one."""
    return lambda *given: next((one for one in given if bool(one) is wanted), given[-1])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "eq": lambda one, *others: any(one == other for other in others),
    "ne": lambda one, other: one != other,
    "not": lambda one: not one,
    "and": _first(False),
    "or": _first(True),
    "len": len,
    "slice": lambda one, *ends: one[slice(*(*ends, None)[:2])],
    "index": lambda one, place: one[place],
}
