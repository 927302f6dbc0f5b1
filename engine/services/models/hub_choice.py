"""The hub that models come from: what the user chose, and the kinds that there are to choose from."""

from __future__ import annotations

from typing import Any

from engine.core.context import Context
from engine.models.hub_address import address_of, as_stored, check_address, usual_address
from engine.models.hubs import HUB_KINDS
from engine.models.hubs.declaration import HubAddress
from engine.shapes.shelf import HubChoice
from storage.queries.settings import get_value, put_value

_SETTING = "hub"


def hub_address(ctx: Context) -> HubAddress:
    """Where models come from now. Raises Fault("settings.bad_hub")."""
    return address_of(ctx.settings, _chosen(ctx))


def _chosen(ctx: Context) -> Any:
    """As `engine.services.app.preferences` keeps it."""
    with ctx.db.read() as s:
        return (get_value(s, _SETTING) or {}).get("value")


def hub_choice(ctx: Context) -> HubChoice:
    """What is set, what counts without it, and what there is to choose from. Raises Fault("settings.bad_hub")."""
    stored, now, usual = _chosen(ctx), hub_address(ctx), usual_address(ctx.settings)
    return {
        "kind": now.kind,
        "url": now.url,
        "chosen": bool(stored),
        "usual": usual.url,
        "kinds": [{"value": kind.key, "label": kind.label, "url": kind.url} for kind in HUB_KINDS],
        "offline": ctx.settings.offline,
    }


def choose_hub(ctx: Context, kind: str, url: str) -> HubChoice:
    """Let models come from a hub from now on; models that are known already go on coming from theirs.

    Args:
        kind: key of its kind; empty: what the environment says counts again.
        url: of a mirror; empty: where the kind usually is.

    Raises:
        Fault: "hub.kind" or "hub.address".
    """
    wanted = as_stored(check_address(kind, url)) if kind else None
    with ctx.db.write() as s:
        put_value(s, _SETTING, {"value": wanted})
    return hub_choice(ctx)
