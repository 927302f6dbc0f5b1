"""What the Settings page calls for keys of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services import api_keys
from engine.services.app import key_section
from engine.shapes.serving.keys import ApiKeysView, MadeKey
from webui.site import Site


def functions(site: Site) -> list[Callable[..., Any]]:
    """The list of keys, and making, renaming, revoking and deleting one."""
    ctx = site.ctx

    def keys_start() -> ApiKeysView:
        return key_section.keys_start(ctx)

    def key_make(name: str, per_minute: int) -> MadeKey:
        key, secret = api_keys.make_key(ctx, name, per_minute)
        return {"key": api_keys.key_view(key), "secret": secret}

    def key_rename(key: int, name: str) -> None:
        api_keys.rename(ctx, key, name)

    def key_revoke(key: int) -> None:
        api_keys.revoke(ctx, key)

    def key_delete(key: int) -> None:
        api_keys.delete(ctx, key)

    return [keys_start, key_make, key_rename, key_revoke, key_delete]
