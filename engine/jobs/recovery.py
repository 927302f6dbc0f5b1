"""What a job that ran out of memory tries next, and where that is kept. The worker and the queue decide alike."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from storage.job_tables import Job
from storage.queries import events

MOST_TRIES = 3
AGAIN = ("memory_retry", "memory_recompute")
KEPT_IN = ("memory_plan", "groups_halved", *AGAIN)  # events whose params have "footing"
_BEFORE_TRAINING = ("reading", "loading")  # smaller groups would not help


@dataclass(frozen=True)
class MicrobatchConfig:
    """How a job works through its steps.

    Attributes:
        tokens: most tokens of a group.
        longest: tokens of the longest example; a group is never smaller.
        recompute, may_recompute: activation recomputing is on; it could be switched on.
        tries: how often the job has gone on with less since a person started or resumed it.
        spent_s: seconds of the time limit that went into attempts which ran out of memory since then.
    """

    tokens: int
    longest: int
    recompute: bool
    may_recompute: bool
    tries: int = 0
    spent_s: float = 0.0

    def relieved(self) -> MicrobatchConfig | None:
        """The next try with less memory and the same result; None when there is none left."""
        if self.tries >= MOST_TRIES:
            return None
        if self.tokens > self.longest:
            return replace(self, tokens=max(self.longest, self.tokens // 2), tries=self.tries + 1)
        if self.may_recompute and not self.recompute:
            return replace(self, recompute=True, tries=self.tries + 1)
        return None

    def as_dict(self) -> dict[str, Any]:
        """The JSON form, as it is kept in events."""
        return asdict(self)


def microbatch_of(code: str, params: Mapping[str, Any]) -> MicrobatchConfig:
    """What the last event of `KEPT_IN` says. When a person resumed the job since then, it has all its tries again."""
    kept = MicrobatchConfig(**params["footing"])
    return kept if code in AGAIN else replace(kept, tries=0, spent_s=0.0)


def again(microbatch: MicrobatchConfig, step: int) -> tuple[str, dict[str, Any]]:
    """The event (code, params) that tells of a new try from the last checkpoint."""
    code = "memory_recompute" if microbatch.recompute else "memory_retry"
    numbers = {"step": step, "tokens": microbatch.tokens, "tries": microbatch.tries, "most": MOST_TRIES}
    return code, numbers | {"footing": microbatch.as_dict()}


def can_help(phase: str | None) -> bool:
    """Whether less memory a step would have helped in that phase of a job."""
    return phase not in _BEFORE_TRAINING


def spent_error(plan: Mapping[str, Any], microbatch: MicrobatchConfig, step: int) -> dict[str, Any]:
    """How a job fails that has nothing left to try: the memory estimate beside the limit, and the smallest change that helps.

    Args:
        plan: params of the event "memory_plan".
    """
    shown = {key: plan[key] for key in ("need_mb", "limit_mb", "items", "advice")}
    numbers = {"step": step, "tokens": microbatch.tokens, "tries": microbatch.tries}
    return {"code": "training.out_of_memory", "params": numbers | shown}


@dataclass(frozen=True)
class Recovery:
    """What becomes of a job whose worker the kernel killed.

    Attributes:
        events: (code, params) of each event that announces the new try; empty without one.
        error: {"code", "params"} with which the job fails; None where it is tried again.
    """

    events: Sequence[tuple[str, dict[str, Any]]] = ()
    error: dict[str, Any] | None = None


def recovery_of(s: Session, job: Job) -> Recovery | None:
    """The next try of a job that was killed for its memory; None where smaller steps have nothing to do with it."""
    last, planned = events.last_of(s, job.id, KEPT_IN), events.last_of(s, job.id, ("memory_plan",))
    trains = last is not None and last.attempt == job.attempt and can_help(job.phase)
    if not trains or last is None or planned is None or job.request is not None:
        return None
    microbatch = MicrobatchConfig(**last.params["footing"])
    following = microbatch.relieved()
    if following is None:
        return Recovery(error=spent_error(planned.params, microbatch, job.step))
    spent = microbatch.spent_s + max(0.0, time.time() - (job.started_at or time.time()))
    retry = again(replace(following, spent_s=spent), job.step)
    return Recovery([("memory_killed", {"step": job.step}), retry])
