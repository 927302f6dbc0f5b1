"""`models` and `data`: what there is to name in other commands, by its id."""

from __future__ import annotations

import argparse

from engine.commands.console import Console
from engine.core.context import Context
from engine.services.data import datasets
from engine.services.models import base_models, tuned


def models(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    """Base models, which are for --model, and tuned ones, which are for --tuned and `export`."""
    bases, made = base_models.list_base_models(ctx), tuned.list_tuned(ctx)
    console.say("cli.models.bases" if bases else "cli.models.no_bases")
    for base in bases:
        state = console.text(f"settings.models.status.{base['status']}")
        console.line(f"{base['id']:>4}  {state:<16} {base['name']}  ({base['ref']})")
        if base["error"]:
            console.line(f"      {console.sentence(base['error'])}")
    console.say("cli.models.tuned" if made else "cli.models.no_tuned")
    for one in made:
        console.line(f"{one['id']:>4}  {one['method']:<16} {one['name']}  ({one['base_name']})")
        if one["changed"]:
            console.line(f"      {console.sentence(one['changed'])}")
    return 0


def data(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    """Data sets, which are for --data."""
    found = datasets.list_datasets(ctx)
    if not found:
        console.say("cli.data.none")
    for one in found:
        rows = console.text("cli.data.rows", train=one["train_rows"], val=one["val_rows"])
        console.line(f"{one['id']:>4}  {rows:<36} {one['name']}")
    return 0
