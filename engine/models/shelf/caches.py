"""Whole models in the caches of the hubs' own programs on this machine. Names, settings and headers are read: no weights."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.models.base.inspect import inspect_folder

_MOST = 500  # folders that are looked at
_MODELS, _BETWEEN = "models--", "--"
_DOT = "___"  # that ModelScope writes for a dot in a name
HUGGING_FACE, MODELSCOPE = "huggingface", "modelscope"


@dataclass(frozen=True)
class Cached:
    """A whole model in a cache."""

    ref: str  # its name on the hub
    folder: Path  # that its files lie in
    cache: str  # whose
    bytes: int  # of its weights
    parameters: int  # numbers in them
    context_length: int | None  # most tokens that it takes
    config: dict[str, Any]  # its config.json


def cached_in(cache: str, place: Path) -> list[Cached]:
    """The models in one cache that can be used where they are, by name. What is not whole, or may not be loaded, is left out."""
    found = _snapshots(place) if cache == HUGGING_FACE else _folders(place)
    looked = (_look(cache, ref, folder) for ref, folder in found)
    return sorted((one for one in looked if one is not None), key=lambda one: one.ref.lower())


def _listed(place: Path) -> list[Path]:
    """The folders in a folder; none where it cannot be read."""
    try:
        with os.scandir(place) as entries:
            return sorted(Path(one.path) for one in entries if one.is_dir(follow_symlinks=False))[:_MOST]
    except OSError:
        return []


def _snapshots(place: Path) -> Iterator[tuple[str, Path]]:
    """Of each repository the revision that "main" was when it was fetched last, else the newest one."""
    for folder in _listed(place):
        if not folder.name.startswith(_MODELS):
            continue
        there = _listed(folder / "snapshots")
        if there:
            main = _main(folder)
            newest = max(there, key=lambda one: one.stat().st_mtime)
            yield (
                folder.name.removeprefix(_MODELS).replace(_BETWEEN, "/"),
                next((one for one in there if one.name == main), newest),
            )


def _main(folder: Path) -> str:
    try:
        with (folder / "refs" / "main").open(encoding="utf-8", errors="replace") as file:
            return file.read(100).strip()
    except OSError:
        return ""


def _folders(place: Path) -> Iterator[tuple[str, Path]]:
    """OWNER/NAME, in newer versions below "models"."""
    for root in (place / "models", place):
        for owner in _listed(root):
            if owner.name.startswith(".") or owner.name in ("models", "datasets", "temp"):
                continue
            for folder in _listed(owner):
                yield f"{owner.name}/{folder.name.replace(_DOT, '.')}", folder


def _look(cache: str, ref: str, folder: Path) -> Cached | None:
    try:
        return _inspected(cache, ref, folder, (folder / "config.json").stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=_MOST)
def _inspected(cache: str, ref: str, folder: Path, _stamp: int) -> Cached | None:
    try:
        found = inspect_folder(folder)
        size = found.bytes
    except (Fault, OSError):
        return None
    return Cached(ref, folder, cache, size, found.parameters, found.context_length, found.config)
