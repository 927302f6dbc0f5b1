"""What `train` and `plan` say before they begin: what of the data does not fit the model, and what the plan warns of, as the page does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import TunesmithError
from engine.core.shapes import Change
from engine.core.text import catalogue
from engine.data.templates.losses import REFUSAL_KINDS
from engine.data.thoughts.wish import EMPTY, STRIP
from engine.objectives.shared_params import THINKING
from engine.services.data.fit import fit_of
from engine.services.planning import estimates
from engine.shapes.fit import WayOutView
from engine.shapes.plans import WarningView

_REFUSED = {"end_added": "end_refused"}  # what is not learnt where the setting for it is off
_REFUSED_ROWS = "warning.refused"
_ARGUMENTS = {"budget.device": "--device", "budget.minutes": "--minutes", "base_model": "--model"}


def tell_review(console: Console, ctx: Context, raw: Mapping[str, Any]) -> None:
    """Print what does not fit of a raw spec with a model and a data set, what its plan does not keep to, and what it warns of.

    Raises:
        NotFound, Fault: "objective.unknown".
    """
    misfits = (raw["dataset"], raw["base_model"], raw["objective"], raw.get("training") or {})
    told = tell_misfits(console, ctx, *misfits)
    try:
        plan = estimates.plan(ctx, raw)
    except TunesmithError:
        return  # what cannot be planned is refused with all its reasons when it is started
    if not plan["verdict"]["ok"]:
        console.say(f"plan.{plan['verdict']['code']}", **plan["verdict"]["params"])
    tell_warnings(console, plan["warnings"], told)


def tell_warnings(console: Console, warnings: Sequence[WarningView], told: bool) -> None:
    """Print a line for each warning, with the arguments that take its reason away.

    Args:
        told: rows that the model's template refuses were told of already.
    """
    for one in warnings:
        if told and one["code"].startswith(_REFUSED_ROWS):
            continue
        said = console.text(f"plan.{one['code']}", **one["params"])
        console.line(f"{said} ({given})" if (given := _arguments(one.get("change") or {})) else said)


def _arguments(change: Change) -> str:
    """A change of a form as arguments of the command line."""
    named = {field: _ARGUMENTS.get(field) for field in change}
    parts = (f"{named[field] or '--set'} {_value(field, value, named[field])}" for field, value in change.items())
    return " ".join(parts)


def _value(field: str, value: Any, argument: str | None) -> str:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return shown if argument else f"{field.partition('.')[2]}={shown}"


def tell_misfits(
    console: Console, ctx: Context, dataset: int, model: int, objective: str, training: Mapping[str, Any]
) -> bool:
    """Print a line for each thing that does not fit, with what can be done. Returns whether rows are refused.

    Args:
        training: settings of the job, as far as they are given.

    Raises:
        NotFound, Fault: "objective.unknown".
    """
    found, refused = fit_of(ctx, dataset, model, objective), False
    while found["working"]:
        found = fit_of(ctx, dataset, model, objective)
    for one in found["findings"]:
        code = _REFUSED.get(one["code"], one["code"]) if training.get("teach_end") is False else one["code"]
        if code.startswith("thoughts") and training.get(THINKING.key) in (STRIP, EMPTY):
            continue  # nobody wants it
        if f"fit.{code}" in catalogue(
            console.language
        ):  # else a fault of the model, with which the command or its job ends
            said = console.text(f"fit.{code}", **one["params"])
            console.line(" ".join([said, *_ways(console, one["ways"])]))
            refused |= code.removesuffix(".about") in REFUSAL_KINDS
    return refused


def _ways(console: Console, ways: Sequence[WayOutView]) -> Iterator[str]:
    """What can be done, in words; settings of an operation are a page's matter."""
    for way in ways:
        label = way["label"] if isinstance(way["label"], str) else way["label"].get(console.language, "")
        key = f"fit.way.operation.{way['key']}" if way["do"] == "operation" else f"fit.way.{way['do']}"
        key = "fit.way.fetch" if way["do"] == "models" and way["key"] else key
        said = console.text(key, label=label) if key in catalogue(console.language) else label
        yield f"→ {said}"
