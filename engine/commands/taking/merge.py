"""`merge-adapters`: several tuned models of one base become a new one."""

from __future__ import annotations

import argparse
from typing import Any

from engine.commands.console import Console
from engine.commands.train import watch
from engine.core.context import Context
from engine.core.errors import Fault
from engine.services.models import merging


def merge(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Run the merge as a job and say how far the result is from the sum. Raises Fault or NotFound."""
    parents = [_parent(given) for given in args.merged]
    job_id = merging.start_merge(ctx, parents, args.how, rank=args.merged_rank, name=args.merged_name or "")
    if code := watch(console, ctx, job_id):
        return code
    seen = merging.merge_view(ctx, job_id)
    if seen["agreement"] is not None:
        console.say("cli.merge.done", divergence=f"{seen['divergence']:.2g}", percent=round(100 * seen["agreement"], 1))
    return 0


def _parent(given: str) -> dict[str, Any]:
    """ID or ID=WEIGHT. Raises Fault("cli.bad_parent")."""
    number, equals, weight = given.partition("=")
    try:
        return {"id": int(number), "weight": float(weight) if equals else 1.0}
    except ValueError:
        raise Fault("cli.bad_parent", given=given) from None
