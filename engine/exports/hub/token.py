"""The hub's token: one file that only its owner can read, and nowhere else. Imports nothing of a hub."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import Fault

if TYPE_CHECKING:
    from engine.core.settings import Settings

_SENSIBLE = re.compile(r"[!-~]{8,400}")  # printable, without spaces: what a header can hold


def keep_token(settings: Settings, token: str) -> None:
    """Keep it for pushes; an earlier one is replaced. Raises Fault("push.odd_token"), which does not name it."""
    plain = token.strip()
    if not _SENSIBLE.fullmatch(plain):
        raise Fault("push.odd_token")
    file = _file(settings)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".partial")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as sink:
        sink.write(plain)
    draft.rename(file)


def kept_token(settings: Settings) -> str:
    """The token. Raises Fault("push.no_token") where none is kept."""
    try:
        return _file(settings).read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        raise Fault("push.no_token") from None


def has_token(settings: Settings) -> bool:
    """Whether one is kept."""
    return _file(settings).is_file()


def forget_token(settings: Settings) -> None:
    """Remove it."""
    with contextlib.suppress(FileNotFoundError):
        _file(settings).unlink()


def _file(settings: Settings) -> Path:
    return settings.home / "secrets" / "hub-token"
