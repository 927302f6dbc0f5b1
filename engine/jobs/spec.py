"""What a training job is: a frozen record, checked whole, stored whole, versioned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from engine.base_formats import base_format
from engine.core.characters import whole
from engine.core.conforming import LARGEST, shown
from engine.core.errors import Fault, SpecError
from engine.core.params import plain_number, read_all
from engine.core.shapes import CodedMessage, Faults
from engine.devices import DEVICE_KINDS, kind_named
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method
from engine.methods.common.updates import mismatched
from engine.objectives import OBJECTIVES, objective_of, usual_objective
from engine.objectives.shared_params import THINKING
from engine.planner.budget.catalogue import is_planned_only
from engine.planner.budget.goals import GOALS

SPEC_VERSION = 2
_LIMITS = ("memory_mb", "minutes", "disk_mb")


@dataclass(frozen=True)
class Budget:
    """Hardware that the job may use, and what matters. Limits that are None are the machine's.

    Attributes:
        device: "auto", "cpu", "cuda:N", or the key of a device in the catalogue, which can be planned for but not used.
        memory_mb: most memory of the device in MB.
        minutes: most time for the job, loading included.
        disk_mb: most disk space for the job in MB; plans keep to it.
        goal: "quality", "fastest" or "smallest": how plans are ranked; "smallest" also works in the smallest groups.
    """

    device: str = "auto"
    memory_mb: int | None = None
    minutes: float | None = None
    disk_mb: int | None = None
    goal: str = GOALS[0]


@dataclass(frozen=True)
class JobSpec:
    """One training job, exactly as it runs.

    Attributes:
        name: what the user calls the job, and its tuned model.
        base_model, dataset: their ids.
        method: key of the method.
        method_params: values of the method's settings.
        training: values of the objective's settings of training.
        budget: hardware that it may use.
        objective: key of the objective.
        starts_from: id of the tuned model of the same base and method that training goes on with; None for the base itself.
        version: of this form of the spec.
    """

    name: str
    base_model: int
    dataset: int
    method: str
    method_params: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    sample_prompts: tuple[str, ...] = ()  # empty: taken from held-out rows
    objective: str = OBJECTIVES[0].key
    dataset_hash: str = ""  # content of the rows when the job was started; set by the service, never by a form
    starts_from: int | None = None
    start_hash: str = ""  # weights of that model when the job was started; set by the service, never by a form
    version: int = SPEC_VERSION

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self) | {"sample_prompts": list(self.sample_prompts)}


def _budget(raw: Mapping[str, Any], faults: Faults) -> Budget:
    device, goal = str(raw.get("device") or "auto"), str(raw.get("goal") or GOALS[0])
    faults |= unknown_keys(raw, [field.name for field in fields(Budget)], "budget.")
    if device != "auto" and kind_named(device) is None and not is_planned_only(device):
        faults["budget.device"] = _unknown(device, [kind.key + ":0" * kind.several for kind in DEVICE_KINDS])
    if goal not in GOALS:
        faults["budget.goal"] = _unknown(goal, GOALS)
    memory, minutes, disk = (_limit(raw.get(key), f"budget.{key}", faults) for key in _LIMITS)
    return Budget(device, int(memory) if memory else None, minutes, int(disk) if disk else None, goal)


def unknown_keys(raw: Mapping[str, Any], known: Collection[str], area: str = "") -> Faults:
    """A fault for each key that no setting has, by field: `area` and the key."""
    unknown = [shown(key) for key in raw if key not in known]
    return {f"{area}{key}": {"code": "param.unknown", "params": {"key": key}} for key in unknown}


def unknown_objective(key: str) -> Faults:
    """The fault of an objective that this version does not have, by field; empty where it has it."""
    known = [objective.key for objective in OBJECTIVES]
    return {} if key in known else {"objective": _unknown(key, known)}


def _unknown(value: str, choices: Sequence[str]) -> CodedMessage:
    return {"code": "param.unknown_choice", "params": {"value": value[:40], "choices": list(choices)}}


def _limit(value: Any, place: str, faults: Faults) -> float | None:
    """A positive number, or None for no limit."""
    if value in (None, ""):
        return None
    number = plain_number(value)
    if number is None:
        faults[place] = {"code": "param.not_a_number", "params": {"value": shown(value)}}
    elif number <= 0:
        faults[place] = {"code": "param.too_small", "params": {"value": shown(value), "minimum": 0}}
    elif number > LARGEST:
        faults[place] = {"code": "param.too_large", "params": {"value": shown(value), "maximum": LARGEST}}
    else:
        return number
    return None


def _refused(method: Method, training: Mapping[str, Any]) -> Faults:
    """Combinations that no model could train, whatever its shape."""
    can = method.capabilities
    if base_format(training).quantised and not can.quantised_base:
        reason = can.why_not["quantised_base"].as_dict()
        return {"training.quantisation": {"code": "spec.no_quantised_base", "params": {"reason": reason}}}
    if faults := mismatched(method, training):
        return faults
    if training["checkpointing"] == "on" and not can.checkpointing:
        reason = can.why_not["checkpointing"].as_dict()
        return {"training.checkpointing": {"code": "spec.no_checkpointing", "params": {"reason": reason}}}
    return {}


def in_todays_form(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A spec of an earlier version in today's form. Version 1 had the 4-bit format among QLoRA's own settings."""
    if _version(raw) >= 2:
        return raw
    params = dict(raw.get("method_params") or {})
    kind = params.pop("quant_type", None)
    training = dict(raw.get("training") or {}) | ({"quantisation": kind} if kind else {})
    return {**raw, "method_params": params, "training": training, "version": SPEC_VERSION}


def _text(value: Any, place: str, faults: Faults) -> str:
    """A text without white space around it; numbers are taken for what they are written as."""
    if isinstance(value, list | tuple | Mapping):
        faults[place] = {"code": "param.not_text", "params": {"value": shown(value)}}
        return ""
    return "" if value is None else whole(shown(value) if isinstance(value, int) else str(value)).strip()


def _prompts(value: Any, faults: Faults) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list | tuple):
        faults["sample_prompts"] = {"code": "param.not_list", "params": {"value": shown(value)}}
        return ()
    texts = [_text(one, "sample_prompts", faults) for one in value or ()]
    return tuple(text for text in texts if text)


FIELDS = frozenset(field.name for field in fields(JobSpec))


def _version(raw: Mapping[str, Any]) -> int:
    """Of a raw form. Raises SpecError where it is no whole number."""
    number = plain_number(raw.get("version") or SPEC_VERSION)
    if number is None:
        fault: CodedMessage = {"code": "param.not_a_number", "params": {"value": shown(raw["version"])}}
        raise SpecError({"version": fault})
    return int(number)


def spec_alone(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the database holds of a training job: its spec, without what stands beside it."""
    return {key: value for key, value in stored.items() if key in FIELDS}


def make_stored(raw: Mapping[str, Any]) -> JobSpec:
    """The spec within what the database holds of a job: other kinds of jobs keep more beside it. Raises as `make_spec`.

    A job that began before its rows could be read otherwise goes on with what it had: no default is put in for that.
    """
    spec = make_spec(spec_alone(raw))
    if THINKING.key in (raw.get("training") or {}):
        return spec
    return replace(spec, training={key: value for key, value in spec.training.items() if key != THINKING.key})


def make_spec(raw: Mapping[str, Any], parameters: int | None = None) -> JobSpec:
    """Check a raw form (or a stored spec) and fill in defaults.

    Args:
        parameters: of the base model, which the default of the learning rate follows.

    Raises:
        SpecError: with every fault, by field ("training.epochs", "method.rank", "budget.minutes", "dataset" ...).
        Fault: "spec.newer" when a later version of Tunesmith wrote it.
    """
    if _version(raw) > SPEC_VERSION:
        raise Fault("spec.newer", version=shown(raw["version"]), known=SPEC_VERSION)
    raw = in_todays_form(raw)
    faults = unknown_keys(raw, FIELDS)
    for key in ("base_model", "dataset"):
        if type(raw.get(key)) is not int:
            faults[key] = {"code": f"spec.no_{key}", "params": {}}
    start = raw.get("starts_from")
    if start is not None and type(start) is not int:
        faults["starts_from"] = {"code": "start.not_an_id", "params": {"value": shown(start)}}
    key = str(raw.get("method") or "")
    if key not in {method.key for method in METHODS}:
        faults["method"] = {"code": "spec.no_method", "params": {}}
    aim = str(raw.get("objective") or usual_objective().key)
    faults |= unknown_objective(aim)
    if faults.keys() & {"method", "objective"}:
        raise SpecError(faults)
    method = method_of(key)
    method_params, wrong = read_all(method.params, raw.get("method_params") or {}, "method")
    training, more = read_all(objective_of(aim).params_of(method, parameters), raw.get("training") or {}, "training")
    faults |= wrong | more
    faults |= {} if faults else _refused(method, training)
    budget = _budget(raw.get("budget") or {}, faults)
    name = _text(raw.get("name"), "name", faults)[:120]
    if not name:
        faults.setdefault("name", {"code": "param.missing", "params": {}})
    prompts = _prompts(raw.get("sample_prompts"), faults)
    if faults:
        raise SpecError(faults)
    rows = str(raw.get("dataset_hash") or "")
    began = "" if start is None else str(raw.get("start_hash") or "")
    return JobSpec(
        name, raw["base_model"], raw["dataset"], key, method_params, training, budget, prompts, aim, rows, start, began
    )


def make_unnamed(raw: Mapping[str, Any], parameters: int | None = None, **fixed: Any) -> JobSpec:
    """As `make_spec`, of a form that is only planned or tried and may have no name yet; `fixed` fields replace its own."""
    return make_spec({**raw, "name": raw.get("name") or "-", **fixed}, parameters)
