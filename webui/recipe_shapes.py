"""What the views of recipes draw: which there are, with what their stages may have."""

from __future__ import annotations

from typing import TypedDict

from engine.core.shapes import Named
from engine.shapes.data import DatasetBrief
from engine.shapes.models import BaseModelView
from engine.shapes.planning import DeviceChoice
from webui.form_shapes import ObjectiveForm, ParamForm


class StageForm(Named):
    """A stage that can be filled in."""

    help: str  # what it does
    objectives: list[str]  # keys of what it may optimise, the usual one first
    goes_on: str | None  # name of the stage whose weights it goes on with
    rewarded_by: str | None  # name of the stage whose result scores its answers


class RecipeForm(Named):
    """A recipe that can be chosen."""

    tagline: str  # in one line
    help: str  # when to choose it
    paper: str  # where it comes from
    stages: list[StageForm]  # in their order
    methods: list[str]  # keys of those that its stages can have


class RecipeMethod(Named):
    """A method for all stages."""

    tagline: str  # in one line
    params: list[ParamForm]  # its own settings


class RecipeForms(TypedDict):
    """All that the form of a recipe is drawn from."""

    recipes: list[RecipeForm]  # that this version knows
    objectives: dict[str, ObjectiveForm]  # by key
    methods: list[RecipeMethod]  # of any of the recipes
    models: list[BaseModelView]  # that can be planned with
    datasets: list[DatasetBrief]  # that are ready
    devices: list[DeviceChoice]  # here
