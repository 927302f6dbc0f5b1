"""Sizes as people type them, and the memory that `plan` and `train` leave to other programs."""

from __future__ import annotations

import re

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.planning.reserve import reserve_view, set_reserve
from engine.shapes.app import ReserveView

USUAL = "usual"  # what is left to others unless it is set
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(GB|MB)", re.IGNORECASE)
_GB = 1000


def megabytes(size: str | None) -> int | None:
    """MB of "6GB" or "800MB". Raises Fault("cli.bad_size")."""
    if size is None:
        return None
    read = _SIZE.fullmatch(size.strip())
    if read is None:
        raise Fault("cli.bad_size", given=size)
    return round(float(read[1]) * (_GB if read[2].upper() == "GB" else 1))


def leave_to_others(ctx: Context, device: str | None, given: str | None) -> ReserveView:
    """Set what is left to other programs on a device, where it is given, and say how things are there.

    Raises:
        Fault: "cli.bad_size", "reserve.beyond", "device.missing".
    """
    key = device or "auto"
    if given is None:
        return reserve_view(ctx, key)
    return set_reserve(ctx, key, None if given.strip().lower() == USUAL else megabytes(given))


def tell_room(console: Console, room: ReserveView, most_mb: int | None = None) -> None:
    """A line with what a job may use there, and why. `most_mb`: its own limit, where it has one."""
    may = min(room["limit_mb"], most_mb or room["limit_mb"])
    console.say("cli.plan.free", limit_mb=may, reserve_mb=room["reserve_mb"], free_mb=room["free_mb"])
