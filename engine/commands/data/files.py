"""`data check` and `data import`."""

from __future__ import annotations

import argparse
import shutil
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from engine.commands.console import Console, JobPrinter
from engine.commands.data.told import refused, tell_files, tell_json, with_sentences
from engine.commands.data.wish import files_of, wish_of
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.core.settings import Settings
from engine.jobs.supervisor import Supervisor
from engine.services.data import datasets, imports, sources
from engine.services.data.reading.check import check_files
from engine.services.data.reading.choosing import choice_of
from engine.services.data.views import load_dataset
from engine.services.jobs.follow import follow
from engine.shapes.data import DatasetView


def check(console: Console, settings: Settings, args: argparse.Namespace) -> int:
    """Look through files; nothing is stored. The exit code is 0 where an import would give rows. Raises Fault."""
    files = files_of(args)
    try:
        found = check_files(settings, files, wish_of(args), args.limit)
    except TunesmithError as error:
        if args.json:
            tell_json(console, refused(console, error))
        raise
    if args.json:
        tell_json(console, with_sentences(console, found))
    else:
        tell_files(console, found)
    if found["shape"] is None:
        raise _no_shape(files, found["columns"])
    if not found["accepted"]:
        raise Fault("cli.data.none_accepted", rejected=found["rejected"])
    return 0


def _no_shape(files: Sequence[Path], columns: Sequence[str]) -> Fault:
    return Fault("cli.no_shape", file=files[0].name, columns=", ".join(map(str, columns)))


def bring(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Import files as a data set. What cannot be imported leaves nothing. Raises Fault."""
    files, wish = files_of(args), wish_of(args)
    dataset = _take_in(ctx, files)
    try:
        done = _imported(console, ctx, dataset, files, wish, quiet=args.json)
    except BaseException:
        with suppress(NotFound):
            datasets.delete_dataset(ctx, dataset)
        raise
    keys = ("id", "name", "shape", "kind", "mapping", "accepted", "rejected", "version", "stats")
    known: Mapping[str, Any] = done
    parts = {part: known[f"{part}_rows"] for part in ("train", "val", "test")}
    if args.json:
        tell_json(console, {key: known[key] for key in keys} | {"splits": parts, "choice": done["splits"]["chosen"]})
        return 0
    console.say("cli.data.imported", name=done["name"], dataset=dataset)
    console.say("cli.data.accepted", accepted=done["accepted"], rejected=done["rejected"], **parts)
    return 0


def _take_in(ctx: Context, files: Sequence[Path]) -> int:
    """The draft of copies of the files."""
    folder = ctx.settings.folder("cache", "uploads", uuid.uuid4().hex)
    try:
        copies = [(folder / f"{place:04}", file.name) for place, file in enumerate(files)]
        for (copy, _name), file in zip(copies, files, strict=True):
            shutil.copyfile(file, copy)
        return sources.add_files(ctx, copies)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _imported(
    console: Console, ctx: Context, dataset: int, files: Sequence[Path], wish: Mapping[str, Any], *, quiet: bool
) -> DatasetView:
    row = load_dataset(ctx, dataset)
    source = sources.source_of(ctx, row, wish.get("encoding"), wish.get("options"))
    source, choice = choice_of(source, wish)
    if choice.shape is None:
        raise _no_shape(files, source.columns)
    begun = imports.start_import(ctx, dataset, asdict(choice))
    if job_id := cast(Mapping[str, Any], begun).get("job"):
        say = JobPrinter(console)
        job = follow(ctx, job_id, (lambda _view: None) if quiet else say, Supervisor(ctx))
        console.end_status()
        if job["status"] != "succeeded":
            error = job["error"] or {"code": "cli.data.ended", "params": {"name": job["name"]}}
            raise Fault(error["code"], **error["params"])
    return datasets.dataset_view(ctx, dataset)
