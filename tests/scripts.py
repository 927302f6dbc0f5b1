"""Reads the page's modules as far as tests need it: their declarations, who uses whom, and the server functions that they call."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from webui.scripts import FOLDER, script_names

_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)
_IMPORTED = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";', re.MULTILINE)
_LATER = re.compile(r'\{([^{}]*)\} = await import\("(\.[^"]+)"\)')
_OF_LATER = re.compile(r'\(await import\("(\.[^"]+)"\)\)\.(\w+)')
_WORD = re.compile(r"\b[A-Za-z_]\w*\b")
_CALL = re.compile(r"\bctx\.(call|news)\(")
_NAME = re.compile(r'\s*"(\w+)"\s*')
_PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Call:
    """A call of a server function: `name` is None where it is no literal, `count` None where arguments are spread."""

    place: str
    name: str | None
    count: int | None
    polled: bool = False  # asked as `ctx.news(name, version, ...arguments)`


@dataclass(frozen=True)
class Declared:
    """One declaration at the top of a module, with the calls and the words in it."""

    module: str
    name: str
    words: frozenset[str]
    calls: tuple[Call, ...]


@dataclass
class Module:
    """A module: its declarations by name, and where the names that it imports are declared."""

    name: str
    declared: dict[str, Declared] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)


@cache
def modules() -> dict[str, Module]:
    """Every module of ours, by its path below webui/static."""
    names = [name for name in script_names() if not name.startswith("vendor/")]
    return {name: module_of(name, (FOLDER / name).read_text(encoding="utf-8")) for name in names}


def module_of(name: str, source: str) -> Module:
    """One module as read from its text."""
    module, starts = Module(name), list(_DECLARED.finditer(source))
    for at, found in enumerate(starts):
        end = starts[at + 1].start() if at + 1 < len(starts) else len(source)
        part = source[found.start() : end]
        line = source.count("\n", 0, found.start())
        module.declared[found[1]] = Declared(
            name, found[1], frozenset(_WORD.findall(part)), tuple(_calls(part, name, line))
        )
    one_by_one = [(name, path) for path, name in _OF_LATER.findall(source)]
    for names, path in (*_IMPORTED.findall(source), *_LATER.findall(source), *one_by_one):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        module.imported |= {one.split(":")[0].strip(): target for one in names.split(",") if one.strip()}
    return module


def _calls(part: str, module: str, line: int) -> Iterator[Call]:
    for found in _CALL.finditer(part):
        arguments = list(arguments_at(part, found.end()))
        place = f"{module}:{line + part.count(chr(10), 0, found.start()) + 1}"
        named = _NAME.fullmatch(arguments[0]) if arguments else None
        spread = any(one.strip().startswith("...") for one in arguments)
        polled = found[1] == "news"
        count = None if spread else len(arguments) - (2 if polled else 1)
        yield Call(place, named[1] if named else None, count, polled)


def arguments_at(source: str, start: int) -> Iterator[str]:
    """The arguments of a call whose opening bracket stands before `start`."""
    waiting, begin, at = [")"], start, start
    while waiting:
        sign = source[at]
        if sign in "\"'`":
            at = _end_of_text(source, at)
        elif sign in _PAIRS:
            waiting.append(_PAIRS[sign])
        elif sign == waiting[-1]:
            waiting.pop()
        if (sign == "," and len(waiting) == 1) or not waiting:
            if source[begin:at].strip():
                yield source[begin:at]
            begin = at + 1
        at += 1


def _end_of_text(source: str, at: int) -> int:
    """The place of the sign that ends a text; what stands in `${}` counts as text."""
    quote, at = source[at], at + 1
    while source[at] != quote:
        at += 2 if source[at] == "\\" else 1
    return at


def used_by(view: str) -> Iterator[Declared]:
    """All that the function `view` of a page can come to, in whatever module."""
    known, seen = modules(), set[tuple[str, str]]()
    waiting = [(f"views/{view}/page.js", "view")]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        module = known[place[0]]
        declared = module.declared.get(place[1])
        if declared is None:
            continue
        yield declared
        for word in declared.words:
            if word in module.declared:
                waiting.append((module.name, word))
            elif word in module.imported:
                waiting.append((module.imported[word], word))
