"""`data`: what there is to name in other commands, by its id."""

from __future__ import annotations

import argparse

from engine.commands.console import Console
from engine.core.context import Context
from engine.services.data import datasets


def data(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    """Data sets, which are for --data."""
    found = datasets.list_datasets(ctx)
    if not found:
        console.say("cli.data.none")
    for one in found:
        rows = console.text("cli.data.rows", train=one["train_rows"], val=one["val_rows"])
        console.line(f"{one['id']:>4}  {rows:<36} {one['name']}")
    return 0
