"""Which browser a request came from: what is unfinished in one browser is not mixed with what is in another."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar, Token

ANYBODY = ""  # a caller without a browser: a test, a page that was open before browsers had names
_NAME = re.compile(r"[A-Za-z0-9_-]{20,64}")
_here: ContextVar[str] = ContextVar("browser", default=ANYBODY)


def new_name() -> str:
    """A name for a browser that has none yet; nobody can guess it."""
    return secrets.token_urlsafe(18)


def is_name(value: str) -> bool:
    """Whether a cookie holds a name such as `new_name` makes."""
    return _NAME.fullmatch(value) is not None


def here() -> str:
    """The browser whose request is being answered, also in the thread that a function of a page runs in."""
    return _here.get()


def enter(name: str) -> Token[str]:
    """From now on, `here` is that browser; `leave` takes it back."""
    return _here.set(name)


def leave(token: Token[str]) -> None:
    """Undo `enter`."""
    _here.reset(token)
