"""Files of models: their hash, and how they change behind our back."""

from __future__ import annotations

import os
from pathlib import Path

from engine.core.context import Context
from engine.models.base.inspect import hash_file, hash_of_parts, inspect_folder
from engine.models.base.integrity import forget_checks
from engine.models.tuned.integrity import hash_of_result, hashed_files
from storage.tables import LanguageModel


def edit(file: Path) -> None:
    """Flip one bit in place; size and time stay. Twice is as before."""
    stat = file.stat()
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    with file.open("r+b") as opened:
        opened.write(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def take_as_it_is(ctx: Context, model_id: int) -> None:
    """As though a base model had been added with the weights and config.json that lie in its folder now."""
    with ctx.db.write() as s:
        model = s.get_one(LanguageModel, model_id)
        inspection = inspect_folder(ctx.settings.absolute(str(model.path)))
        model.config = dict(inspection.config)
        model.weights_hash = hash_of_parts({file.name: hash_file(file) for file in inspection.weights})
    forget_checks(ctx.settings, model_id)


def hash_of_folder(folder: Path) -> str:
    """The hash of the result that lies in a folder."""
    return hash_of_result({name: hash_file(folder / name) for name in hashed_files(folder)})
