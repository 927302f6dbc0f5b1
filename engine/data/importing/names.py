"""File names from outside: shown, never used on disk."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 120
_JOINER = "\N{ZERO WIDTH JOINER}"  # holds emoji together


_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # control, direction, half and private characters


def clean_name(text: str, fallback: str) -> str:
    """One line without control and direction characters, at most `MAX_NAME` long."""
    kept = (" " if ch in "\n\t" else ch for ch in text if ch in "\n\t" or ch == _JOINER or not _is_hidden(ch))
    name = " ".join("".join(kept).split()) or fallback
    if len(name) <= MAX_NAME:
        return name
    dot = name.rfind(".")
    ending = name[dot:] if 0 < len(name) - dot <= 10 else ""
    return name[: MAX_NAME - len(ending) - 1] + "…" + ending


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


def display_name(filename: str, fallback: str = "data") -> str:
    """The last part of a file's name, to be shown."""
    last = clean_name(re.split(r"[/\\]", filename)[-1], fallback)
    return last.strip(". ") or fallback


def data_set_name(filename: str) -> str:
    """A name for the data set: the file's, without its ending."""
    name = display_name(filename)
    return re.sub(r"\.[A-Za-z0-9]{1,8}$", "", name) or name
