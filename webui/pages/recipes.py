"""Recipes of several jobs, as the Jobs page shows them: their form (?recipe=new) and one run (?recipe=7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.methods import METHODS
from engine.objectives import objective_of
from engine.recipes import objectives_of, offered_recipes
from engine.recipes.declaration import RecipeStage, TrainingRecipe
from engine.services.data import datasets
from engine.services.models import base_models
from engine.services.planning import estimates
from engine.services.recipes import recipes, views
from engine.services.recipes.stages import methods_for
from engine.shapes.recipes import RawRecipe, RecipeCosts, RecipeRun
from webui.form_shapes import ObjectiveForm
from webui.forms import objective_form, param_form
from webui.recipe_shapes import RecipeForm, RecipeForms, RecipeMethod, StageForm
from webui.site import Site
from webui.train_draft import start_key

Function = Callable[..., Any]
_PLANNABLE = ("known", "ready")


def _recipe(recipe: TrainingRecipe, lang: str) -> RecipeForm:
    return {
        "key": recipe.key,
        "label": recipe.label.in_(lang),
        "tagline": recipe.tagline.in_(lang),
        "help": recipe.help.in_(lang),
        "paper": recipe.paper,
        "stages": [_stage(recipe, stage, lang) for stage in recipe.stages],
        "methods": [method.key for method in methods_for(recipe)],
    }


def _stage(recipe: TrainingRecipe, stage: RecipeStage, lang: str) -> StageForm:
    def named(key: str) -> str | None:
        return recipe.stage(key).label.in_(lang) if key else None

    return {
        "key": stage.key,
        "label": stage.label.in_(lang),
        "help": stage.help.in_(lang),
        "objectives": list(objectives_of(recipe, stage.key)),
        "goes_on": named(stage.goes_on),
        "rewarded_by": named(stage.rewarded_by),
    }


def _objective(key: str, lang: str) -> ObjectiveForm:
    """Its settings without those that need a widget of their own; what a method decides is left open."""
    form = objective_form(objective_of(key), lang)
    params = [one for one in form["params"] if one["kind"] != "data"]
    return {**form, "params": [{**one, "default": None} if one.get("per_method") else one for one in params]}


def _method(key: str, lang: str) -> RecipeMethod:
    method = next(one for one in METHODS if one.key == key)
    params = [param_form(one, lang, "method") for one in method.params]
    return {"key": key, "label": method.label.in_(lang), "tagline": method.tagline.in_(lang), "params": params}


def recipe_label(lang: str, key: str) -> str:
    """A recipe's name for people; a key that this version does not know stands for itself."""
    return next((one.label.in_(lang) for one in offered_recipes() if one.key == key), key)


def recipe_functions(site: Site, lang: str) -> tuple[list[Function], list[Function]]:
    """What the views call, and what they ask again and again."""
    ctx = site.ctx

    def recipe_forms() -> RecipeForms:
        found = offered_recipes()
        objectives = dict.fromkeys(
            key for one in found for stage in one.stages for key in objectives_of(one, stage.key)
        )
        methods = dict.fromkeys(method.key for one in found for method in methods_for(one))
        return {
            "recipes": [_recipe(one, lang) for one in found],
            "objectives": {key: _objective(key, lang) for key in objectives},
            "methods": [_method(key, lang) for key in methods],
            "models": [one for one in base_models.list_base_models(ctx) if one["status"] in _PLANNABLE],
            "datasets": [one for one in datasets.list_datasets(ctx) if one["status"] == "ready"],
            "devices": estimates.devices(ctx),
        }

    def recipe_plan(raw: RawRecipe) -> RecipeCosts:
        return recipes.plan_recipe(ctx, raw)

    def recipe_begin(raw: RawRecipe, key: str) -> int:
        return recipes.start_recipe(ctx, raw, key=start_key(key, raw), lang=lang)

    def recipe_go_on(run: int, stage: str) -> None:
        recipes.go_on(ctx, int(run), str(stage))

    def recipe_stop(run: int) -> None:
        recipes.stop_recipe(ctx, int(run))

    def recipe_run(run: int) -> RecipeRun:
        return views.recipe_run(ctx, int(run), lang)

    return [recipe_forms, recipe_plan, recipe_begin, recipe_go_on, recipe_stop], [recipe_run]
