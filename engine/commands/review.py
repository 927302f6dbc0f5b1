"""What `train` and `plan` say of the data before they begin: what of it does not fit the model, as the review of the page does."""

from __future__ import annotations

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.text import catalogue
from engine.services.data.fit import fit_of

_REFUSED = {"end_added": "end_refused"}  # what is not learnt where the setting for it is off


def tell_misfits(
    console: Console, ctx: Context, dataset: int, model: int, objective: str, *, teach_end: bool = True
) -> None:
    """Print a line for each thing that does not fit.

    Args:
        teach_end: the setting of the job.

    Raises:
        NotFound, Fault: "objective.unknown".
    """
    found = fit_of(ctx, dataset, model, objective)
    while found["working"]:
        found = fit_of(ctx, dataset, model, objective)
    for one in found["findings"]:
        code = one["code"] if teach_end else _REFUSED.get(one["code"], one["code"])
        if f"fit.{code}" in catalogue(
            console.language
        ):  # else a fault of the model, with which the command or its job ends
            console.say(f"fit.{code}", **one["params"])
