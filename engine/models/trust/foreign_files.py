"""Files in a model folder that would be read instead of the model, or that lie elsewhere. Looks at names alone."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from engine.core.errors import Fault

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin")  # loaded on top, or instead
_CODE = ("custom_generate",)
_SHARDS = re.compile(r"^shard-\d{5}-model-\d{5}-of-\d{5}\.safetensors$")  # taken before model.safetensors
_READ_BELOW = ("additional_chat_templates",)  # folders in which templates are looked for


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder with an adapter in it, code, another set of weights, links that lead out, or what is no file.

    A folder of the hub's cache links into the blobs of its own repository: that is inside.

    Raises:
        Fault: "model.foreign_adapter", "model.own_code", "model.other_checkpoint", "model.link_outside" or "model.file_strange".
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # whoever reads it says what is missing
    for entry in entries:
        _refuse_name(entry.name)
        _refuse_place(folder, entry)
    for name in _READ_BELOW:
        if (folder / name).is_dir():
            for entry in os.scandir(folder / name):
                _refuse_place(folder, entry)


def _refuse_name(name: str) -> None:
    known = name.casefold()
    if known in _ADAPTER:
        raise Fault("model.foreign_adapter", file=name)
    if known in _CODE:
        raise Fault("model.own_code", file=name, key=name)
    if _SHARDS.match(name):
        raise Fault("model.other_checkpoint", file=name)


def _refuse_place(folder: Path, entry: os.DirEntry[str]) -> None:
    if entry.is_symlink():
        if not _may_link(folder, entry):
            raise Fault("model.link_outside", file=entry.name, target=os.readlink(entry.path)[:200])
    elif not stat.S_ISREG(mode := entry.stat().st_mode) and not stat.S_ISDIR(mode):
        raise Fault("model.file_strange", file=entry.name)


def _may_link(folder: Path, entry: os.DirEntry[str]) -> bool:
    try:
        unread = entry.is_dir() and entry.name not in _READ_BELOW
        return unread or _is_inside(folder, Path(entry.path).resolve())
    except (OSError, RuntimeError):  # links that lead to each other
        return False


def _is_inside(folder: Path, target: Path) -> bool:
    real = folder.resolve()
    if target.is_relative_to(real):
        return True
    return real.parent.name == "snapshots" and target.parent == real.parent.parent / "blobs"
