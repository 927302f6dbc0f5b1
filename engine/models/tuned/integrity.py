"""Are the weights on disk still those that training stored? Imports no torch."""

from __future__ import annotations

from pathlib import Path

from engine.core.errors import Fault
from engine.models.base.inspect import hash_file
from engine.models.tuned.results import SHOTS


def check_hash(folder: Path, expected: str) -> None:
    """Compare the sha256 of the folder's weights file, or of its examples. Several parts are not compared.

    Raises:
        Fault: "chat.damaged".
    """
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob(SHOTS))
    if len(files) == 1 and hash_file(files[0]) != expected:
        raise Fault("chat.damaged", file=f"tuned/{folder.name}/{files[0].name}")
