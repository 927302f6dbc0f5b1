"""What the pages see of recipes: several jobs to one end."""

from __future__ import annotations

from typing import Any, TypedDict

from engine.core.shapes import CodedMessage
from engine.shapes.jobs import JobView, TypedNumber
from engine.shapes.plans import VerdictView


class RawStage(TypedDict, total=False):
    """A stage as a form has it."""

    objective: str  # key; the stage's usual one where it is missing
    dataset: int | None  # id
    training: dict[str, Any]  # settings of training that differ from the defaults
    minutes: TypedNumber  # most time for the stage


class RawRecipe(TypedDict, total=False):
    """A recipe as a form has it, not checked yet."""

    recipe: str  # key
    name: str  # what the user calls it
    base_model: int | None  # id
    method: str  # key; the same for all stages
    method_params: dict[str, Any]  # settings of it
    device: str  # "auto", or key of a device
    memory_mb: TypedNumber  # limit of each job
    stages: dict[str, RawStage]  # by key


class StageCost(TypedDict, total=False):
    """What a stage would cost; only `error` where it cannot be told."""

    error: CodedMessage  # why it cannot be told
    seconds: float | None  # of the job
    memory_mb: int  # at the peak
    verdict: VerdictView  # whether it fits


class RecipeCosts(TypedDict):
    """What a recipe would cost."""

    seconds: float | None  # of all stages, one after the other; None while one is unknown
    stages: dict[str, StageCost]  # by key


class StageRun(TypedDict):
    """A stage of a run: the job that counts for it."""

    key: str  # of the stage
    label: str  # its name for people
    place: int  # from 1
    job: JobView | None  # None where it was removed
    objective: str  # key
    takes: list[str]  # names of the stages whose results it begins with or is rewarded by
    curves: dict[str, list[list[float]]]  # points [step, value] by name
    can_go_on: bool  # it ended without a result, and may be gone on with or begun anew


class RecipeRun(TypedDict):
    """One run of a recipe."""

    id: int  # of the run
    recipe: str  # key
    label: str  # its name for people
    name: str  # that the user gave
    base_model_name: str | None  # of its model
    method: str | None  # key
    active: bool  # something of it waits or runs
    stages: list[StageRun]  # in their order


class RecipeBrief(TypedDict):
    """What lists show of a run."""

    id: int  # of the run
    recipe: str  # key
    name: str  # that the user gave
    created_at: float  # seconds since 1970
    states: list[str]  # of the jobs of its stages, in their order
