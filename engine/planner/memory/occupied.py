"""Whether a job that fits the device fits beside what runs there now, and who has to make room where it does not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.hardware import Device
from engine.planner.memory.verdict import Verdict

_NAMED = 3  # programs in a sentence
_WORTH_NAMING_MB = 50


@dataclass(frozen=True)
class Own:
    """What this program itself holds on a device: it is given back, or the job waits for it.

    Attributes:
        mb: memory that its processes hold there.
        pids: those processes.
    """

    mb: int = 0
    pids: Collection[int] = field(default_factory=frozenset)


def nothing_own() -> Own:
    """Where nobody looks."""
    return Own()


def beside_others(fits: Verdict, device: Device, need_mb: int, look: Callable[[], Own]) -> Verdict:
    """The verdict of a job that fits, held against what is free at this moment.

    Args:
        fits: the verdict without a look at other programs.
        look: () -> what this program itself holds there; asked only where room is short.
    """
    if not fits.ok or need_mb <= device.free_mb:
        return fits
    own = look()
    numbers = {"need_mb": need_mb, "free_mb": device.free_mb}
    if need_mb <= device.free_mb + own.mb:
        return replace(fits, code="verdict.fits_later", params=fits.params | numbers | {"own_mb": own.mb})
    used_mb = max(0, device.memory_mb - device.driver_mb - device.free_mb - own.mb)
    found: dict[str, Any] = numbers | {"used_mb": used_mb}
    if programs := ", ".join(dict.fromkeys(_programs(device, own))):
        return replace(fits, code="verdict.fits_closed_named", params=fits.params | found | {"programs": programs})
    return replace(fits, code="verdict.fits_closed", params=fits.params | found)


def _programs(device: Device, own: Own) -> Iterator[str]:
    """The largest programs of others there; none where the driver does not tell."""
    others = [one for one in device.holders if one.pid not in own.pids and one.name]
    return (one.name for one in others[:_NAMED] if not one.mb or one.mb >= _WORTH_NAMING_MB)
