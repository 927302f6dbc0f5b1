"""Which languages a model's makers name, and whether those of some letters are among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MANY = {"multilingual", "mul", "multi"}  # more than are named
_WRITTEN: Mapping[str, frozenset[str]] = {  # languages by the letters that data are told by
    "zh": frozenset({"zh", "zho", "chi", "cmn", "yue"}),
    "ja": frozenset({"ja", "jpn"}),
    "ko": frozenset({"ko", "kor"}),
    "cyrillic": frozenset({"ru", "rus", "uk", "ukr", "bg", "bul", "sr", "srp", "mk", "be", "kk", "ky", "mn", "tg"}),
    "arabic": frozenset({"ar", "ara", "fa", "fas", "per", "ur", "urd", "ps", "ckb", "ug"}),
}


def named_languages(config: Mapping[str, Any] | None) -> list[str]:
    """The codes that a hub's card names, as they were kept with the model; empty where it names none."""
    kept = ((config or {}).get("_tunesmith") or {}).get("hub") or {}
    named = kept.get("languages") or []
    return [str(one).lower() for one in named] if isinstance(named, list) else []


def knows(named: Sequence[str], letters: str) -> bool | None:
    """Whether one of the languages that are written so is named; None where nothing can be told by that."""
    codes = {code.replace("_", "-").partition("-")[0] for code in named}
    if not codes or letters not in _WRITTEN:
        return None
    return True if codes & _WRITTEN[letters] else None if codes & MANY else False
