"""All texts of the product lie in one place: a folder a language, JSON files with flat keys. This is their only reader.

A folder is a language: to add one, add a folder. Its `language.json` says what it calls itself and how it writes.
English comes first and fills in what another language lacks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from engine.core.settings import SETTINGS
from engine.core.shapes import Said
from engine.core.sizes import memory_size

FALLBACK = "en"
MEMORY_END = "_mb"  # a placeholder of such a name is said as an amount of memory: "1.15 GB"
FOLDER = Path(os.environ.get(SETTINGS["texts"].variable) or Path(__file__).parents[1] / "texts").expanduser()
DECLARED = (
    "declared"  # the folder of what declarations say: pages get it with the declaration, not with their own texts
)


def _languages() -> tuple[str, ...]:
    found = {file.parent.name for file in FOLDER.glob("*/language.json")}
    return (FALLBACK, *sorted(found - {FALLBACK}))


LANGUAGES = _languages()


def language_named(name: str) -> str | None:
    """The language that a browser or a terminal names, as in "zh-CN" or "zh_CN.UTF-8"; None where there is no such."""
    parts = name.lower().replace("_", "-").partition(".")[0].split("-")
    wanted = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
    by_name = {language.lower(): language for language in LANGUAGES}
    return next((by_name[one] for one in wanted if one in by_name), None)


@cache
def own_texts(language: str) -> Mapping[str, Mapping[str, str]]:
    """What a language says itself, by file. Raises ValueError when two files define one key."""
    folder = FOLDER / language
    files: dict[str, Mapping[str, str]] = {}
    seen: set[str] = set()
    for file in sorted(folder.rglob("*.json")):
        part = json.loads(file.read_text(encoding="utf-8"))
        name = file.relative_to(folder).as_posix()
        if twice := seen & part.keys():
            raise ValueError(f"{language}/{name} defines again: {sorted(twice)}")
        seen |= part.keys()
        files[name] = part
    return files


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every text of one language, by key; in English what it lacks."""
    own = {key: text for part in own_texts(language).values() for key, text in part.items()}
    return own if language == FALLBACK else {**catalogue(FALLBACK), **own}


@cache
def page_texts(language: str) -> Mapping[str, str]:
    """The texts that pages ask for themselves: all but those of declarations."""
    declared = {
        key
        for spoken in (FALLBACK, language)
        for name, part in own_texts(spoken).items()
        if name.startswith(f"{DECLARED}/")
        for key in part
    }
    return {key: text for key, text in catalogue(language).items() if key not in declared}


@dataclass(frozen=True)
class Text:
    """One text of the catalogue, for declarations that carry their own help."""

    key: str  # in the catalogue
    values: Mapping[str, object] = field(default_factory=dict, kw_only=True, hash=False)  # what fills its placeholders

    def filled(self, **values: object) -> Text:
        """The same text with its placeholders filled; a value that is a `Text` is said in the same language."""
        return replace(self, values={**self.values, **values})

    def in_(self, language: str) -> str:
        """The text in `language`; in English where that language lacks it."""
        text = catalogue(language).get(self.key, self.key)
        if not self.values:
            return text
        return filled(text, self.values, language)

    def as_dict(self) -> Said:
        """All languages, for a message whose language is chosen where it is shown."""
        return {language: self.in_(language) for language in LANGUAGES}


def separator(language: str) -> str:
    """What stands between the entries of a list."""
    return catalogue(language)["language.separator"]


def verbatim(words: str) -> Text:
    """A text that is the same in every language: a name."""
    return Text("language.verbatim").filled(words=words)


def listed(texts: Sequence[Text]) -> Text:
    """Texts one after another, as each language lists them."""
    return Text("language.verbatim").filled(words=tuple(texts))


def filled(text: str, values: Mapping[str, object], language: str) -> str:
    """A text with its placeholders filled as `language` says the values; {need_mb} is an amount of memory with its unit.

    Raises:
        KeyError, IndexError, ValueError: when the text asks for what is not there.
    """
    return text.format(**{name: _named(name, value, language) for name, value in values.items()})


def _named(name: str, value: object, language: str) -> object:
    if name.endswith(MEMORY_END) and isinstance(value, int | float):
        return memory_size(value)
    return spoken(value, language)


def spoken(value: object, language: str) -> object:
    """A value of a message as `language` says it. Stored ones may lack a language of today: English then."""
    if isinstance(value, Text):
        return value.in_(language)
    if isinstance(value, tuple):
        return separator(language).join(str(spoken(one, language)) for one in value)
    if isinstance(value, dict) and FALLBACK in value and all(isinstance(one, str) for one in value.values()):
        return value.get(language, value[FALLBACK])
    return value
