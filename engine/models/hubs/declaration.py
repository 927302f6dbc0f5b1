"""What a kind of hub is: how its models are listed, read, fetched and searched for. Imports no client before it is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$")  # of a file that is fetched
_WORD = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._+-]{0,39}$")  # a licence, a language
MOST_BYTES = 2**53
_MOST_LANGUAGES = 40


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository."""

    size: int  # bytes
    sha256: str | None = None  # of its content, where the hub says so
    revision: str | None = None  # that has it, where that is another than the repository's


@dataclass(frozen=True)
class Listing:
    """A repository at one moment."""

    revision: str  # by which the same files are found again
    files: dict[str, RemoteFile]  # those at its top, by name
    licence: str | None = None  # its short name
    languages: tuple[str, ...] = ()  # codes


@dataclass(frozen=True)
class Found:
    """A model that a hub names in answer to a search."""

    ref: str  # its name there
    downloads: int | None = None  # of late
    parameters: int | None = None  # as the hub counts them
    licence: str | None = None  # its short name
    languages: tuple[str, ...] = ()  # codes
    gated: bool = False  # an agreement and a token are asked for first


@dataclass(frozen=True)
class HubAddress:
    """Where a hub is."""

    kind: str  # key of its kind
    url: str  # without a slash at its end
    trusted: bool = field(default=False, compare=False)  # the key of the environment may be sent there

    @property
    def label(self) -> str:
        """How people call it: its host."""
        return re.sub(r"^https?://(www\.)?", "", self.url).partition("/")[0]


@dataclass(frozen=True)
class HubKind:
    """One kind of hub.

    Attributes:
        key: name in settings.
        label: what people call it.
        url: where it is, where nothing else is set.
        listing: (address, name, revision or None) -> the repository; runs in a child.
        get: (address, name, revision, file's name, file, folder) fetches one file, and goes on where it was; in a child.
        read: (address, name, revision, file's name, file, first byte, how many) -> those bytes; in a child.
        search: (address, words, most) -> models that answer in text and have safetensors.
    """

    key: str
    label: str
    url: str
    listing: Callable[[HubAddress, str, str | None], Listing]
    get: Callable[[HubAddress, str, str, str, RemoteFile, Path], None]
    read: Callable[[HubAddress, str, str, str, RemoteFile, int, int], bytes]
    search: Callable[[HubAddress, str, int], list[Found]]


# ------------------------------------------------------------------ what a hub says, within bounds


def whole_number(value: Any, most: int = MOST_BYTES) -> int | None:
    """A number of a hub's answer; None where it is none, or no sensible one."""
    sensible = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
    return value if sensible else None


def word(value: Any) -> str | None:
    """A short name of a hub's answer; None where it is none."""
    return value.strip() if isinstance(value, str) and _WORD.match(value.strip()) else None


def words(value: Any) -> tuple[str, ...]:
    """Short names of a hub's answer, one or many."""
    given = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(one for item in given[:_MOST_LANGUAGES] if (one := word(item)) is not None))
