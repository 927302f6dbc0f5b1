"""For settings that cannot work together: the nearest change that can, found by trying, never guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from numbers import Real
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.params import Param
from engine.core.shapes import Change, CodedMessage, Faults
from engine.methods import METHODS, method_of, settings_with_own_defaults
from engine.methods.common.declaration import Method
from engine.objectives import OBJECTIVES, objective_in
from engine.objectives.declaration import Objective
from engine.services.planning import estimates

Json = dict[str, Any]
_AREAS = {"method": "method_params", "training": "training"}
_PLACES = {**_AREAS, "budget": "budget"}


def repairs_for(ctx: Context, raw: Mapping[str, Any]) -> dict[str, Change]:
    """For each fault of a form the change that takes it away: {field: {field, "method" or "objective": value}}.

    A number that the fault itself names is tried first, then the setting's default, then its other choices, then
    another recommended method. Faults for which nothing helps are left out. Where the method is the fault, "objective"
    has what else this method can learn from the same kind of knowledge.
    """
    found: dict[str, Change] = {}
    for field, fault in _faults(ctx, raw).items():
        changes = (
            change for change in _candidates(raw, field, fault) if field not in _faults(ctx, changed(raw, change))
        )
        if (change := next(changes, None)) is not None:
            found[field] = change
        if field == "method" and (other := _other_objective(ctx, raw)) is not None:
            found["objective"] = {"objective": other.key}
    return found


def _other_objective(ctx: Context, raw: Mapping[str, Any]) -> Objective | None:
    """Another objective of the same family that the method can work with."""
    objective = objective_in(raw)
    others = (one for one in OBJECTIVES if one.family == objective.family and one != objective)
    works = (one for one in others if not _faults(ctx, changed(raw, {"objective": one.key})))
    return next(works, None)


def changed(raw: Mapping[str, Any], change: Mapping[str, Any]) -> Json:
    """The raw spec with a change taken over. Another method or objective comes with its own defaults."""
    result = dict(raw)
    for field, value in change.items():
        area, _, key = field.partition(".")
        if field == "objective":
            result |= {field: value, "training": {}}
        elif key:
            result[_PLACES[area]] = {**(result.get(_PLACES[area]) or {}), key: value}
        else:
            own = settings_with_own_defaults() - objective_in(raw).own
            kept = {name: old for name, old in (raw.get("training") or {}).items() if name not in own}
            result |= {area: value, "method_params": {}, "training": kept}
    return result


def _faults(ctx: Context, raw: Mapping[str, Any]) -> Faults:
    try:
        estimates.plan(ctx, raw)
    except SpecError as error:
        return error.faults
    except Fault:
        return {}
    return {}


def _candidates(raw: Mapping[str, Any], field: str, fault: CodedMessage) -> Iterator[Change]:
    method, objective = method_of(str(raw["method"])), objective_in(raw)
    area, _, key = field.partition(".")
    param = next((one for one in _declared(method, objective, area) if one.key == key), None)
    if param is not None:
        yield from ({field: value} for value in _values(param, fault))
    if area in _AREAS:
        yield from ({"method": other.key} for other in METHODS if other.recommended and other.key != method.key)


def _declared(method: Method, objective: Objective, area: str) -> tuple[Param, ...]:
    declared = {"method": method.params, "training": objective.params_of(method)}
    return declared.get(area, ())


def _values(param: Param, fault: CodedMessage) -> Iterator[Any]:
    named = (value for value in fault["params"].values() if isinstance(value, Real) and not isinstance(value, bool))
    if param.kind in ("int", "float"):
        yield from named
    yield param.default
    if param.kind == "choice":
        yield from (choice for choice in param.choices if choice != param.default)
    if param.kind == "bool":
        yield not param.default
