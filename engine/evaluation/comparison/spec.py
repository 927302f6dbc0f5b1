"""What a comparison is: who takes part, what is held equal, and the training jobs that come of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from engine.core.errors import Fault, SpecError
from engine.core.params import Param, read_all
from engine.core.shapes import Faults
from engine.core.text import Text
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method, Variant
from engine.methods.common.rates import defaults_for
from engine.objectives import OBJECTIVES, objective_of, usual_objective
from engine.objectives.declaration import Objective
from engine.rewards import check_rewards, read_rewards
from engine.rewards.similarity import SIMILARITY

MOST_ENTRANTS, MOST_SEEDS = 60, 5
_VERSION = 1
_HELD_EQUAL = (
    "epochs",
    "batch_size",
    "max_length",
    "over_length",
    "train_on",
    "teach_end",
    "thinking",
    "open_ends",
    "evaluations",
    "scored_answers",
    "seed",
)
_TIMED = ("schedule", "warmup")
_SPARE = 10.0  # times as many passes as the estimate says fit into the time: the clock ends the job, not the schedule
_LEAST_TRAINED = (
    0.3  # of the time: extras before and after the steps have their shares of a limit, whatever they would take
)
_WARMUP_STEPS = 10
_BOUNDS = {param.key: param for param in usual_objective().params}


def _same(key: str, default: Any = None, **changes: Any) -> Param:
    """A setting of the objective, as the comparison has it for everybody."""
    param = _BOUNDS[key]
    return replace(param, default=param.default if default is None else default, **changes)


PARAMS: tuple[Param, ...] = (
    Param(
        key="held", kind="choice", default="tokens", advanced=False,
        choices={"tokens": Text("evaluation.comparison.spec.held.choices.tokens"), "time": Text("evaluation.comparison.spec.held.choices.time")},
        label=Text("evaluation.comparison.spec.held.label"),
        help=Text("evaluation.comparison.spec.held.help"),
    ),
    _same("epochs"),
    Param(
        key="minutes", kind="float", default=5.0, minimum=0.1, maximum=100_000, step=1, advanced=False,
        label=Text("evaluation.comparison.spec.minutes.label"), unit=Text("evaluation.comparison.spec.minutes.unit"),
        help=Text("evaluation.comparison.spec.minutes.help"),
    ),
    Param(
        key="seeds", kind="int", default=1, minimum=1, maximum=MOST_SEEDS, step=1, advanced=False,
        label=Text("evaluation.comparison.spec.seeds.label"),
        help=Text("evaluation.comparison.spec.seeds.help"),
        usual=Text("evaluation.comparison.spec.seeds.usual"),
    ),
    _same("scored_answers", 20, advanced=False, usual=Text("evaluation.comparison.spec.scored_answers.usual")),
    _same("batch_size", advanced=True),
    _same("max_length", advanced=True),
    _same("evaluations", minimum=1),
    _same("seed"),
)  # fmt: skip


@dataclass(frozen=True)
class Entrant:
    """A method, perhaps in one of its variants, with settings of its own where the user gave some.

    Attributes:
        key: its name in the comparison (`entrant_key`).
        method: key of the method.
        variant: key of one of its variants; None for the plain method.
        method_params: settings of the method, over those of the variant.
        training: settings of training that this entrant alone has.
        objective: key of what it optimises; None in a comparison of methods, which all imitate.
    """

    key: str
    method: str
    variant: str | None = None
    method_params: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    objective: str | None = None

    @property
    def declared(self) -> tuple[Method, Variant | None]:
        """The method and the variant. Raises Fault("method.unknown")."""
        method = method_of(self.method)
        return method, next((one for one in method.variants if one.key == self.variant), None)

    def label(self, language: str) -> str:
        """Its name for people; its key where this version does not know it."""
        try:
            method, variant = self.declared
            if self.objective:
                return objective_of(self.objective).label.in_(language)
        except Fault:
            return self.key
        return (variant or method).label.in_(language)


@dataclass(frozen=True)
class ComparisonSpec:
    """One comparison, exactly as it runs.

    Attributes:
        name: what the user calls it.
        base_model, dataset: their ids.
        entrants: what is compared; each trains once a seed.
        shared: values of `PARAMS`, the same for all.
        device: "auto", or key of a device.
        memory_mb: limit of each job in MB; None for the machine's.
        parameters: of the base model, which learning rates follow; None in comparisons of before they did.
        judged_by: rewards that say which of two answers is better, in a comparison of objectives.
        version: of this form of the spec.
    """

    name: str
    base_model: int
    dataset: int
    entrants: tuple[Entrant, ...]
    shared: Mapping[str, Any]
    device: str = "auto"
    memory_mb: int | None = None
    dataset_hash: str = ""  # set by the service: entrants that join later train on the same rows
    parameters: int | None = None  # set by the service
    judged_by: tuple[Mapping[str, Any], ...] = ()
    version: int = _VERSION

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        entrants = [asdict(entrant) for entrant in self.entrants]
        return asdict(self) | {"entrants": entrants, "judged_by": [dict(one) for one in self.judged_by]}

    @property
    def of_objectives(self) -> bool:
        """Whether objectives are compared, and not methods."""
        return any(entrant.objective for entrant in self.entrants)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that every entrant is trained with."""
        first = int(self.shared["seed"])
        return tuple(range(first, first + int(self.shared["seeds"])))


def offered() -> list[tuple[Method, Variant | None]]:
    """Everything that can take part: each method, followed by its variants."""
    return [pair for method in METHODS for pair in [(method, None), *((method, one) for one in method.variants)]]


def offered_objectives(kind: str) -> list[Objective]:
    """Those that learn from such rows as they are and whose results answer; the control is the last."""
    found = [one for one in OBJECTIVES if kind in one.learns_from and one.talks and one.online is None]
    return sorted(found, key=lambda one: one.control)


def entrant_key(method: str, variant: str | None, objective: str | None = None) -> str:
    """Name of an entrant in a comparison."""
    plain = f"{method}.{variant}" if variant else method
    return f"{plain}-{objective}" if objective else plain


def make_comparison(raw: Mapping[str, Any]) -> ComparisonSpec:
    """Check a raw form (or a stored spec) and fill in defaults.

    Raises:
        SpecError: with every fault by field; those of an entrant as "entrants.<key>.<field of its job>".
    """
    faults: Faults = {}
    for key in ("base_model", "dataset"):
        if not isinstance(raw.get(key), int):
            faults[key] = {"code": f"spec.no_{key}", "params": {}}
    shared, wrong = read_all(PARAMS, raw.get("shared") or {}, "shared")
    entrants = _with_control(_entrants(raw.get("entrants") or [], faults))
    judges, wrong_judges = check_rewards(raw["judged_by"], "judged_by") if raw.get("judged_by") else ((), {})
    faults |= wrong_judges
    name = str(raw.get("name") or "").strip()[:80]
    if not name:
        faults["name"] = {"code": "param.missing", "params": {}}
    if faults := faults | wrong:
        raise SpecError(faults)
    memory = raw.get("memory_mb")
    spec = ComparisonSpec(
        name, raw["base_model"], raw["dataset"], entrants, shared, str(raw.get("device") or "auto"),
        None if memory in (None, "") else memory, str(raw.get("dataset_hash") or ""),
        raw["parameters"] if type(raw.get("parameters")) is int else None,
        tuple(one.as_dict() for one in judges) or _usual_judges(entrants),
    )  # fmt: skip
    job_specs(spec, {})
    return spec


def stored_comparison(stored: Mapping[str, Any]) -> ComparisonSpec:
    """A spec as it was stored, unchecked: what has run can be looked at, whatever this version would refuse."""
    read = {
        "entrants": tuple(Entrant(**one) for one in stored["entrants"]),
        "judged_by": tuple(stored.get("judged_by") or ()),
    }
    return ComparisonSpec(**{**stored, **read})


def _usual_judges(entrants: Sequence[Entrant]) -> tuple[Mapping[str, Any], ...]:
    """Of a comparison of objectives: which answer is more like the better one of its row."""
    usual = {"reward": SIMILARITY.key, "weight": 1.0, "values": {}}
    return tuple(one.as_dict() for one in read_rewards([usual])) if any(one.objective for one in entrants) else ()


def _with_control(entrants: tuple[Entrant, ...]) -> tuple[Entrant, ...]:
    """With the objective that the others are held against, by the method of the first, where objectives are compared."""
    control = next((one for one in OBJECTIVES if one.control), None)
    first = next((one for one in entrants if one.objective), None)
    if control is None or first is None or any(one.objective == control.key for one in entrants):
        return entrants
    key = entrant_key(first.method, first.variant, control.key)
    return *entrants, Entrant(key, first.method, first.variant, first.method_params, objective=control.key)


def _entrants(raw: Any, faults: Faults) -> tuple[Entrant, ...]:
    known = {(method.key, variant.key if variant else None) for method, variant in offered()}
    found: dict[str, Entrant] = {}
    for one in raw:
        method, variant = str(one.get("method") or ""), one.get("variant") or None
        objective = one.get("objective") or None
        key = entrant_key(method, variant, objective)
        if (method, variant) not in known or (objective and objective not in {each.key for each in OBJECTIVES}):
            faults[f"entrants.{key}"] = {"code": "comparison.unknown_entrant", "params": {"name": key[:60]}}
            continue
        held = sorted(set(one.get("training") or {}) & set(_HELD_EQUAL))
        if held:
            faults[f"entrants.{key}.training.{held[0]}"] = {"code": "comparison.held_equal", "params": {"key": held[0]}}
        found[key] = Entrant(
            key, method, variant, dict(one.get("method_params") or {}), dict(one.get("training") or {}), objective
        )
    if not found and not faults:
        faults["entrants"] = {"code": "comparison.no_entrants", "params": {}}
    if len(found) > MOST_ENTRANTS:
        faults["entrants"] = {"code": "comparison.too_many", "params": {"most": MOST_ENTRANTS}}
    return tuple(found.values())


class OnePass(NamedTuple):
    """What is estimated of an entrant's job."""

    seconds: float  # of one pass over the data
    steps: float  # of it
    around: float = 0.0  # seconds of everything besides steps


def raw_job(spec: ComparisonSpec, entrant: Entrant, seed: int, epoch: OnePass | None = None) -> dict[str, Any]:
    """The form of one entrant's training job.

    Args:
        epoch: one pass over the data, for a comparison by time.
    """
    method, variant = entrant.declared
    own = _defaults(entrant, method, spec.parameters)
    own |= dict(variant.training) if variant else {}
    own = {key: value for key, value in (own | dict(entrant.training)).items() if key not in _HELD_EQUAL}
    shared = {key: spec.shared[key] for key in _HELD_EQUAL if key in spec.shared} | {"seed": seed}
    by_time = spec.shared["held"] == "time"
    if by_time:
        shared |= _until_the_clock(spec.shared, epoch or OnePass(1.0, 1.0))
    return {
        "name": spec.name,
        "base_model": spec.base_model,
        "dataset": spec.dataset,
        "method": entrant.method,
        "method_params": (dict(variant.values) if variant else {}) | dict(entrant.method_params),
        "training": own | _had(entrant, shared),
        "objective": entrant.objective or usual_objective().key,
        "budget": {
            "device": spec.device,
            "memory_mb": spec.memory_mb,
            "minutes": spec.shared["minutes"] if by_time else None,
        },
    }


def _defaults(entrant: Entrant, method: Method, parameters: int | None) -> dict[str, Any]:
    """What the method changes in the settings, on a base of so many parameters."""
    if entrant.objective:
        return dict(objective_of(entrant.objective).defaults_of(method, parameters))
    return dict(defaults_for(method, parameters)) if parameters else {}


def _had(entrant: Entrant, shared: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is the same for all, what the entrant's objective has."""
    if not entrant.objective:
        return dict(shared)
    known = {param.key for param in objective_of(entrant.objective).params}
    return {key: value for key, value in shared.items() if key in known}


def _until_the_clock(shared: Mapping[str, Any], epoch: OnePass) -> dict[str, Any]:
    """Settings for a job that the clock ends: enough passes, a short warm-up, and checks as often as fit."""
    whole, steps = 60.0 * float(shared["minutes"]), epoch.steps
    fitting = max(_LEAST_TRAINED * whole, whole - epoch.around) / max(epoch.seconds, 1e-3)
    most = float(_BOUNDS["epochs"].maximum or 1.0)
    passes = min(most, max(1.0, _SPARE * fitting))
    checks = round(int(shared["evaluations"]) * max(1.0, passes / max(fitting, 1e-3)))
    return {
        "epochs": passes,
        "schedule": "constant_with_warmup",
        "warmup": min(0.05, _WARMUP_STEPS / max(1.0, passes * steps)),
        "evaluations": min(int(_BOUNDS["evaluations"].maximum or 1), checks),
    }


def job_specs(
    spec: ComparisonSpec,
    epochs: Mapping[str, OnePass],
    entrants: Sequence[Entrant] | None = None,
    seeds: Sequence[int] | None = None,
) -> dict[tuple[str, int], JobSpec]:
    """The checked jobs by (entrant, seed); `epochs` holds the estimates of `raw_job` by entrant.

    Raises:
        SpecError: with the faults of every entrant.
    """
    made: dict[tuple[str, int], JobSpec] = {}
    faults: Faults = {}
    for entrant in spec.entrants if entrants is None else entrants:
        for seed in spec.seeds if seeds is None else seeds:
            try:
                made[entrant.key, seed] = make_spec(raw_job(spec, entrant, seed, epochs.get(entrant.key)))
            except SpecError as error:
                faults |= named_faults(entrant.key, error.faults)
    if faults:
        raise SpecError(faults)
    return made


def named_faults(entrant: str, faults: Faults) -> Faults:
    """Faults of an entrant's job under the entrant's name; what all share keeps its own name."""
    common = ("base_model", "dataset", "budget.device", "budget.memory_mb", "name")
    return {field if field in common else f"entrants.{entrant}.{field}": fault for field, fault in faults.items()}
