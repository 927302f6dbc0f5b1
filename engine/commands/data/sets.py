"""`data audit` and `data export`."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from typing import Any

from engine.commands.console import Console, JobPrinter
from engine.commands.data.told import tell_json
from engine.commands.given_settings import read_settings
from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.quality import CHECKS
from engine.jobs.supervisor import Supervisor
from engine.services.data.export import export_file, start_export
from engine.services.data.quality.auditing import audit_of, start_audit
from engine.services.jobs.follow import follow
from engine.shapes.jobs import JobView


def audit(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Look a data set through and tell what each check found. Raises NotFound or Fault."""
    _followed(console, ctx, start_audit(ctx, args.dataset), quiet=args.json)
    found = audit_of(ctx, args.dataset)
    known = {check.key: check for check in CHECKS}
    checks = {
        key: {"severity": known[key].severity, "label": known[key].label.in_(console.language), **one}
        for key, one in found["checks"].items()
        if key in known
    }
    if args.json:
        keys = ("version", "rows", "state")
        whole: Mapping[str, Any] = found
        tell_json(console, {"dataset": args.dataset} | {key: whole[key] for key in keys} | {"checks": checks})
        return 0
    hits = {key: one for key, one in checks.items() if one["rows"]}
    console.say("cli.data.audited" if hits else "cli.data.audited_clean", rows=found["rows"])
    for one in sorted(hits.values(), key=lambda one: ("serious", "look", "hint").index(one["severity"])):
        console.line(f"  {one['rows']:>8}  {one['label']}")
    return 0


def export(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Write a version of a data set to a file. Raises NotFound, SpecError or Fault."""
    values = {"format": args.format, **dict(read_settings(args.set))}
    begun = start_export(ctx, args.dataset, values, args.version)
    file = (
        begun["file"] if "file" in begun else _followed(console, ctx, begun["job"], quiet=args.json)["result"]["file"]
    )
    source, name = export_file(ctx, file["key"])
    target = args.to.expanduser() / name
    if target.exists():
        raise Fault("cli.file_exists", file=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    if args.json:
        tell_json(console, {"dataset": args.dataset, "file": str(target), **{key: file[key] for key in ("format", "rows", "bytes", "notes")}})  # fmt: skip
    else:
        console.say("cli.data.exported", rows=file["rows"], file=target)
    return 0


def _followed(console: Console, ctx: Context, job_id: int, *, quiet: bool) -> JobView:
    """The job at its end. Raises Fault where it did not succeed."""
    say = JobPrinter(console)
    job = follow(ctx, job_id, (lambda _view: None) if quiet else say, Supervisor(ctx))
    console.end_status()
    if job["status"] != "succeeded":
        error = job["error"] or {"code": "cli.data.ended", "params": {"name": job["name"]}}
        raise Fault(error["code"], **error["params"])
    return job
