"""`jobs`: list, show, stop, cancel, resume."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

from engine.commands.console import Console, status_text
from engine.commands.train import watch
from engine.core.context import Context
from engine.jobs import feed as job_feed
from engine.services.jobs import lifecycle as service
from engine.shapes.jobs import JobEventView, JobView


def jobs(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises NotFound or Fault."""
    action = {"list": _list, "show": _show, "stop": _stop, "cancel": _cancel, "resume": _resume}[args.action]
    return action(console, ctx, args)


def _list(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    found = service.list_jobs(ctx, args.limit)
    if not found:
        console.say("cli.jobs.none")
    for view in found:
        state = console.text(f"status.{view['status']}")
        console.line(f"{view['id']:>4}  {state:<12} {_progress(view):>6}  {status_text(console, view)}")
    return 0


def _progress(view: JobView) -> str:
    return f"{view['fraction']:.0%}" if view["total_steps"] or view["fraction"] else ""


def _show(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    feed = job_feed.job_feed(ctx, args.job)
    view = feed["job"]
    known: Mapping[str, Any] = view
    console.line(status_text(console, view))
    facts = ("status", "method", "base_model_name", "dataset_name", "lane", "attempt", "tuned_id")
    for key in facts:
        if known[key] is not None:
            console.line(f"  {console.text(f'cli.jobs.{key}')}: {known[key]}")
    for event in feed["events"]:
        console.line(f"  {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(event['at']))}  {_event(console, event)}")
    for line in feed["logs"][-args.lines :] if args.lines else []:
        console.line(f"  | {line['text']}")
    return 0


def _event(console: Console, event: JobEventView) -> str:
    if event["kind"] == "status":
        return console.text(f"status.{event['code']}")
    for prefix in ("event", "error"):
        key = f"{prefix}.{event['code']}"
        if (text := console.text(key, **event["params"])) != key:
            return text
    return str(event["code"])


def _stop(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    service.stop_job(ctx, args.job)
    return _tell(console, ctx, args.job)


def _cancel(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    service.cancel_job(ctx, args.job)
    return _tell(console, ctx, args.job)


def _resume(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    service.resume_job(ctx, args.job)
    return watch(console, ctx, args.job)


def _tell(console: Console, ctx: Context, job_id: int) -> int:
    console.line(status_text(console, service.job_view(ctx, job_id)))
    return 0
