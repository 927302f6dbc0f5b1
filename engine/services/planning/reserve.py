"""What the user leaves of a device's memory to other programs: a setting of each machine and device, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.devices import devices
from engine.planner.memory.reserve import most_reserve, reserve_of, usual_reserve
from engine.planner.memory.verdict import limit_of
from engine.planner.refusals import planned_device
from engine.planner.time.corrections import machine_of
from engine.shapes.app import ReserveView
from storage.queries import settings

_SETTING = "memory_reserve"  # {"<machine>/<device>": MB}


def reserved(s: Session, device: Device) -> Device:
    """The device with what the user leaves to others on it."""
    found = _kept(s).get(_place(device))
    return device if found is None else replace(device, reserve_mb=min(int(found), most_reserve(device)))


def reserves(ctx: Context) -> list[ReserveView]:
    """Each device of this machine with what is left to others on it, and what is held there now."""
    here = devices()
    with ctx.db.read() as s:
        return [_view(reserved(s, device)) for device in here]


def reserve_view(ctx: Context, key: str) -> ReserveView:
    """One device, here or in the catalogue, with what is left to others on it. Raises Fault("device.missing")."""
    device = planned_device(key)
    with ctx.db.read() as s:
        return _view(reserved(s, device))


def set_reserve(ctx: Context, key: str, mb: int | None) -> ReserveView:
    """Leave so much of a device's memory to others; None for what is usual there.

    Raises:
        Fault: "device.missing", or "reserve.beyond" where too little is left for a job.
    """
    device = planned_device(key)
    if mb is not None and not 0 <= mb <= most_reserve(device):
        raise Fault("reserve.beyond", reserve_mb=mb, most_mb=most_reserve(device), name=device.name)
    own = _place(device)
    with ctx.db.write() as s:
        kept = {place: one for place, one in _kept(s).items() if place != own}
        settings.put_value(s, _SETTING, {"value": kept if mb is None else kept | {own: mb}})
    return _view(replace(device, reserve_mb=mb))


def _kept(s: Session) -> Mapping[str, int]:
    stored = settings.get_value(s, _SETTING)
    return {} if stored is None else stored["value"]


def _place(device: Device) -> str:
    return f"{machine_of(device)}/{device.key}"


def _view(device: Device) -> ReserveView:
    return {
        "key": device.key,
        "name": device.name,
        "memory_mb": device.memory_mb,
        "free_mb": device.free_mb,
        "limit_mb": limit_of(device, None),
        "reserve_mb": reserve_of(device),
        "usual_mb": usual_reserve(device),
        "own": device.reserve_mb is not None,
        "display": device.display,
        "holders": [{"pid": one.pid, "name": one.name, "mb": one.mb} for one in device.holders],
    }
