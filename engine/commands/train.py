"""`train`: a job from a settings file or from the command line alone, followed until it ends."""

from __future__ import annotations

import argparse
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.commands import models
from engine.commands.console import Console, JobPrinter, on_interrupt, status_text
from engine.commands.given_settings import given_rewards, read_settings
from engine.commands.reserve import leave_to_others, tell_room
from engine.commands.review import tell_review
from engine.core.context import Context
from engine.core.errors import Fault, SpecError, TunesmithError
from engine.core.shapes import Faults
from engine.core.text import FALLBACK
from engine.jobs.supervisor import Supervisor
from engine.methods import METHODS, method_of
from engine.objectives import usual_objective
from engine.services.data import datasets, imports, sources
from engine.services.jobs.follow import follow
from engine.services.jobs.lifecycle import start_job, stop_job
from engine.services.jobs.spec_files import Warnings, draft_from_yaml
from engine.services.models import base_models, tuned

SAMPLE_NAMES = ("sample-en", "sample-zh")


def train(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Start the job that the arguments describe and follow it. Raises Fault or SpecError."""
    raw = _raw_spec(console, ctx, args)
    if args.reserve is not None:
        limits = raw["budget"]
        tell_room(console, leave_to_others(ctx, limits.get("device"), args.reserve), limits.get("memory_mb"))
    if isinstance(raw["base_model"], int):
        models.make_known(console, ctx, raw["base_model"])
        if isinstance(raw.get("dataset"), int):
            tell_review(console, ctx, raw)
    return watch(console, ctx, start_job(ctx, raw, key=uuid.uuid4().hex))


def watch(console: Console, ctx: Context, job_id: int) -> int:
    """Follow a job to its end; Ctrl-C asks it to save and stop, twice leaves it running. Returns the exit code."""
    console.say("cli.train.started", job=job_id)

    def stop() -> None:
        stop_job(ctx, job_id)
        console.say("cli.train.stopping")

    try:
        with on_interrupt(stop):
            job = follow(ctx, job_id, JobPrinter(console), Supervisor(ctx))
    except KeyboardInterrupt:
        console.say("cli.train.left", job=job_id)
        return 130
    console.end_status()
    if job["status"] not in ("succeeded", "stopped"):
        return 1
    if job["tuned_id"]:
        console.say("cli.train.made", tuned=job["tuned_id"])
    elif job["trains"]:
        console.line(status_text(console, job))
    return 0


def _raw_spec(console: Console, ctx: Context, args: argparse.Namespace) -> dict[str, Any]:
    _check_named(ctx, args)
    raw: dict[str, Any] = {"method": METHODS[0].key}
    warnings: Warnings = []
    if args.spec:
        written, warnings = draft_from_yaml(ctx, _read(args.spec))
        raw |= written
    if args.model or not args.spec:
        raw["base_model"] = models.find(ctx, args.model or "starter")
        warnings = _without(warnings, "spec.base_model_not_here")
    if args.starts_from is not None:
        raw = _from_start(ctx, raw, args)
        warnings = _without(warnings, "spec.starts_from_not_here")
    if args.data:
        raw["dataset"] = data_set(console, ctx, args.data)
        warnings = _without(warnings, "spec.dataset_not_here")
    for warning in warnings:
        console.say(f"error.{warning['code']}", **warning["params"])
    raw["method"] = args.method or raw["method"]
    raw["objective"] = args.objective or raw.get("objective") or usual_objective().key
    _set(raw, args.set)
    if args.reward:
        raw.setdefault("training", {})["rewards"] = given_rewards(args.reward)
    given = {"device": args.device, "memory_mb": args.memory_mb, "minutes": args.minutes}
    raw["budget"] = {**raw.get("budget", {}), **{key: value for key, value in given.items() if value is not None}}
    raw["name"] = args.name or raw.get("name") or _name(ctx, raw)
    return raw


def _from_start(ctx: Context, raw: dict[str, Any], args: argparse.Namespace) -> dict[str, Any]:
    """The form with what follows from the tuned model that it goes on with. Raises NotFound."""
    start = tuned.tuned_view(ctx, args.starts_from)
    raw |= {"starts_from": start["id"], "method": args.method or start["method"]}
    return raw if args.model else raw | {"base_model": start["base_model_id"]}


def _check_named(ctx: Context, args: argparse.Namespace) -> None:
    """Before anything is fetched or read: what the arguments name must be there. Raises SpecError with all that is not."""
    faults: Faults = {}
    checks: list[tuple[str, Callable[[], object]]] = [
        ("--spec", lambda: args.spec is None or _read(args.spec)),
        ("--data", lambda: check_data(ctx, args.data) if args.data or not args.spec else None),
        ("--model", lambda: models.check(ctx, args.model) if args.model else None),
        ("--set", lambda: list(read_settings(args.set))),
        ("--reward", lambda: given_rewards(args.reward)),
    ]
    for argument, check in checks:
        try:
            check()
        except TunesmithError as error:
            faults[argument] = error.as_dict()
    if faults:
        raise SpecError(faults)


def check_data(ctx: Context, named: str | None) -> None:
    """Raises Fault or NotFound where `data_set` would find nothing under that name."""
    if named is None:
        raise Fault("cli.no_data")
    if named.isdigit():
        datasets.dataset_view(ctx, int(named))
    elif named not in SAMPLE_NAMES and not Path(named).expanduser().is_file():
        raise Fault("cli.no_file", file=named)


def _without(warnings: Warnings, code: str) -> Warnings:
    return [warning for warning in warnings if warning["code"] != code]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Fault("cli.no_file", file=str(file)) from None
    except (OSError, UnicodeDecodeError):
        raise Fault("spec.file_other") from None


def data_set(console: Console, ctx: Context, named: str) -> int:
    """The id of a data set given as an id, "sample-en", "sample-zh" or a file, whose columns must be plain to see.

    Raises:
        Fault: "cli.no_file", "cli.no_shape", or what makes the file useless.
        NotFound: no data set has that id.
    """
    check_data(ctx, named)
    if named in SAMPLE_NAMES:
        return datasets.ensure_sample(ctx, named.removeprefix("sample-"))
    if named.isdigit():
        return int(datasets.dataset_view(ctx, int(named))["id"])
    file = Path(named).expanduser()
    copy = ctx.settings.folder("cache", "uploads") / uuid.uuid4().hex
    shutil.copyfile(file, copy)
    try:
        dataset_id = sources.add_upload(ctx, copy, file.name)
    finally:
        copy.unlink(missing_ok=True)
    found = datasets.dataset_view(ctx, dataset_id)
    if not found["shape"]:
        raise Fault("cli.no_shape", file=file.name, columns=", ".join(map(str, found["columns"])))
    done = imports.import_dataset(ctx, dataset_id, name=found["name"], shape=found["shape"], mapping=found["mapping"])
    counts = {key: done[key] for key in ("accepted", "rejected", "train_rows", "val_rows")}
    console.say("cli.train.data", name=done["name"], **counts)
    return dataset_id


def _set(raw: dict[str, Any], pairs: list[str]) -> None:
    """Put each key=value where the method or the objective declares it."""
    own = {param.key for param in method_of(raw["method"]).params}
    for key, value in read_settings(pairs):
        raw.setdefault("method_params" if key in own else "training", {})[key] = value


def _name(ctx: Context, raw: dict[str, Any]) -> str:
    """A job's name from its parts; empty while a part is missing, which the spec's own check reports."""
    if not isinstance(raw.get("dataset"), int) or not isinstance(raw.get("base_model"), int):
        return "-"
    data = datasets.dataset_view(ctx, raw["dataset"])["name"]
    model = base_models.base_model_view(ctx, raw["base_model"])["name"]
    return f"{data} · {method_of(raw['method']).label.in_(FALLBACK)} · {model}"
