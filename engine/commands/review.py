"""What `train` and `plan` say of the data before they begin: what of it does not fit the model, as the review of the page does."""

from __future__ import annotations

from engine.commands.console import Console
from engine.core.context import Context
from engine.services.data.fit import fit_of


def tell_misfits(console: Console, ctx: Context, dataset: int, model: int, objective: str) -> None:
    """Print a line for each thing that does not fit. Raises NotFound, or Fault("objective.unknown")."""
    found = fit_of(ctx, dataset, model, objective)
    while found["working"]:
        found = fit_of(ctx, dataset, model, objective)
    for one in found["findings"]:
        console.say(f"fit.{one['code']}", **one["params"])
