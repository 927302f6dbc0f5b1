"""`data make`: rows from documents, which then wait in the annotation queue."""

from __future__ import annotations

import argparse
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.commands import models
from engine.commands.console import Console, JobPrinter
from engine.commands.data.told import tell_json
from engine.commands.given_settings import read_settings
from engine.core.context import Context
from engine.core.errors import Fault
from engine.jobs.supervisor import Supervisor
from engine.services.data.making import documents, writers
from engine.services.data.making.endpoint import Endpoint
from engine.services.data.making.forecast import forecast
from engine.services.data.making.making import made_rows_of, start_making
from engine.services.jobs.follow import follow
from engine.shapes.making import MadeRowsView


def make(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Read documents, say what the rows will cost, and have them made. Raises Fault, SpecError or NotFound."""
    values = {**dict(read_settings(args.set)), "writer": _writer(console, ctx, args.writer)}
    values |= {"kinds": args.kind} if args.kind else {}
    values |= {"dataset": args.target} if args.target else {}
    key = _brought(console, ctx, args.files, quiet=args.json)
    cost = forecast(ctx, documents.making_of(ctx.settings, key), values)
    if args.forecast:
        shutil.rmtree(documents.folder_of(ctx.settings, key), ignore_errors=True)
    if not args.json:
        sizes = {name: dict(cost)[name] for name in ("passages", "rows", "tokens_in", "tokens_out")}
        console.say("cli.make.read", minutes=max(1, round(cost["seconds"] / 60)), **sizes)
    if args.forecast:
        if args.json:
            tell_json(console, cost)
        return 0
    found = writers.writer_of(ctx, str(values["writer"]))
    if isinstance(found, Endpoint) and not args.json:
        console.say("cli.make.sent", host=found.host)
    job = start_making(ctx, key, values)
    _followed(console, ctx, job, quiet=args.json)
    return _told(console, made_rows_of(ctx, job), as_json=args.json)


def _writer(console: Console, ctx: Context, named: str) -> str:
    """The key of a writer that is given as in other commands."""
    if named == writers.ENDPOINT or named.startswith("tuned:"):
        return named
    model = models.find(ctx, named)
    models.make_ready(console, ctx, model)
    return f"model:{model}"


def _brought(console: Console, ctx: Context, files: Sequence[Path], *, quiet: bool) -> str:
    """Copies of the documents, read; the key that names them. Raises Fault."""
    if missing := [file for file in files if not file.expanduser().is_file()]:
        raise Fault("cli.no_file", file=str(missing[0]))
    folder = ctx.settings.folder("uploads", "waiting", uuid.uuid4().hex)
    try:
        copies = [(folder / f"{place:04}", file.name) for place, file in enumerate(files)]
        for (copy, _name), file in zip(copies, files, strict=True):
            shutil.copyfile(file.expanduser(), copy)
        taken = documents.take_documents(ctx, copies)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "job" in taken:
        _followed(console, ctx, taken["job"], quiet=quiet)
    return taken["making"]


def _followed(console: Console, ctx: Context, job_id: int, *, quiet: bool) -> None:
    say = JobPrinter(console)
    job = follow(ctx, job_id, (lambda _view: None) if quiet else say, Supervisor(ctx))
    console.end_status()
    if job["status"] not in ("succeeded", "stopped"):
        error = job["error"] or {"code": "cli.data.ended", "params": {"name": job["name"]}}
        raise Fault(error["code"], **error["params"])


def _told(console: Console, job: MadeRowsView, *, as_json: bool) -> int:
    result: dict[str, Any] = job["result"]
    if as_json:
        tell_json(console, {"job": job["job"], "status": job["status"], **result})
        return 0
    console.say("cli.make.done", made=result["made"], left=sum(result["left_out"].values()))
    for reason, count in sorted(result["left_out"].items(), key=lambda one: -one[1]):
        console.line("  " + console.text(f"make.left.{reason}", n=count))
    return 0
