"""`keys`: the keys of programs that ask through the API."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping

from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault
from engine.services import api_keys


def keys(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Do the action that was asked for. Returns the exit code. Raises Fault or NotFound."""
    return ACTIONS[args.action](console, ctx, args)


def _list(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    found = api_keys.list_keys(ctx)
    if not found:
        console.say("settings.keys.none")
    for one in found:
        state = console.text("settings.keys.revoked" if one["revoked_at"] else "settings.keys.open")
        console.line(f"{one['id']:>4}  {state:<8} {one['name']}  ({one['shown']})")
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(one["used_at"])) if one["used_at"] else "–"
        told = {key: one[key] for key in ("per_minute", "requests", "tokens")}  # type: ignore[literal-required]
        console.line("      " + console.text("cli.keys.did", used=used, **told))
    return 0


def _make(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """The key alone on the first line, for programs that read it."""
    key, secret = api_keys.make_key(ctx, args.what or "", args.per_minute)
    console.line(secret)
    console.say("cli.keys.once", name=key.name)
    return 0


def _revoke(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    if not (args.what or "").isdecimal():
        raise Fault("cli.keys.which")
    api_keys.revoke(ctx, int(args.what))
    console.say("cli.keys.revoked")
    return 0


ACTIONS: Mapping[str, Callable[[Console, Context, argparse.Namespace], int]] = {
    "list": _list,
    "make": _make,
    "revoke": _revoke,
}
