"""What a training recipe is: jobs that follow each other, each with what it takes from those before. One frozen value.

The jobs of a recipe are like any others. What links them stands beside their specs in the database, under `storage.queries.linked_jobs.LINK`:

    {"run", "recipe", "stage", "place", "of", "waits", "needs": {place in the spec: key of the stage whose result belongs there}}

`run` is the id of the first stage's first job; `waits` is true until the results are there and written into the spec. `Job.parent_id`
is the job of the stage before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core.text import Text

STARTS_FROM, REWARD = "starts_from", "reward"


@dataclass(frozen=True)
class RecipeStage:
    """One job of a recipe.

    Attributes:
        key: its name in the recipe.
        label: what it is called.
        help: what it does for the stages after it.
        objectives: keys of what it may optimise, the usual one first.
        goes_on: key of the stage whose weights it goes on with; "" for the base.
        rewarded_by: key of the stage whose result scores its answers; "" for none.
        training: settings of training that differ from the objective's defaults.
    """

    key: str
    label: Text
    help: Text
    objectives: tuple[str, ...]
    goes_on: str = ""
    rewarded_by: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def takes(self) -> tuple[str, ...]:
        """Keys of the stages whose results it cannot do without."""
        return tuple(dict.fromkeys(one for one in (self.goes_on, self.rewarded_by) if one))


@dataclass(frozen=True)
class TrainingRecipe:
    """Several jobs to one end.

    Attributes:
        key: its name.
        label: what it is called.
        tagline: one sentence under the label.
        help: when to choose it, in plain words.
        stages: its jobs in their order.
        paper: where it comes from.
    """

    key: str
    label: Text
    tagline: Text
    help: Text
    stages: tuple[RecipeStage, ...]
    paper: str

    def stage(self, key: str) -> RecipeStage:
        """The stage of that key. Raises KeyError."""
        return {stage.key: stage for stage in self.stages}[key]
