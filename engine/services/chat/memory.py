"""Memory that running jobs will still take: a chat must not sit down where a job is about to grow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import psutil

from engine.core.context import Context
from engine.core.errors import TunesmithError
from engine.core.hardware import Device
from engine.devices import kind_named
from engine.jobs.kinds import known_kind
from engine.services.planning.estimates import plan
from storage.job_tables import Job

log = logging.getLogger("tunesmith.chat")


def spared(ctx: Context, devices: Sequence[Device], active: Sequence[Job]) -> list[Device]:
    """The devices, less what the jobs that train on them are planned to take but do not hold yet."""
    growth = {job.lane: _growth_mb(ctx, job) for job in active if known_kind(job.kind).plans_memory}
    return [replace(device, free_mb=max(0, device.free_mb - growth.get(device.key, 0))) for device in devices]


def _growth_mb(ctx: Context, job: Job) -> int:
    """Planned peak less what the process holds. A device's own memory is held in full from the first step on."""
    try:
        planned = plan(ctx, job.spec)["memory"]["total_mb"]
    except (TunesmithError, KeyError, TypeError, ValueError):
        log.info("job %d has no plan to go by", job.id)
        return 0
    kind = kind_named(job.lane)
    if kind is not None and kind.memory is not None:
        return 0 if job.step else planned
    return max(0, planned - _resident_mb(job.pid))


def _resident_mb(pid: int | None) -> int:
    try:
        return 0 if pid is None else int(psutil.Process(pid).memory_info().rss) >> 20
    except psutil.Error:
        return 0
