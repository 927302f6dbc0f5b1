"""What `train` and `plan` say of the data before they begin: what of it does not fit the model, as the review of the page does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.text import catalogue
from engine.data.thoughts.wish import EMPTY, STRIP
from engine.objectives.shared_params import THINKING
from engine.services.data.fit import fit_of

_REFUSED = {"end_added": "end_refused"}  # what is not learnt where the setting for it is off


def tell_misfits(
    console: Console, ctx: Context, dataset: int, model: int, objective: str, training: Mapping[str, Any]
) -> None:
    """Print a line for each thing that does not fit.

    Args:
        training: settings of the job, as far as they are given.

    Raises:
        NotFound, Fault: "objective.unknown".
    """
    found = fit_of(ctx, dataset, model, objective)
    while found["working"]:
        found = fit_of(ctx, dataset, model, objective)
    for one in found["findings"]:
        code = _REFUSED.get(one["code"], one["code"]) if training.get("teach_end") is False else one["code"]
        if code.startswith("thoughts") and training.get(THINKING.key) in (STRIP, EMPTY):
            continue  # nobody wants it
        if f"fit.{code}" in catalogue(
            console.language
        ):  # else a fault of the model, with which the command or its job ends
            console.say(f"fit.{code}", **one["params"])
