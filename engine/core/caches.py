"""Files that only spare work: whoever cannot write one goes on without."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

_log = logging.getLogger(__name__)


def keep(file: Path, text: str) -> bool:
    """Write such a file, whole or not at all. False where the disk takes nothing: then its content is made again."""
    part = file.with_suffix(f".{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        _log.warning("%s could not be kept: %s", file.name, error)
        with suppress(OSError):
            part.unlink()
        return False
    return True
