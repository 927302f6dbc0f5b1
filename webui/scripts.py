"""The page's ES modules: who imports whom, which texts each asks for, and what is served of them.

A module below static/kit or static/views is served once a language, at /scripts/<language>/<name>: its texts stand in front of it,
so that a page, or a part of one that is loaded later, brings just the texts that it shows.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from engine.core.text import page_texts

FOLDER = Path(__file__).parent / "static"
EVERYWHERE = ("kit/shell.js", "kit/mount.js")  # what each page starts with, besides its own view
_ROOMS = ("kit", "views", "vendor/uplot")
_EARLY = "kit/early.js"  # stands in the head of the page itself
_TEXTS = "kit/texts.js"
_NOW = re.compile(r'^(?:import|export)\b[^;"]*?"(\.[^"]+)";', re.MULTILINE)
_LATER = re.compile(r'\bimport\("(\.[^"]+\.js)"\)')  # in comments, types are imported without an ending
_LITERAL = re.compile(r'"([a-z][\w.\-]*)"')
_JOINED = re.compile(r'"([a-z][\w\-]*\.[\w.\-]*)"\s*\+(?:\s*[\w.?\[\]()]+\s*\+\s*"([\w.\-]+)")?')
_TEMPLATE = re.compile(r"`([a-z][\w\-]*\.[\w.\-]*\$\{[^`]*)`")
_ENDING = re.compile(r'\+\s*"([._][\w.]+)"|`\$\{[\w.]+\}([._][\w.]+)`')
_WORDS = re.compile(r"^/\*\*.*?\*/$", re.MULTILINE | re.DOTALL)  # for readers and for the types: not sent
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_HOLE = re.compile(r"\$\{[^}]*\}")


def asked_texts(source: str, keys: Iterable[str]) -> list[str]:
    """The keys that a script asks for: whole ones, those with an ending that it adds to one (`key + "_named"`), and all
    that fit one which it builds (`"a." + x`, `a.${x}.b`).

    Args:
        source: JavaScript.
        keys: every key of the catalogue.
    """
    whole = set(_LITERAL.findall(source))
    whole |= {key + (added or quoted) for key in whole if "." in key for added, quoted in _ENDING.findall(source)}
    built = [f"{re.escape(start)}.+{re.escape(end)}" for start, end in _JOINED.findall(source)]
    built += [".+".join(map(re.escape, _HOLE.split(template))) for template in _TEMPLATE.findall(source)]
    fits = re.compile("|".join(f"(?:{one})" for one in built) or r"(?!)")
    return [key for key in keys if key in whole or fits.fullmatch(key)]


class Scripts:
    """The modules in one language. Read once, when the server starts."""

    def __init__(self, language: str) -> None:
        self.language = language

    @cached_property
    def _sources(self) -> dict[str, str]:
        return {name: (FOLDER / name).read_text(encoding="utf-8") for name in script_names()}

    @cached_property
    def served(self) -> Mapping[str, bytes]:
        """Each module as it is sent, by its name ("views/jobs/page.js")."""
        texts = page_texts(self.language)
        return {name: _served(name, source, texts) for name, source in self._sources.items()}

    @cached_property
    def _versions(self) -> dict[str, str]:
        return {name: hashlib.sha256(body).hexdigest()[:12] for name, body in self.served.items()}

    def address(self, name: str) -> str:
        """Where a module is, without its version: what other modules import."""
        return f"/scripts/{self.language}/{name}"

    def url(self, name: str) -> str:
        """The address with the version of this module alone: browsers may keep it until it changes."""
        return f"{self.address(name)}?v={self._versions[name]}"

    def loaded_at_once(self, starts: Iterable[str]) -> list[str]:
        """`starts` and all that they import, in the order of discovery."""
        return self._reached(starts, (_NOW,))

    def map_of(self, starts: Iterable[str]) -> dict[str, str]:
        """The import map of a page: each module that it can ever load, to the address with its version."""
        return {self.address(name): self.url(name) for name in self._reached(starts, (_NOW, _LATER))}

    def _reached(self, starts: Iterable[str], ways: tuple[re.Pattern[str], ...]) -> list[str]:
        found: dict[str, None] = {}
        waiting = list(starts)
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found[name] = None
                waiting += [other for way in ways for other in _imports(name, self._sources[name], way)]
        return list(found)


@cache
def scripts(language: str) -> Scripts:
    """The modules in `language`."""
    return Scripts(language)


@cache
def script_names() -> tuple[str, ...]:
    """Every module, by its path below webui/static."""
    files = [file for room in _ROOMS for file in sorted((FOLDER / room).rglob("*.js"))]
    names = [file.relative_to(FOLDER).as_posix() for file in files]
    return tuple(name for name in names if name != _EARLY)


def _imports(name: str, source: str, way: re.Pattern[str]) -> Iterator[str]:
    for relative in way.findall(source):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(name), relative))


def _served(name: str, source: str, texts: Mapping[str, str]) -> bytes:
    """The module without doc comments and indentation, its texts in front on the first line: lines keep their numbers.

    No text of a module runs over lines (a rule of eslint), so that what stands at the beginning of one is never part of a text.
    """
    if name.startswith("vendor/"):
        return source.encode()
    wanted = {key: texts[key] for key in asked_texts(source, texts)}
    source = _INDENT.sub("", _WORDS.sub(lambda words: "\n" * words.group().count("\n"), source))
    if not wanted or name == _TEXTS:
        return source.encode()
    way = posixpath.relpath(_TEXTS, posixpath.dirname(name))
    path = way if way.startswith(".") else f"./{way}"
    said = json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
    return f'import {{ addTexts as itsTexts }} from "{path}"; itsTexts({said}); {source}'.encode()
