"""Base models on the command line: fetch the starter, find or add the one that is named."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.commands.console import Console, JobPrinter, on_interrupt
from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.jobs.lifecycle import cancel_job
from engine.services.models import base_models
from engine.shapes.jobs import JobView
from engine.shapes.models import BaseModelView


def starter(console: Console, ctx: Context) -> int:
    """Make the starter model ready and say where it is."""
    model_id = base_models.ensure_starter(ctx)
    make_ready(console, ctx, model_id)
    console.say("cli.starter.ready", name=base_models.base_model_view(ctx, model_id)["name"], home=ctx.settings.home)
    return 0


def make_known(console: Console, ctx: Context, model_id: int) -> None:
    """Wait until a model can be planned with; Ctrl-C ends that. Raises Fault."""
    _wait(console, ctx, model_id, base_models.PLANNED, base_models.wait_known)


def make_ready(console: Console, ctx: Context, model_id: int) -> None:
    """Wait until a model is ready; Ctrl-C cancels its preparation, which goes on where it was the next time. Raises Fault."""
    _wait(console, ctx, model_id, ("ready",), base_models.wait_ready)


def _wait(
    console: Console,
    ctx: Context,
    model_id: int,
    enough: Sequence[str],
    wait: Callable[[Context, int, Callable[[JobView], None]], None],
) -> None:
    view = base_models.base_model_view(ctx, model_id)
    if view["status"] in enough:
        _tell(console, view)
        return

    def cancel() -> None:
        if job := base_models.base_model_view(ctx, model_id)["job_id"]:
            cancel_job(ctx, job)

    with on_interrupt(cancel):
        wait(ctx, model_id, JobPrinter(console))
    _tell(console, base_models.base_model_view(ctx, model_id))


def _tell(console: Console, view: BaseModelView) -> None:
    """Say what the model's embedding lacks, and what to type for a copy that has it."""
    if (finding := view["vocabulary"]) is not None:
        console.say(f"error.{finding['code']}", **finding["params"])
        how = "cli.resize.how" if view["resizable"] else "cli.resize.cannot"
        console.say("cli.resize.there" if view["resized"] else how, model=view["resized"] or view["id"])


def resize(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Make a copy of a model that has a row for each token of its tokenizer. Raises Fault or NotFound."""
    model_id = find(ctx, args.model)
    make_ready(console, ctx, model_id)
    copy = base_models.resize_model(ctx, model_id, console.language)
    make_ready(console, ctx, copy)
    console.say("cli.resize.done", name=base_models.base_model_view(ctx, copy)["name"], model=copy)
    return 0


def check(ctx: Context, named: str) -> None:
    """Raises Fault or NotFound where `find` would find nothing. Changes nothing."""
    folder = Path(named).expanduser()
    if named.isdigit():
        base_models.base_model_view(ctx, int(named))
    elif named == "starter" or folder.is_dir() or _named(ctx, named) is not None:
        return
    elif named.startswith((".", "/", "~")):
        raise Fault("model.folder_gone", folder=named)
    else:
        base_models.check_hub_name(ctx, named)


def _named(ctx: Context, named: str) -> int | None:
    """The model that lists call so, or that a hub calls so and that can be planned with."""
    views = base_models.list_base_models(ctx)
    at_hub = {
        view["ref"]: view["id"] for view in views if view["source"] == "hub" and view["status"] in base_models.PLANNED
    }
    return (at_hub | {view["name"]: view["id"] for view in views}).get(named)


def find(ctx: Context, named: str) -> int:
    """The id of a model given as "starter", an id, a folder or a hub name. Raises Fault or NotFound."""
    if named == "starter":
        return base_models.ensure_starter(ctx)
    if named.isdigit():
        return int(base_models.base_model_view(ctx, int(named))["id"])
    if Path(named).expanduser().is_dir():
        return base_models.add_folder(ctx, str(Path(named).expanduser().resolve()), wait=True)
    if (known := _named(ctx, named)) is not None:
        return known
    check(ctx, named)
    return base_models.add_hub_model(ctx, named)
