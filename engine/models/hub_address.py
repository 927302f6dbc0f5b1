"""Which hub is asked: what was chosen on the Settings page, else what the environment says, else the Hugging Face hub."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from engine.core.errors import Fault
from engine.core.settings import SETTINGS, Settings
from engine.models.hubs import BY_KEY
from engine.models.hubs.declaration import HubAddress
from engine.models.hubs.huggingface import HUGGING_FACE

_LONGEST = 300
_MIRROR_VARIABLE = "HF_ENDPOINT"  # that the hub's own client reads too


def check_address(kind: str, url: str) -> HubAddress:
    """A hub that somebody chose; an empty address is where its kind usually is.

    Raises:
        Fault: "hub.kind" or "hub.address".
    """
    known = BY_KEY.get(kind)
    if known is None:
        raise Fault("hub.kind", kind=kind[:40], known=", ".join(BY_KEY))
    text = url.strip().rstrip("/")
    return HubAddress(kind, _checked(text) if text else known.url)


def _checked(text: str) -> str:
    """An address with scheme, host and perhaps a path; a name and password in it would be shown."""
    try:
        parts = urlsplit(text)
        plain = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        plain = False
    odd = not plain or "@" in text or "?" in text or "#" in text or not text.isprintable() or " " in text
    if odd or len(text) > _LONGEST:
        raise Fault("hub.address", address=text[:100])
    return text


def usual_address(settings: Settings) -> HubAddress:
    """The hub where nobody chose one: of the environment, or the Hugging Face hub. Raises Fault("settings.bad_hub")."""
    mirror = os.environ.get(_MIRROR_VARIABLE, "")
    given = settings.hub or mirror
    kind, equals, url = given.partition("=")
    if not equals:
        kind, url = (given, "") if given in BY_KEY else (HUGGING_FACE.key, given)
    try:
        return _with_trust(settings, check_address(kind, url))
    except Fault:
        variable = SETTINGS["hub"].variable if settings.hub else _MIRROR_VARIABLE
        raise Fault("settings.bad_hub", setting=variable, known=", ".join(BY_KEY)) from None


def address_of(settings: Settings, stored: Any) -> HubAddress:
    """The hub that was stored ({"kind", "url"}); the usual one where nothing sensible was. Raises Fault("settings.bad_hub")."""
    if isinstance(stored, Mapping):
        try:
            return _with_trust(settings, check_address(str(stored.get("kind")), str(stored.get("url") or "")))
        except Fault:
            pass
    return usual_address(settings)


def _with_trust(settings: Settings, address: HubAddress) -> HubAddress:
    """The environment's key goes to the hub that it is for, and to an address of the environment: not to one that was typed in a page."""
    operators = (settings.hub.rpartition("=")[2].rstrip("/"), os.environ.get(_MIRROR_VARIABLE, "").rstrip("/"))
    own = address.url == BY_KEY[address.kind].url
    return HubAddress(address.kind, address.url, own or address.url in operators)


def as_stored(address: HubAddress) -> dict[str, str]:
    """How an address is kept."""
    return {"kind": address.kind, "url": address.url}
