"""Servers elsewhere, and the names under which their models answer in conversations.

A side's name holds the address and the model, so that a stored answer says for good who gave it. It opens nothing by itself:
only what the operator has set in the server's own environment is ever asked.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from engine.core.settings import Settings, is_loopback

_KIND = "outside:"
_LONGEST = 300  # characters of a model's name
NO_KEY = "-"  # in the list of keys, of a server that asks for none


@dataclass(frozen=True)
class OutsideServer:
    """A server that may be asked."""

    url: str  # address without "/chat/completions"
    key: str = field(default="", repr=False)  # that is sent there

    @property
    def host(self) -> str:
        """Where it is, as people read it."""
        return host_of(self.url)


@dataclass(frozen=True)
class OutsideModel:
    """A model of a server, as a side's name tells it."""

    url: str  # of the server
    name: str  # of the model there

    @property
    def side(self) -> str:
        """The name of its side."""
        return f"{_KIND}{self.url}#{quote(self.name, safe='/:@')}"

    @property
    def label(self) -> str:
        """For people: the model and where it is."""
        return f"{self.name} · {host_of(self.url)}"

    @property
    def asked_hash(self) -> str:
        """Names what was asked for. Which weights a server answers with nobody here can know."""
        return hashlib.sha256(self.side.encode()).hexdigest()


def is_outside(side: str) -> bool:
    """Whether a side is a server's."""
    return side.startswith(_KIND)


def model_of(side: str) -> OutsideModel | None:
    """What a side's name stands for; None where it is no name of a server's model."""
    url, mark, name = side.removeprefix(_KIND).partition("#")
    found = OutsideModel(url, unquote(name))
    fits = is_outside(side) and mark and name and len(found.name) <= _LONGEST and found.name.isprintable()
    return found if fits and found.side == side else None


def host_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def servers_of(settings: Settings) -> tuple[OutsideServer, ...]:
    """The servers that may be asked; offline, those on this machine alone."""
    keys = settings.server_keys or (NO_KEY,) * len(settings.servers)
    found = (OutsideServer(url, "" if key == NO_KEY else key) for url, key in zip(settings.servers, keys, strict=True))
    return tuple(one for one in found if not settings.offline or is_loopback(urlsplit(one.url).hostname or ""))


def server_at(settings: Settings, url: str) -> OutsideServer | None:
    """The server at exactly this address; None where the operator has set none."""
    return next((one for one in servers_of(settings) if one.url == url), None)
