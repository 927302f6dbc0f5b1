"""What is given to which hub: checked before anything leaves. Imports nothing of a hub."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.core.errors import Fault

if TYPE_CHECKING:
    from engine.core.settings import Settings

_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_PART}/{_PART}")
_NEVER = ("--", "..")
_OFFLINE = ("1", "ON", "YES", "TRUE")  # as huggingface_hub reads them


@dataclass(frozen=True)
class PushWish:
    """One push, as the spec of its job has it.

    Attributes:
        export: id of the export job.
        file: which of its files, counted from 0.
        repo: "owner/name" on the hub.
        private: only its owner sees it; of a repository that is made by this push.
        add: it may be there already, and gets one more version.
    """

    export: int
    file: int
    repo: str
    private: bool = True
    add: bool = False

    def as_spec(self) -> dict[str, Any]:
        """As the spec has it."""
        return {key: getattr(self, key) for key in ("export", "file", "repo", "private", "add")}


def push_wish(spec: Mapping[str, Any]) -> PushWish:
    """The wish in a spec. Raises Fault("push.bad_name")."""
    repo = check_repo(str(spec["repo"]))
    return PushWish(int(spec["export"]), int(spec["file"]), repo, bool(spec["private"]), bool(spec["add"]))


def check_repo(name: str) -> str:
    """ "owner/name" as the hub takes it. Raises Fault("push.bad_name")."""
    plain = name.strip()
    if not _NAME.fullmatch(plain) or any(part in plain for part in _NEVER) or plain.endswith(".git"):
        raise Fault("push.bad_name", name=plain[:100])
    return plain


def check_allowed(settings: Settings) -> str:
    """The address of the hub that models may be given to.

    Raises:
        Fault: "push.not_allowed", "push.offline", "push.not_encrypted".
    """
    if not settings.hub_push:
        raise Fault("push.not_allowed")
    if settings.offline or os.environ.get("HF_HUB_OFFLINE", "").upper() in _OFFLINE:
        raise Fault("push.offline")
    address = urlsplit(settings.hub_push)
    if address.scheme != "https" and not _is_here(address.hostname or ""):
        raise Fault("push.not_encrypted", host=address.netloc)
    return settings.hub_push


def host_of(address: str) -> str:
    """The hub as people call it."""
    return urlsplit(address).netloc


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
