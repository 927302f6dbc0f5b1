"""`export`: write a tuned model in one form or several, each proved."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.commands.console import Console
from engine.commands.given_settings import read_settings
from engine.commands.train import watch
from engine.core.context import Context
from engine.core.errors import Fault
from engine.exports import format_of
from engine.services.models import exports, taken
from engine.shapes.exports.made import DestinationView, ExportedForm

_URL = "http://127.0.0.1:7860"  # where Tunesmith is, unless it is told otherwise


def export(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Run the export as a job and put what it made into a folder. Raises Fault, SpecError or NotFound."""
    given = dict(read_settings(args.set))
    forms = _forms(args.form, given) if args.form else []
    if args.for_place:
        place, wish = taken.wish_for(ctx, args.tuned, args.for_place)
        _say_way(console, place)
        forms += [wish | {"params": wish["params"] | given}] if wish else []
        if not forms:
            return 0
    job_id = exports.make_export(ctx, args.tuned, forms, "zip")
    if code := watch(console, ctx, job_id):
        return code
    (made,) = [one for one in taken.list_exports(ctx, args.tuned) if one["id"] == job_id]
    for file in made["files"]:
        if file["error"] is None:
            _take(console, ctx, job_id, file, args.to.expanduser(), zipped=args.zip)
        else:
            console.fault(Fault(file["error"]["code"], **file["error"]["params"]))
    return int(any(file["error"] for file in made["files"]))


def _say_way(console: Console, place: DestinationView) -> None:
    """Which form the place takes, and the lines with which it is put to use."""
    spoken = console.language
    if place["reason"] and place["wanted"]:
        console.say("cli.export.not_as", wanted=place["wanted"], reason=place["reason"])
    console.say(
        "cli.export.for" if place["form"] else "cli.export.for_api", place=place["label"], form=place["form_label"]
    )
    for number, line in enumerate(place["lines"], start=1):
        console.line(f"{number}. {line['says'][spoken]}")
        for code in line["code"].replace("{url}", _URL).splitlines():
            console.line(f"       {code}")


def _forms(keys: list[str], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each form with those of the settings that it has; what none has goes to the first, which refuses it."""
    known = {key: {param.key for param in format_of(key).params} for key in keys}
    strange = values.keys() - set[str]().union(*known.values())
    own = {key: known[key] | (strange if place == 0 else set[str]()) for place, key in enumerate(known)}
    return [{"format": key, "params": {name: values[name] for name in values if name in own[key]}} for key in keys]


def _take(console: Console, ctx: Context, job_id: int, made: ExportedForm, to: Path, *, zipped: bool) -> None:
    """Copy the zip, or unpack it, and say what its proof found. Raises Fault."""
    file, name = taken.exported_file(ctx, job_id, made["number"])
    target = to / (name if zipped else name.removesuffix(".zip"))  # the one folder that the archive holds
    if target.exists():
        raise Fault("cli.folder_exists", folder=str(target))
    to.mkdir(parents=True, exist_ok=True)
    if zipped:
        shutil.copyfile(file, target)
    else:
        shutil.unpack_archive(file, to, "zip")
    console.say("cli.export.done", folder=target)
    if (proof := made["proof"]) and proof["places"]:
        told = {key: proof[key] for key in ("library", "places", "right_before", "flips", "prompts", "same_answers")}  # type: ignore[literal-required]
        console.say("cli.export.proved", percent=f"{100 * proof['agreement']:.1f}", **told)
