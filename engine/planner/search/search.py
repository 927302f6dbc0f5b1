"""From a budget to ranked complete plans: every sensible combination gets the same estimate as a job's own plan.

What is tried: each recommended method, on the base as it is and quantised where the method and the device can, with the
optimizers whose quality is known, at the shortest limits that cut no, 1 % or 5 % of the examples, as many passes as the time
allows and as many checkpoints as the disk allows. How a step is worked through follows from the memory (`arrange`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import floor
from typing import Any

from engine.core.params import read_all
from engine.core.shapes import Change
from engine.data.templates.lengths import Counts
from engine.devices import kind_of, precision_for
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.objectives import objective_of
from engine.objectives.declaration import Objective
from engine.planner.budget.goals import GOOD_ENOUGH, Learning, quality
from engine.planner.memory.estimate import total_mb
from engine.planner.memory.ram import fits_ram
from engine.planner.memory.unfit import unfit
from engine.planner.memory.workload import Workload
from engine.planner.plan_estimate import PlanCase, disk_mb_of, duration_of_case, workload
from engine.planner.search.candidates import WITHOUT_TRAINING, Candidate, candidates_for
from engine.planner.time.speed import steps_of
from engine.planner.warnings import DAY, least_passes

_CUTS = (0.0, 0.01, 0.05)  # shares of the examples that may be cut
_ORDER = {method.key: place for place, method in enumerate(METHODS)}
_CLEARLY_SHORTER = 0.8  # of the next longer limit; for less nothing is worth cutting
_LENGTH_STEP = 16
_FEWER_PASSES = (2.0, 1.0, 0.5)  # tried besides the method's own number
IN_TIME = 0.98  # share of the time limit that is planned for
SEARCHED = ("max_length", "batch_size", "epochs", "quantisation", "optimizer", "trained_format", "offload", "checkpointing", "evaluations", "keep_checkpoints")  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A complete job with its numbers, which are those of the plan that the page shows once it is taken over.

    Attributes:
        case, work: the complete spec with what it names; one step as memory sees it.
        train: the training rows under the plan's limits.
        seconds, training_s: the whole job, and its training alone.
        memory_mb, disk_mb: MB of memory at the peak; MB of disk when the job needs most.
        quality: what can be expected of it, from 0 to 1 (`goals.quality`).
        passes: over the data that are the method's own; it may have fewer.
    """

    case: PlanCase
    work: Workload
    train: Counts
    seconds: float
    training_s: float
    memory_mb: int
    disk_mb: float
    quality: float
    passes: float

    @property
    def method(self) -> Method:
        """What it trains with."""
        return self.work.method

    @property
    def epochs(self) -> float:
        """Passes over the data."""
        return float(self.case.spec.training["epochs"])

    @property
    def whole(self) -> bool:
        """Whether it has all passes of the method."""
        return self.epochs >= self.passes

    @property
    def late(self) -> bool:
        """Whether it takes over a day, and nobody allowed for that."""
        return self.seconds > DAY and self.case.spec.budget.minutes is None

    @property
    def max_length(self) -> int:
        """Limit of an example, in tokens."""
        return int(self.case.spec.training["max_length"])

    @property
    def steps(self) -> int:
        """Optimizer steps."""
        return steps_of(self.train.rows, self.case.pace) if self.method.capabilities.trains else 0

    @property
    def stored(self) -> int:
        """Numbers in the result."""
        return self.method.numbers_stored(self.work.shape, self.work.values)

    @cached_property
    def settled(self) -> tuple[Any, ...]:
        """Decides between plans of the same score."""
        training = self.case.spec.training
        rest = (str(training[key]) for key in SEARCHED)
        return self.memory_mb, self.seconds, _ORDER[self.method.key], *rest

    def changes(self, own: Mapping[str, Any], kept: Sequence[str] = ()) -> dict[str, Any]:
        """What puts the plan into a draft, by field.

        Args:
            own: settings of this method that the draft has already.
            kept: keys of other settings of training that the draft has already.
        """
        spec = self.case.spec
        settings = {f"training.{key}": spec.training[key] for key in (*SEARCHED, *kept)}
        return {"method": spec.method} | settings | {f"method.{key}": value for key, value in own.items()}


@dataclass(frozen=True)
class Search:
    """What is asked.

    Attributes:
        base: the data, the device, the limits, and the settings of training that are not searched for.
        own: the user's own settings of methods, by method.
        kept: which of the settings of training are the user's own.
    """

    base: PlanCase
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    kept: Sequence[str] = ()

    def changes_of(self, plan: Plan) -> Change:
        """What puts a plan into the user's draft, by field."""
        return plan.changes(self.own.get(plan.method.key, {}), self.kept)

    @property
    def goal(self) -> str:
        """What matters."""
        return self.base.spec.budget.goal

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Limits worth trying, longest first, within what the model was made for."""
        ordered = self.base.table.train_index.every_length
        if not ordered:
            return ()
        if self.objective.search_lengths:
            most, tokens = self.base.model.context_length, sum(ordered)
            fixed = self.objective.search_lengths
            return tuple(n for n in fixed if n <= (most or n) and n <= tokens) or fixed[-1:]
        if written := self.objective.writes(self.base.spec.training):
            return (self._enough(ordered[-1], written),)  # a cut question loses what is asked, a cut answer never ends
        wanted = [ordered[max(0, len(ordered) - 1 - int(share * len(ordered)))] for share in _CUTS]
        most = max(self.base.model.context_length or wanted[0], _LENGTH_STEP)
        kept: list[int] = []
        for length in wanted:
            rounded = min(-(-length // _LENGTH_STEP) * _LENGTH_STEP, most)
            if not kept or rounded <= _CLEARLY_SHORTER * kept[-1]:
                kept.append(rounded)
        return tuple(kept)

    def _enough(self, longest: int, written: int) -> int:
        """A limit that holds the longest question and an answer to it, of which neither may take more than half where it is short."""
        wanted = -(-max(longest + written, 2 * written) // _LENGTH_STEP) * _LENGTH_STEP
        return min(wanted, max(self.base.model.context_length or wanted, _LENGTH_STEP))

    @property
    def objective(self) -> Objective:
        """What the plans optimise."""
        return objective_of(self.base.spec.objective)

    def counts(self, length: int, **settings: Any) -> Counts:
        """What training sees of the train rows under another limit of length, and with other settings."""
        training = {**self.base.spec.training, "max_length": length, **settings}
        return self.objective.counts(self.base.table.train_index, training)

    def left_out(self, plan: Plan) -> int:
        """Rows that a plan's limit of length leaves out, or without an answer because that is behind the cut."""
        lengths = self.base.table.train_index.every_length
        if not lengths or self.objective.search_lengths:
            return plan.train.dropped
        never = self.counts(lengths[-1]).unlearnable
        return plan.train.dropped + max(0, plan.train.unlearnable - never)

    @cached_property
    def found(self) -> list[Plan]:
        """Every plan that keeps to all limits, as the goal ranks them."""
        return ranked(self.fitting(self.lengths), self.goal)

    def fitting(self, lengths: Sequence[int], trains: bool = True) -> list[Plan]:
        """Plans within all limits at these lengths."""
        return [plan for candidate in self.candidates(lengths, trains) for plan in _paced(candidate) if fits(plan)]

    def candidates(self, lengths: Sequence[int], trains: bool = True) -> Iterator[PlanCase]:
        """Complete specs at each method's own pace, without a look at the limits."""
        for candidate in candidates_for(self.goal, kind_of(self.base.device)) if trains else WITHOUT_TRAINING:
            if any(True for _ in self.objective.refusals(candidate.method)):
                continue
            case = self._case(candidate)
            cut = (_with(case, max_length=length) for length in lengths)
            yield from (one for one in cut if not _refused(one, candidate.method))

    def _case(self, one: Candidate) -> PlanCase:
        """The base, trained as a candidate says."""
        base, method = self.base, one.method
        values, _ = read_all(method.params, self.own.get(method.key, {}), "method")
        kept = {
            k: v
            for k, v in base.spec.training.items()
            if k not in SEARCHED and k not in method.defaults.keys() - self.objective.own
        }
        wanted = {"quantisation": one.held.key, "checkpointing": one.checkpointing, **one.update_settings}
        wanted["batch_size"] = base.spec.training["batch_size"]
        training, _ = read_all(self.objective.params_of(method, self._shape.parameters), kept | wanted, "training")
        spec = replace(base.spec, method=method.key, method_params=values, training=training)
        return replace(base, spec=spec, known_shape=self._shape)

    @cached_property
    def _shape(self) -> ModelShape:
        return self.base.shape


def _refused(case: PlanCase, method: Method) -> bool:
    """Whether the method cannot do this on the model."""
    steps = steps_of(case.counts()[0].rows, case.pace)
    if unfit(kind_of(case.device), case.spec.training, precision_for(case.device)):
        return True
    return bool(refused(method, case.shape, case.spec.method_params, case.spec.training, steps))


def fits(plan: Plan) -> bool:
    """Whether a plan keeps to its memory, time and disk, and anything is left to learn from."""
    case, minutes = plan.case, plan.case.spec.budget.minutes
    in_time = minutes is None or plan.seconds <= minutes * 60
    has_room = fits_ram(plan.work, case.ram_mb)
    return (
        has_room
        and bool(plan.train.rows)
        and plan.memory_mb <= case.limit_mb
        and in_time
        and plan.disk_mb <= case.disk_limit_mb
    )


def ranked(plans: Sequence[Plan], goal: str) -> list[Plan]:
    """Best first. The order never depends on the order of `plans`."""
    return sorted(plans, key=lambda plan: (score(plan, goal), plan.settled))


def best(plans: Sequence[Plan], goal: str) -> Plan:
    """The first of `ranked`."""
    return min(plans, key=lambda plan: (score(plan, goal), plan.settled))


def score(plan: Plan, goal: str) -> tuple[float, ...]:
    """Smaller is better. What takes over a day comes last; for speed and size, plans that learn well enough come before others."""
    poor, late = float(plan.quality < GOOD_ENOUGH), 2.0 * plan.late
    if goal == "fastest":
        return poor + late, round(plan.seconds, 3), -plan.quality
    if goal == "smallest":
        return poor + late, plan.memory_mb, -round(plan.quality, 3), plan.stored
    return late, -round(plan.quality, 3), round(plan.seconds, 3)


# ---------------------------------------------------------------- how many passes


def _paced(case: PlanCase) -> Iterator[Plan]:
    """A candidate with as many passes as the time allows, at most the method's own number, and with fewer."""
    train, val = case.counts()
    if not train.rows:
        return
    work = workload(case, train)
    memory_mb = total_mb(work)
    if memory_mb > case.limit_mb:
        return
    usual = _plan(_on_disk(case, work, train, val), work, memory_mb, case.pace.epochs)
    if not work.method.capabilities.trains:
        yield usual
        return
    first = _in_time(usual)
    if first is None:
        return
    yield first
    yield from (_at(first, passes) for passes in _FEWER_PASSES if least_passes(train.rows) <= passes < first.epochs)


def _plan(case: PlanCase, work: Workload, memory_mb: int, passes: float) -> Plan:
    train, val = case.counts()
    time = duration_of_case(case, work, train, val)
    disk_mb, expected = disk_mb_of(case, work, train, val), _quality(case, work, train)
    return Plan(case, work, train, time.seconds, time.parts["training"], memory_mb, disk_mb, expected, passes)


def _at(plan: Plan, epochs: float) -> Plan:
    """The same plan with another number of passes; only the training itself takes more or less time."""
    case = _with(plan.case, epochs=epochs)
    training = plan.training_s * epochs / plan.epochs
    seconds = plan.seconds - plan.training_s + training
    expected = _quality(case, plan.work, plan.train)
    return replace(plan, case=case, seconds=seconds, training_s=training, quality=expected)


def _with(case: PlanCase, **settings: Any) -> PlanCase:
    return replace(case, spec=replace(case.spec, training={**case.spec.training, **settings}))


def _in_time(usual: Plan) -> Plan | None:
    """The most passes that the time allows, with fewer checks where that leaves clearly more for training."""
    if fits(usual):
        return usual
    checks = int(usual.case.spec.training["evaluations"])
    found = _most(usual)
    if checks > 1:
        hurried = _most(_plan(_with(usual.case, evaluations=1), usual.work, usual.memory_mb, usual.passes))
        if hurried is not None and (found is None or hurried.epochs > 1.5 * found.epochs):
            found = hurried
    return found


def _most(plan: Plan) -> Plan | None:
    """As many passes of a plan as fit; None where not even the fewest do."""
    minutes, around = plan.case.spec.budget.minutes, plan.seconds - plan.training_s
    epochs = plan.epochs if minutes is None else plan.epochs * (IN_TIME * minutes * 60 - around) / plan.training_s
    epochs = min(plan.epochs, float(int(epochs)) if epochs >= 1 else floor(epochs * 100) / 100)
    if epochs < least_passes(plan.train.rows):
        return None
    fewer = _at(plan, epochs)
    return fewer if fits(fewer) else None


def _on_disk(case: PlanCase, work: Workload, train: Counts, val: Counts) -> PlanCase:
    """As many checkpoints as the disk has room for, at least one."""
    for keep in range(int(case.spec.training["keep_checkpoints"]), 0, -1):
        fewer = _with(case, keep_checkpoints=keep)
        if disk_mb_of(fewer, work, train, val) <= case.disk_limit_mb:
            break
    return fewer


def _quality(case: PlanCase, work: Workload, train: Counts) -> float:
    all_rows = max(1, train.rows + train.dropped + train.unlearnable)
    learning = Learning(
        whole=max(0.0, (train.rows - train.truncated) / all_rows),
        examples=train.rows,
        trained_tokens=train.trained,
        trainable=work.trained,
        epochs=case.pace.epochs,
    )
    return quality(work.method, work.base_format, work.optimizer, learning, work.held)
