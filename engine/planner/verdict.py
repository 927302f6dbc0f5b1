"""Whether a job fits, and the smallest change that makes it fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.hardware import Device
from engine.methods import METHODS
from engine.objectives import base_format
from engine.params import read_all
from engine.planner.memory import Workload, total_mb

TOKENS_AT_ONCE = {"cpu": 1024, "gpu": 4096}  # more is not faster
_SMALLEST_GROUP = 256
_SYSTEM_MB = 1000


@dataclass(frozen=True)
class Verdict:
    """Text key `plan.<code>`. `change`: fields of the raw spec ("training.max_length") with the value that would fit."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)
    ok: bool = False
    change: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"code": self.code, "params": self.params, "ok": self.ok, "change": self.change}


def limit_of(device: Device, budget_mb: int | None) -> int:
    """MB that a job may use: the budget, within the device; some RAM is left to the system and to the page."""
    most = device.memory_mb - (0 if device.is_gpu else min(_SYSTEM_MB, device.memory_mb // 4))
    return min(most, budget_mb or most)


def room_of(limit_mb: int, goal: str) -> int:
    """MB that groups of examples may fill up to: all, or none where the smallest memory is wanted, so that each stays small."""
    return 0 if goal == "smallest" else limit_mb


def arrange(work: Workload, longest: int, step_tokens: int, choice: str, limit_mb: int) -> Workload:
    """How a step is worked through: as many tokens at a time as suits the device and the memory, then recomputing.

    Args:
        work: its `tokens` do not matter.
        longest: tokens of the longest example; a group is never smaller.
        step_tokens: most tokens that one optimizer step can have.
        choice: the setting "checkpointing".
    """
    work = replace(work, tokens=max(longest, min(step_tokens, TOKENS_AT_ONCE["gpu" if work.device.is_gpu else "cpu"])))
    while total_mb(work) > limit_mb and work.tokens > max(longest, _SMALLEST_GROUP):
        work = replace(work, tokens=max(longest, work.tokens // 2))
    return replace(work, recompute=decide_recompute(work, choice, limit_mb))


def decide_recompute(work: Workload, choice: str, limit_mb: int) -> bool:
    """Whether to recompute activations: as chosen, or with "auto" only when memory is short."""
    if not work.method.capabilities.checkpointing or choice == "off":
        return False
    return choice == "on" or total_mb(replace(work, recompute=False)) > limit_mb


def memory_verdict(work: Workload, limit_mb: int) -> Verdict:
    """Fits, or what would: recomputing, shorter examples, a method that needs less, or none of these."""
    need = total_mb(work)
    numbers = {"need_mb": need, "limit_mb": limit_mb}
    if need <= limit_mb:
        return Verdict("verdict.fits", numbers, ok=True)
    for code, params, change, other in _changes(work):
        if total_mb(other) <= limit_mb:
            return Verdict(code, {**numbers, **params, "then_mb": total_mb(other)}, change=change)
    return Verdict("verdict.smaller_model", numbers)


def _changes(work: Workload) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], Workload]]:
    """Changes from small to large."""
    recompute = {"training.checkpointing": "on"}
    saved = work
    if work.method.capabilities.checkpointing and not work.recompute:
        saved = replace(work, recompute=True)
        yield "verdict.recompute", {}, recompute, saved
    length = 1 << (work.tokens - 1).bit_length() - 1
    while length >= _SMALLEST_GROUP:
        yield (
            "verdict.shorter",
            {"max_length": length},
            {"training.max_length": length} | (recompute if saved is not work else {}),
            replace(saved, tokens=length),
        )
        length //= 2
    for method in METHODS:
        if method is work.method or not method.recommended:
            continue
        values, _faults = read_all(method.params, {}, "method")
        held = base_format(method.defaults)
        other = replace(saved, method=method, values=values, quantisation=held)
        change = {"method": method.key, "training.checkpointing": "on" if saved.recompute else "auto"}
        yield "verdict.method", {"method": method.label.as_dict()}, change, other


def time_verdict(seconds: float, minutes: float | None, epochs: float) -> Verdict | None:
    """What to say when the job takes longer than the limit; None when it does not."""
    if minutes is None or seconds <= minutes * 60:
        return None
    fewer = epochs * minutes * 60 / seconds
    fewer = float(int(fewer)) if fewer >= 1 else round(fewer, 2)
    params = {"minutes": round(seconds / 60, 1), "limit_minutes": minutes, "epochs": fewer}
    if fewer <= 0:
        return Verdict("verdict.time_short", {"minutes": params["minutes"], "limit_minutes": minutes})
    return Verdict("verdict.time", params, change={"training.epochs": fewer})


def disk_verdict(need_mb: float, free_mb: float) -> Verdict | None:
    """What to say when checkpoints and the result would fill the disk; None when they do not."""
    if need_mb <= free_mb:
        return None
    return Verdict("verdict.disk", {"need_mb": round(need_mb), "free_mb": round(free_mb)})
