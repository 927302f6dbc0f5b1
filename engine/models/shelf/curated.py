"""The list of models that ships with the product: ids, measures, languages and licences as data in one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.core.text import Text

_ABOUT = {
    "gemma2": Text("models.shelf.curated.gemma2"),
    "gemma3": Text("models.shelf.curated.gemma3"),
}  # by the key in the file
_FILE = Path(__file__).with_name("models.json")


@dataclass(frozen=True)
class KnownModel:
    """One model of the list.

    Attributes:
        ref: its name on the hub.
        name: shown in lists.
        family: that it is listed under.
        maker: who made it.
        parameters: numbers in its weights.
        active: of them that work on one token, where experts rest.
        context: most tokens that it takes.
        bytes: of the download, about.
        languages: codes, the strongest first.
        licence: its short name.
        gated: its makers ask for an agreement and a token first.
        tools: its chat template takes tools.
        thinking: it thinks before it answers, where it is asked to.
        about: key of what one should know of it; empty: nothing.
        config: what its config.json says of its measures.
    """

    ref: str
    name: str
    family: str
    maker: str
    parameters: int
    context: int
    bytes: int
    languages: tuple[str, ...]
    licence: str
    config: Mapping[str, Any]
    active: int | None = None
    gated: bool = False
    tools: bool = False
    thinking: bool = False
    about: str = ""

    @property
    def said(self) -> Text | None:
        """What one should know of it."""
        return _ABOUT[self.about] if self.about else None


@cache
def known_models() -> tuple[KnownModel, ...]:
    """The whole list, family by family."""
    entries = json.loads(_FILE.read_text(encoding="utf-8"))["models"]
    return tuple(KnownModel(**{**entry, "languages": tuple(entry["languages"])}) for entry in entries)


@cache
def _by_ref() -> Mapping[str, KnownModel]:
    return {one.ref: one for one in known_models()}


def known_model(ref: str) -> KnownModel | None:
    """The entry of a hub name; None where the list does not have it."""
    return _by_ref().get(ref)
