"""From the form of a recipe to the specs of its jobs: what all stages share, and what each has of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engine.core.errors import Fault, SpecError
from engine.core.shapes import Faults
from engine.core.text import Text
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method
from engine.recipes import objectives_of, recipe_of
from engine.recipes.declaration import STARTS_FROM, RecipeStage, TrainingRecipe
from engine.recipes.rewarding import REWARD_PLACE, rewarded
from engine.shapes.recipes import RawRecipe, RawStage

_OWN = frozenset(("objective", "dataset", "training", "minutes"))


@dataclass(frozen=True)
class Planned:
    """A recipe whose form was checked.

    Attributes:
        recipe: that it is of.
        name: what the user calls it.
        specs: of its jobs by key of the stage, without what earlier stages are to give.
    """

    recipe: TrainingRecipe
    name: str
    specs: Mapping[str, JobSpec]


def methods_for(recipe: TrainingRecipe) -> list[Method]:
    """Those whose results can be gone on with, where a stage does so; the recommended ones first."""
    linked = any(stage.goes_on for stage in recipe.stages)
    usable = [one for one in METHODS if one.capabilities.trains and not (linked and isinstance(one.goes_on, Text))]
    return sorted(usable, key=lambda one: not one.recommended)


def needs_of(stage: RecipeStage) -> dict[str, str]:
    """What earlier stages give it: key of the stage by place in its spec."""
    places = {STARTS_FROM: stage.goes_on, REWARD_PLACE: stage.rewarded_by}
    return {place: key for place, key in places.items() if key}


def raw_stage(raw: RawRecipe, stage: RecipeStage, place: int, known: tuple[str, ...]) -> dict[str, Any]:
    """The form of one stage's job.

    Args:
        place: of the stage, from 1.
        known: keys of the objectives that it may have.
    """
    own = cast(RawStage, (raw.get("stages") or {}).get(stage.key) or {})
    training = {**stage.training, **(own.get("training") or {})}
    return {
        "name": f"{raw.get('name') or '-'} · {place}",
        "base_model": raw.get("base_model"),
        "dataset": own.get("dataset"),
        "method": raw.get("method"),
        "method_params": dict(raw.get("method_params") or {}),
        "objective": own.get("objective") or known[0],
        "training": rewarded(training) if stage.rewarded_by else training,
        "budget": {"device": raw.get("device"), "memory_mb": raw.get("memory_mb"), "minutes": own.get("minutes")},
    }


def make_stages(raw: RawRecipe, parameters: int | None) -> Planned:
    """Check a form and fill in defaults.

    Args:
        parameters: of the base model, which the default of the learning rate follows.

    Raises:
        SpecError: with every fault: what all stages share by its own field, the rest as "stages.<key>.<field>".
        Fault: "recipe.unknown", "recipe.not_here".
    """
    recipe = recipe_of(str(raw.get("recipe") or ""))
    faults = _unknown(raw, recipe) | _method_faults(raw, recipe)
    specs: dict[str, JobSpec] = {}
    for place, stage in enumerate(recipe.stages, start=1):
        known = objectives_of(recipe, stage.key)
        if not known:
            raise Fault("recipe.not_here", recipe=recipe.label.as_dict(), stage=stage.label.as_dict())
        form = raw_stage(raw, stage, place, known)
        if form["objective"] not in known:
            said = {"value": str(form["objective"])[:40], "choices": list(known)}
            faults[f"stages.{stage.key}.objective"] = {"code": "param.unknown_choice", "params": said}
            continue
        try:
            specs[stage.key] = make_spec(form, parameters)
        except SpecError as error:
            faults |= stage_faults(stage.key, error.faults)
    name = str(raw.get("name") or "").strip()[:80]
    if not name:
        faults["name"] = {"code": "param.missing", "params": {}}
    if faults:
        raise SpecError(faults)
    return Planned(recipe, name, specs)


def _unknown(raw: RawRecipe, recipe: TrainingRecipe) -> Faults:
    """Stages, and parts of stages, that the recipe does not have."""
    stages, keys = raw.get("stages") or {}, {stage.key for stage in recipe.stages}
    strange = [key for key in stages if key not in keys]
    strange += [f"{key}.{part}" for key in keys & stages.keys() for part in (stages[key] or {}) if part not in _OWN]
    return {f"stages.{key}": {"code": "param.unknown", "params": {"key": str(key)[:40]}} for key in strange}


def _method_faults(raw: RawRecipe, recipe: TrainingRecipe) -> Faults:
    """Why the method cannot be gone on with, where stages go on with each other."""
    try:
        method = method_of(str(raw.get("method") or ""))
    except Fault:
        return {}  # the specs say so
    if method in methods_for(recipe):
        return {}
    reason = method.goes_on.as_dict() if isinstance(method.goes_on, Text) else ""
    return {"method": {"code": "recipe.no_method", "params": {"method": method.label.as_dict(), "reason": reason}}}


def stage_faults(stage: str, faults: Faults) -> Faults:
    """Faults of a stage's job under the stage's name; what all share keeps its own name."""
    common = ("base_model", "method", "budget.device", "budget.memory_mb", "name")
    shared = {field for field in faults if field in common or field.startswith("method.")}
    return {field if field in shared else f"stages.{stage}.{field}": fault for field, fault in faults.items()}
