"""`recipe`: several jobs that build on each other; list them, start one, look at it, go on with a stage, stop it."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from engine.commands import models
from engine.commands.console import Console, status_text
from engine.commands.given_settings import read_settings
from engine.commands.train import data_set, watch
from engine.core.context import Context
from engine.core.errors import Fault
from engine.recipes import objectives_of, offered_recipes, recipe_of
from engine.recipes.declaration import TrainingRecipe
from engine.services.recipes import recipes, views
from engine.services.recipes.stages import methods_for
from engine.shapes.recipes import RawRecipe, RawStage


def recipe(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises NotFound, Fault or SpecError."""
    action = {"list": _list, "start": _start, "show": _show, "go-on": _go_on, "stop": _stop}[args.action]
    return action(console, ctx, args)


def _list(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    for one in offered_recipes():
        stages = " → ".join(f"{stage.key} ({'|'.join(objectives_of(one, stage.key))})" for stage in one.stages)
        console.line(f"{one.key:<14} {one.label.in_(console.language)}: {stages}")
    for run in views.recipe_runs(ctx):
        states = ", ".join(console.text(f"status.{state}") for state in run["states"])
        console.line(f"{run['id']:>4}  {run['name']} ({run['recipe']}): {states}")
    return 0


def _start(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Queue all stages and follow them one after the other."""
    chosen = recipe_of(args.what or "")
    model = models.find(ctx, args.model or "starter")
    models.make_known(console, ctx, model)
    raw: RawRecipe = {
        "recipe": chosen.key,
        "name": args.name or chosen.label.in_(console.language),
        "base_model": model,
        "method": args.method or methods_for(chosen)[0].key,
        "device": args.device or "auto",
        "memory_mb": args.memory_mb,
        "stages": _stages(console, ctx, chosen, args),
    }
    run = recipes.start_recipe(ctx, raw, key=uuid.uuid4().hex, lang=console.language)
    console.say("cli.recipe.started", run=run)
    for stage in views.recipe_run(ctx, run)["stages"]:
        assert stage["job"] is not None
        if code := watch(console, ctx, stage["job"]["id"]):
            return code
    return 0


def _stages(console: Console, ctx: Context, chosen: TrainingRecipe, args: argparse.Namespace) -> dict[str, RawStage]:
    """What is given for each stage: STAGE=..., and STAGE.KEY=VALUE of its settings."""
    stages: dict[str, RawStage] = {stage.key: {} for stage in chosen.stages}
    for stage, named in _of_stages(args.data, chosen):
        stages[stage]["dataset"] = data_set(console, ctx, named)
    for stage, objective in _of_stages(args.objective, chosen):
        stages[stage]["objective"] = objective
    for key, value in read_settings(args.set):
        stage, _point, setting = key.partition(".")
        _check_stage(stage, chosen)
        values: dict[str, Any] = stages[stage].setdefault("training", {})
        values[setting] = value
    return stages


def _of_stages(pairs: Sequence[str], chosen: TrainingRecipe) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        stage, equals, value = pair.partition("=")
        if not equals:
            raise Fault("cli.bad_stage", given=pair)
        _check_stage(stage, chosen)
        yield stage, value


def _check_stage(stage: str, chosen: TrainingRecipe) -> None:
    known = [one.key for one in chosen.stages]
    if stage not in known:
        raise Fault("cli.no_stage", given=stage, known=", ".join(known))


def _show(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    found = views.recipe_run(ctx, _run(args), console.language)
    console.line(f"{found['name']} · {found['label']}")
    for stage in found["stages"]:
        told = status_text(console, stage["job"]) if stage["job"] else "-"
        console.line(f"  {stage['place']}. {stage['label']} ({stage['key']}): {told}")
    return 0


def _go_on(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """The stage that is named, or the first that ended without a result. Does nothing where none did."""
    run = _run(args)
    open_ones = [one["key"] for one in views.recipe_run(ctx, run)["stages"] if one["can_go_on"]]
    for stage in [args.stage] if args.stage else open_ones[:1]:
        recipes.go_on(ctx, run, stage)
    return _show(console, ctx, args)


def _stop(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    recipes.stop_recipe(ctx, _run(args))
    return _show(console, ctx, args)


def _run(args: argparse.Namespace) -> int:
    """The run that is named. Raises Fault("cli.no_run")."""
    if not (args.what or "").isdecimal() or len(args.what) > 18:
        raise Fault("cli.no_run", given=args.what or "-")
    return int(args.what)
