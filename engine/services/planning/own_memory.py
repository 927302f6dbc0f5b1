"""How much memory of a device the program's own processes hold: the chat, and jobs of the same lane. The job waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil
from sqlalchemy.orm import Session

from engine.core.hardware import Device
from engine.devices import kind_of
from engine.planner.memory.occupied import Own
from storage.queries.jobs import active_jobs

_MB = 1_000_000


def own_memory(s: Session, device: Device) -> Own:
    """What this server's chat holds there, and what workers of the device's lane do."""
    jobs = active_jobs(s)
    mine = {job.pid for job in jobs if job.pid is not None and job.lane == device.key}
    others = {job.pid for job in jobs if job.pid is not None and job.lane != device.key}
    pids = frozenset(_with_children(mine) | (_with_children({psutil.Process().pid}) - _with_children(others)))
    if kind_of(device).memory is not None:  # of its own: the driver says who holds it
        return Own(sum(one.mb for one in device.holders if one.pid in pids), pids)
    given_back = pids - {psutil.Process().pid}  # the server itself stays
    return Own(sum(_resident(given_back)) // _MB, pids)


def _with_children(pids: set[int]) -> set[int]:
    found = set(pids)
    for pid in pids:
        with suppress(psutil.Error):
            found |= {child.pid for child in psutil.Process(pid).children(recursive=True)}
    return found


def _resident(pids: frozenset[int]) -> Iterator[int]:
    for pid in pids:
        with suppress(psutil.Error):
            yield psutil.Process(pid).memory_info().rss
