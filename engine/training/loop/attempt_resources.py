"""What a job was planned to need and how it works through its steps now: kept in events, so that any worker can go on."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, TunesmithError
from engine.jobs.recovery import KEPT_IN, MicrobatchConfig, again, can_help, microbatch_of, spent_error
from engine.jobs.reporter import Reporter
from engine.planner.memory.corrections import MemoryRecord
from engine.planner.memory.estimate import memory_breakdown, record_of, total_mb
from engine.planner.memory.of_spec import smallest_group
from engine.planner.memory.verdict import limit_of, memory_verdict
from engine.planner.memory.workload import MB, Workload
from engine.services.planning.estimates import plan
from engine.services.planning.measured import memory_of
from engine.training.batches.counted import counts_of
from engine.training.limits.limits import OutOfMemory
from engine.training.loop.inputs import Inputs, workload_of
from storage.queries import events

_ENOUGH_LESS = 0.85  # of the memory estimate that did not do: a change must need less than that
_log = logging.getLogger(__name__)


class AttemptResources:
    """The memory estimate, the limit and the microbatches of one attempt.

    Attributes:
        work: what a microbatch holds.
        microbatch, step: how the job works through a step, and its last one; `TrainingCallback` keeps both up to date.
        peak_mb, largest: most memory that a step held, and tokens of the largest microbatch that was worked through.
    """

    def __init__(self, inputs: Inputs, reporter: Reporter) -> None:
        self.inputs, self.reporter = inputs, reporter
        self.limit_mb = limit_of(inputs.device, inputs.spec.budget.memory_mb)
        with reporter.ctx.db.read() as s:
            measured = memory_of(s, inputs.device, inputs.base.id)
            last = events.last_of(s, reporter.job_id, KEPT_IN)
        arranged = workload_of(inputs, measured)
        kept = None if last is None else microbatch_of(last.code, last.params)
        self.microbatch = self._microbatch(arranged, kept)
        self.step = self.largest = 0
        self.peak_mb = 0.0
        tokens, recompute = self.microbatch.tokens, self.microbatch.recompute
        groups = max(arranged.groups, -(-arranged.groups * arranged.tokens // max(1, tokens)))
        self.work: Workload = replace(arranged, tokens=tokens, groups=groups, recompute=recompute)

    def _microbatch(self, work: Workload, kept: MicrobatchConfig | None) -> MicrobatchConfig:
        longest = smallest_group(self.inputs.spec, counts_of(self.inputs.examples.train, self.inputs.spec), work)
        may = work.method.capabilities.checkpointing and self.inputs.spec.training["checkpointing"] == "auto"
        fresh = MicrobatchConfig(work.tokens, longest, work.recompute, may_recompute=may)
        if kept is None:
            return fresh
        tokens, recompute = min(fresh.tokens, kept.tokens), fresh.recompute or kept.recompute
        return replace(fresh, tokens=tokens, recompute=recompute, tries=kept.tries, spent_s=kept.spent_s)

    def saw(self, used_mb: float, largest: int) -> None:
        """A step held so much at its peak; the largest microbatch until now had so many tokens."""
        self.peak_mb, self.largest = max(self.peak_mb, used_mb), largest

    @property
    def record(self) -> MemoryRecord | None:
        """What the job tells of the memory estimate; None where memory ran out on the way."""
        if not self.peak_mb or not self.largest or self.microbatch.tries:
            return None
        return record_of(self.work, self.largest, self.peak_mb, "past")

    @property
    def runtime_mb(self) -> float:
        """MB of the estimate that are there before anything is loaded."""
        return sum(item.bytes for item in memory_breakdown(self.work) if item.key == "runtime") / MB

    @property
    def need_mb(self) -> int:
        """The whole estimate, in MB."""
        return total_mb(self.work)

    def told(self) -> dict[str, Any]:
        """The memory breakdown with the limit, and the smallest change that needs clearly less than the smallest groups do."""
        longest = max(1, min(self.work.tokens, self.microbatch.longest))
        least = replace(self.work, tokens=longest, groups=-(-self.work.groups * self.work.tokens // longest))
        advice = memory_verdict(least, min(self.limit_mb, round(_ENOUGH_LESS * total_mb(least))))
        items = [{"key": item.key, "mb": round(item.bytes / MB)} for item in memory_breakdown(self.work)]
        return {"need_mb": self.need_mb, "limit_mb": self.limit_mb, "items": items, "advice": advice.as_dict()}

    def tell_plan(self, ctx: Context) -> None:
        """The event that everything later is compared with."""
        told = self.told() | {"seconds": self._planned_seconds(ctx), "tokens": self.microbatch.tokens}
        self.reporter.event("info", "memory_plan", **told, footing=self.microbatch.as_dict())
        self.reporter.flush()

    def _planned_seconds(self, ctx: Context) -> float | None:
        """What the plan says of time; a job whose plan cannot be made any more runs all the same."""
        try:
            seconds: float | None = plan(ctx, self.inputs.spec.as_dict())["seconds"]
        except TunesmithError as error:
            _log.info("No time planned: %s", error)
            return None
        return seconds

    def try_again(self, error: BaseException) -> None:
        """After memory ran out: hand the job back, to go on from its last checkpoint with less.

        Raises:
            Fault: with the memory breakdown, where there is nothing left to try.
        """
        reporter, microbatch = self.reporter, self._at(error)
        if not can_help(reporter.now):
            raise Fault("training.out_of_memory_loading", **self.told()) from error
        following = None if reporter.requested() else microbatch.relieved()
        if following is None:
            fault = spent_error(self.told(), microbatch, self.step)
            raise Fault(fault["code"], **fault["params"]) from error
        following = replace(following, spent_s=microbatch.spent_s + time.monotonic() - reporter.began)
        code, params = again(following, self.step)
        reporter.event("warning", code, **params)
        reporter.hand_back()

    def _at(self, error: BaseException) -> MicrobatchConfig:
        """The microbatches with which memory ran out; a step whose groups were smaller than they might be says so."""
        if not isinstance(error, OutOfMemory):
            return self.microbatch
        return replace(self.microbatch, tokens=min(self.microbatch.tokens, int(error.params["tokens"])))
