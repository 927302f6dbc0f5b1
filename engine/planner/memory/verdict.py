"""Whether a job fits, and the smallest change that makes it fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.base_formats import base_format
from engine.base_formats import searched as searched_formats
from engine.base_formats.as_is import AS_IS
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.methods import METHODS
from engine.methods.common.refusals import refused
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.optimizers import offload, trained_format
from engine.optimizers import searched as searched_optimizers
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.leaner import leaner_updates
from engine.planner.memory.reserve import reserve_of
from engine.planner.memory.sizes import COMMON_SIZES
from engine.planner.memory.unfit import unfit
from engine.planner.memory.workload import Workload
from engine.shapes.plans import VerdictView

FITS = "verdict.fits"  # the code of a verdict that there is nothing to add to
_SMALLEST_GROUP = 256
_RECOMPUTE = {"training.checkpointing": "on"}
_HALVINGS_FIRST = 2  # of the length, before anything else is changed


@dataclass(frozen=True)
class Verdict:
    """Text key `plan.<code>`. `change`: fields of the raw spec ("training.max_length") with the value that would fit."""

    code: str  # of the sentence
    params: dict[str, Any] = field(default_factory=dict)  # of the sentence
    ok: bool = False  # the job can be started
    change: dict[str, Any] = field(default_factory=dict)  # empty where no such value is known

    def as_dict(self) -> VerdictView:
        """The JSON form."""
        return {"code": self.code, "params": self.params, "ok": self.ok, "change": self.change}


def limit_of(device: Device, budget_mb: int | None) -> int:
    """MB that a job may use: the budget, within the device less what is left to others."""
    most = max(0, device.memory_mb - device.driver_mb - reserve_of(device))
    return min(most, budget_mb or most)


def room_of(limit_mb: int, goal: str) -> int:
    """MB that groups of examples may fill up to: all, or none where the smallest memory is wanted, so that each stays small."""
    return 0 if goal == "smallest" else limit_mb


def arrange(
    work: Workload, longest: int, step_tokens: int, choice: str, limit_mb: int, *, row: int | None = None
) -> Workload:
    """How a step is worked through: as many tokens at a time as suits the device and the memory, then recomputing.

    Args:
        work: its `tokens` do not matter.
        longest: tokens of the longest example; a group is never smaller.
        step_tokens: most tokens that one optimizer step can have.
        choice: the setting "checkpointing".
        row: tokens of the longest sequence, where an example is several of them.
    """
    sequence = longest if row is None else row
    fewest = max(longest, _SMALLEST_GROUP)
    most = max(longest, min(step_tokens, work.kind.tokens_at_once))
    work = _grouped(work, most if limit_mb > 0 else min(most, fewest), sequence, step_tokens)
    need = total_mb(work) if limit_mb > 0 else 1
    while need > limit_mb and work.tokens > fewest:
        work = _grouped(work, max(fewest, work.tokens // 2), sequence, step_tokens)
        need = total_mb(work)
    return replace(work, recompute=_recomputes(work, choice, short=need > limit_mb))


def _grouped(work: Workload, tokens: int, longest: int, step_tokens: int) -> Workload:
    return replace(work, tokens=tokens, longest=longest, groups=max(1, -(-step_tokens // max(1, tokens))))


def _recomputes(work: Workload, choice: str, *, short: bool) -> bool:
    """Whether to recompute activations: as chosen, or with "auto" only when memory is short."""
    if not work.method.capabilities.checkpointing or choice == "off":
        return False
    return choice == "on" or short


def memory_verdict(
    work: Workload, limit_mb: int, again: Callable[[Mapping[str, Any]], Workload | None] | None = None
) -> Verdict:
    """Fits, or what would: recomputing, shorter examples, a quantised base, a leaner optimizer or method, or a smaller model.

    Args:
        again: what a job holds that has taken the change over, None where it cannot; without it the change is believed.
    """
    need = total_mb(work)
    numbers = {"need_mb": need, "limit_mb": limit_mb}
    if need <= limit_mb:
        return Verdict(FITS, numbers, ok=True)
    for code, params, change, other in _changes(work):
        then = other if again is None or total_mb(other) > limit_mb else again(change)
        if then is not None and total_mb(then) <= limit_mb:
            return Verdict(code, {**numbers, **params, "then_mb": total_mb(then)}, change=change)
    largest = largest_fitting(work, limit_mb)
    if largest:
        return Verdict("verdict.smaller_model", {**numbers, "parameters": largest})
    return Verdict("verdict.no_model", numbers)


Change = tuple[
    str, dict[str, Any], dict[str, Any], Workload
]  # text key, its params, values by field, what is then held


def _changes(work: Workload) -> Iterator[Change]:
    """Changes from small to large."""
    saved = work
    if work.method.capabilities.checkpointing and not work.recompute:
        saved = replace(work, recompute=True)
        yield "verdict.recompute", {}, _RECOMPUTE, saved
    also = _RECOMPUTE if saved is not work else {}
    shorter = list(_shorter(saved, also))
    yield from shorter[:_HALVINGS_FIRST]
    yield from _leaner(saved, also)
    yield from shorter[_HALVINGS_FIRST:]
    yield from _other_methods(saved)
    for _code, said, change, work_then in shorter:
        yield from _quantised(work_then, change, said)


def _shorter(work: Workload, also: dict[str, Any]) -> Iterator[Change]:
    length = 1 << (work.tokens - 1).bit_length() - 1
    while length >= _SMALLEST_GROUP:
        change = {"training.max_length": length} | also
        yield "verdict.shorter", {"max_length": length}, change, replace(work, tokens=length)
        length //= 2


def _leaner(work: Workload, also: dict[str, Any]) -> Iterator[Change]:
    """The same method on a quantised base, then with an optimizer that keeps less."""
    yield from _quantised(work, also)
    for optimizer in searched_optimizers()[1:]:
        other = replace(work, optimizer=optimizer)
        if work.method.capabilities.trains and work.optimizer is not optimizer and _works(other):
            named = {"optimizer": optimizer.label.as_dict()}
            yield "verdict.optimizer", named, {"training.optimizer": optimizer.key} | also, other
    for said, other in leaner_updates(work):
        if _works(other):
            change = {f"training.{key}": value for key, value in other.update_settings.items()}
            yield "verdict.updates", said, change | also, other


def _quantised(work: Workload, also: dict[str, Any], shorter: Mapping[str, Any] | None = None) -> Iterator[Change]:
    """The same method on a quantised base, and on `shorter` examples where they are cut as well."""
    code = "verdict.quantised_shorter" if shorter else "verdict.quantised"
    for held in searched_formats():
        other = replace(work, base_format=held)
        if held.quantised and work.method.capabilities.quantised_base and work.base_format is AS_IS and _works(other):
            yield code, {"bits": held.bits, **(shorter or {})}, {"training.quantisation": held.key} | also, other


def _works(work: Workload) -> bool:
    usual = {param.key: param.default for param in usual_objective().params_for(work.method.defaults)}
    training = usual | work.update_settings | {"quantisation": work.base_format.key}
    return not (unfit(work.kind, training, work.precision) or refused(work.method, work.shape, work.values, training))


def _other_methods(work: Workload) -> Iterator[Change]:
    for method in METHODS:
        if method is work.method or not method.recommended:
            continue
        values, _faults = read_all(method.params, {}, "method")
        held = base_format(method.defaults)
        if held.not_on(work.kind) is not None:
            continue
        other = replace(work, method=method, values=values, base_format=held)
        again = "on" if work.recompute and method.capabilities.checkpointing else "auto"
        change = {"method": method.key, "training.checkpointing": again}
        if not method.trains_matrices and (work.held.rounded or work.moved.state):  # it has nothing to hold or move so
            other = replace(other, held=trained_format.FP32, moved=offload.NOTHING)
            change |= {
                f"training.{trained_format.SETTING}": other.held.key,
                f"training.{offload.SETTING}": other.moved.key,
            }
        yield "verdict.method", {"method": method.label.as_dict()}, change, other


def largest_fitting(work: Workload, limit_mb: int) -> str | None:
    """Parameters of the largest common size of model ("8B") that fits instead; None where not even the smallest does."""
    for config in COMMON_SIZES:
        shape = shape_of(config)
        if total_mb(replace(work, shape=shape, tokens=min(work.tokens, _SMALLEST_GROUP))) <= limit_mb:
            return in_billions(shape.parameters)
    return None


def in_billions(parameters: int) -> str:
    """A number of parameters as models are named by it: "0.13B", "8B"."""
    return f"{parameters / 1e9:.2g}B"


@dataclass(frozen=True)
class FewerFiles:
    """A change with which the disk has room for what a job writes."""

    change: dict[str, Any]  # settings of training
    keep: int  # checkpoints that are kept then
    then_mb: float  # that are written then


def disk_verdict(need_mb: float, free_mb: float, fewer: FewerFiles | None = None) -> Verdict | None:
    """What to say when checkpoints and the result would fill the disk; None when they do not."""
    if need_mb <= free_mb:
        return None
    numbers = {"need_mb": round(need_mb), "free_mb": round(free_mb)}
    if fewer is None:
        return Verdict("verdict.disk", numbers)
    change = {f"training.{key}": value for key, value in fewer.change.items()}
    code = "verdict.disk_last" if "model_from" in fewer.change else "verdict.disk_fewer"
    return Verdict(code, {**numbers, "keep": fewer.keep, "then_mb": round(fewer.then_mb)}, change=change)
