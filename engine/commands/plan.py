"""`plan`: what fits a budget of hardware, ranked, without a page; also for hardware that is not here."""

from __future__ import annotations

import argparse
from typing import Any

from engine.base_formats import base_format_of
from engine.commands import models
from engine.commands.console import Console
from engine.commands.reserve import leave_to_others, megabytes, tell_room
from engine.commands.review import tell_misfits, tell_warnings
from engine.commands.train import check_data, data_set
from engine.core.context import Context
from engine.core.errors import SpecError, TunesmithError
from engine.core.shapes import Faults
from engine.core.sizes import memory_size
from engine.methods import method_of
from engine.objectives import usual_objective
from engine.planner.memory.verdict import FITS
from engine.services.planning import plan_search
from engine.shapes.planning import PlanOffer


def plan(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Print the plans that fit, the best first, or what would make one fit. Returns 1 when nothing that trains fits.

    Raises:
        Fault, SpecError: when the model, the data or the budget is wrong.
    """
    if args.devices:
        return _devices(console)
    _check_named(ctx, args)
    room = leave_to_others(ctx, args.device, args.reserve)
    model = models.find(ctx, args.model)
    models.make_known(console, ctx, model)
    dataset, objective = data_set(console, ctx, args.data), args.objective or usual_objective().key
    asked: dict[str, Any] = {"base_model": model, "dataset": dataset, "budget": budget(args), "objective": objective}
    told = tell_misfits(console, ctx, dataset, model, objective, {})
    found = plan_search.offers(ctx, asked)
    device = found["device"]
    console.say("cli.plan.device", name=device["name"], memory=memory_size(device["memory_mb"]))
    tell_room(console, room, asked["budget"].get("memory_mb"))
    if found["nothing"]:
        console.say(f"plan.{found['nothing']['code']}", **found["nothing"]["params"])
    tell_warnings(console, found["warnings"], told)
    for place, offer in enumerate(found["offers"], start=1):
        _print(console, place, offer)
    return 1 if found["nothing"] else 0


def _check_named(ctx: Context, args: argparse.Namespace) -> None:
    """Raises SpecError with all that the arguments name and is not there."""
    faults: Faults = {}
    for argument, check in (("--model", models.check), ("--data", check_data)):
        try:
            check(ctx, getattr(args, argument.removeprefix("--")))
        except TunesmithError as error:
            faults[argument] = error.as_dict()
    if faults:
        raise SpecError(faults)


def budget(args: argparse.Namespace) -> dict[str, Any]:
    """The budget that the arguments describe. Raises Fault("cli.bad_size")."""
    given = {"device": args.device, "minutes": args.minutes, "goal": args.goal}
    limits = {"memory_mb": megabytes(args.memory), "disk_mb": megabytes(args.disk)}
    return {key: value for key, value in (given | limits).items() if value is not None}


def _devices(console: Console) -> int:
    for device in plan_search.catalogue():
        console.line(f"{device['key']:<20} {device['name']} ({memory_size(device['memory_mb'])})")
    return 0


def _print(console: Console, place: int, offer: PlanOffer) -> None:
    lang = console.language
    console.say(
        "cli.plan.offer",
        place=place,
        method=method_of(offer["method"]).label.as_dict(),
        base=base_format_of(offer["quantisation"]).label.in_(lang),
        length=offer["max_length"],
        epochs=f"{offer['epochs']:g}",
        memory=memory_size(offer["memory"]["total_mb"]),
        minutes=plan_search.rough_minutes(offer["time"]["seconds"]),
        disk=memory_size(offer["disk"]["total_mb"]),
    )
    console.line("   " + console.text(f"plan.{offer['why']['code']}", **offer["why"]["params"]))
    if offer["verdict"]["code"] != FITS:
        console.line("   " + console.text(f"plan.{offer['verdict']['code']}", **offer["verdict"]["params"]))
    if (attention := offer["attention"]) is not None:
        kernel = console.text(f"plan.{attention['code']}", **attention["params"])
        console.line("   " + console.text("cli.plan.attention", precision=offer["precision"], attention=kernel))
