"""`push`: give an export to a hub. What leaves is said first, and the token is never an argument."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from engine.commands.console import Console
from engine.commands.train import watch
from engine.core.context import Context
from engine.exports.hub.token import has_token
from engine.services.models import pushing
from engine.shapes.taking.push import PushAsked
from storage.job_tables import Job


def push(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Say what would leave, ask, and send it as a job. Raises Fault or NotFound."""
    offer = pushing.push_offer(ctx, args.pushed, args.pushed_file)
    for file in offer["files"]:
        console.say("cli.push.file", name=file["name"], megabytes=f"{file['bytes'] / 1e6:.1f}")
    console.say("cli.push.leaves", host=offer["host"] or "-", repo=args.repo, megabytes=f"{offer['bytes'] / 1e6:.1f}")
    confirmed = args.yes or _agreed(console)
    if offer["allowed"] and confirmed:
        _take_token(console, ctx)
    wish: PushAsked = {"export": args.pushed, "file": args.pushed_file, "repo": args.repo, "private": not args.public,
                       "add": args.add, "confirmed": confirmed}  # fmt: skip
    job_id = pushing.start_push(ctx, wish)
    if code := watch(console, ctx, job_id):
        return code
    with ctx.db.read() as s:
        console.say("cli.push.done", url=(s.get_one(Job, job_id).result or {})["url"])
    return 0


def _take_token(console: Console, ctx: Context) -> None:
    """From HF_TOKEN or typed unseen, where none is kept yet."""
    if given := os.environ.get("HF_TOKEN"):
        return pushing.keep_push_token(ctx, given)
    if not has_token(ctx.settings) and sys.stdin.isatty():
        pushing.keep_push_token(ctx, getpass.getpass(console.text("cli.push.token") + " "))
    return None


def _agreed(console: Console) -> bool:
    if not sys.stdin.isatty():
        return False
    console.say("cli.push.ask")
    return sys.stdin.readline().strip().casefold() in ("y", "yes", "是", "好")
