"""Memory that running jobs will still take: a chat must not sit down where a job is about to grow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import psutil

from engine.core.context import Context
from engine.core.errors import TunesmithError
from engine.core.hardware import Device, cpu
from engine.devices import device_of, devices, kind_named
from engine.jobs.kinds import known_kind
from engine.jobs.spec import spec_alone
from engine.services.planning.estimates import plan
from engine.serving.process.admission import Placement, Running, Wanted, place
from storage.job_tables import Job
from storage.queries.jobs import active_jobs

log = logging.getLogger("tunesmith.chat")


def spared(ctx: Context, devices: Sequence[Device], active: Sequence[Job]) -> list[Device]:
    """The devices, less what the jobs that train on them are planned to take but do not hold yet."""
    growth = {job.lane: _growth_mb(ctx, job) for job in active if known_kind(job.kind).plans_memory}
    return [replace(device, free_mb=max(0, device.free_mb - growth.get(device.key, 0))) for device in devices]


def placed_alone(ctx: Context, job: Job, wanted: Wanted) -> Placement:
    """Where a job holds models of its own on its device, by the rules of the chat. Raises Fault where they do not fit."""
    with ctx.db.read() as s:
        active = [other for other in active_jobs(s) if other.id != job.id]
    free = spared(ctx, [device_of(job.lane, devices())], active)
    return place(wanted, Running(None, False, 0, {}), free, [other.name for other in active])


def threads_beside(ctx: Context, job: Job) -> int:
    """How many of the processor's cores a job takes: half of them while others run."""
    with ctx.db.read() as s:
        alone = all(other.id == job.id for other in active_jobs(s))
    return cpu().cores if alone else max(1, cpu().cores // 2)


def _growth_mb(ctx: Context, job: Job) -> int:
    """Planned peak less what the process holds. A device's own memory is held in full from the first step on."""
    try:
        planned = plan(ctx, spec_alone(job.spec))["memory"]["total_mb"]
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
