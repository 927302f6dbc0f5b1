"""Every kind of device, the preferred one first: one explicit tuple, and what is asked of the devices that are here."""

from __future__ import annotations

from engine.core.errors import Fault
from engine.core.hardware import Device, Precision
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.devices.declaration import DeviceKind

DEVICE_KINDS: tuple[DeviceKind, ...] = (CUDA, CPU)
_BY_KEY = {kind.key: kind for kind in DEVICE_KINDS}
_BY_TORCH_TYPE = {kind.torch_type: kind for kind in DEVICE_KINDS}


def kind_of(device: Device) -> DeviceKind:
    """The kind of a device, here or in the catalogue. Raises Fault("device.unknown_kind")."""
    if device.kind not in _BY_KEY:
        raise Fault("device.unknown_kind", kind=device.kind, known=list(_BY_KEY))
    return _BY_KEY[device.kind]


def kind_named(key: str) -> DeviceKind | None:
    """The kind of the device called `key` in specs and as a lane ("cpu", "cuda:1"); None where it names no device."""
    return next((kind for kind in DEVICE_KINDS if kind.names(key)), None)


def kind_for_torch(torch_type: str) -> DeviceKind:
    """The kind that torch calls `torch_type` (`torch.device.type`). Raises Fault("device.unknown_kind")."""
    if torch_type not in _BY_TORCH_TYPE:
        raise Fault("device.unknown_kind", kind=torch_type, known=list(_BY_TORCH_TYPE))
    return _BY_TORCH_TYPE[torch_type]


def devices() -> list[Device]:
    """Every device of this machine, the preferred kind first."""
    return [device for kind in DEVICE_KINDS for device in kind.find()]


def preference(device: Device) -> tuple[int, int]:
    """Larger for what is better to use: its kind first, then its free memory."""
    return -DEVICE_KINDS.index(kind_of(device)), device.free_mb


def device_of(key: str, among: list[Device] | None = None) -> Device:
    """The device of that key; "auto" is the usable one of the preferred kind with the most free memory.

    Raises:
        Fault: "device.missing", or "device.no_cuda_build" when the installed torch cannot use it.
    """
    among = devices() if among is None else among
    if key == "auto":
        return max((device for device in among if device.usable), key=preference)
    found = next((device for device in among if device.key == key), None)
    if found is None:
        raise Fault("device.missing", device=key, known=[device.key for device in among])
    if not found.usable:
        raise Fault("device.no_cuda_build", device=key)
    return found


def precision_for(device: Device) -> Precision:
    """The number format to train in there, and why."""
    return kind_of(device).precision(device)


def process_limit(device: Device, budget_mb: int | None) -> int | None:
    """The budget's limit where the system holds it for the whole process (RAM); None where the device holds it itself."""
    return budget_mb if kind_of(device).memory is None else None
