"""Every recipe of several jobs: one explicit tuple, in the order in which they are offered."""

from __future__ import annotations

from engine.core.errors import Fault
from engine.objectives import OBJECTIVES
from engine.recipes.declaration import TrainingRecipe
from engine.recipes.rlhf import RLHF
from engine.recipes.sft_then_dpo import SFT_THEN_DPO

RECIPES: tuple[TrainingRecipe, ...] = (SFT_THEN_DPO, RLHF)


def recipe_of(key: str) -> TrainingRecipe:
    """The recipe of that key. Raises Fault("recipe.unknown")."""
    found = next((recipe for recipe in RECIPES if recipe.key == key), None)
    if found is None:
        raise Fault("recipe.unknown", recipe=key[:40], known=", ".join(recipe.key for recipe in RECIPES))
    return found


def objectives_of(recipe: TrainingRecipe, stage: str) -> tuple[str, ...]:
    """Keys of the objectives that a stage may have and this version knows."""
    known = {objective.key for objective in OBJECTIVES}
    return tuple(key for key in recipe.stage(stage).objectives if key in known)


def offered_recipes() -> tuple[TrainingRecipe, ...]:
    """Those of which this version knows an objective for each stage."""
    return tuple(one for one in RECIPES if all(objectives_of(one, stage.key) for stage in one.stages))
