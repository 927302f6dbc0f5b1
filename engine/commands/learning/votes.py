"""`votes`: what the votes on answers prove."""

from __future__ import annotations

import argparse

from engine.commands.console import Console
from engine.core.context import Context
from engine.evaluation.arena.biases import rounded_percents
from engine.services.arena.evidence import evidence


def votes(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """The sentence first, then who is how strong, and every two that met."""
    found = evidence(ctx, args.conversation)
    sentence = found["sentence"]
    console.say(f"event.{sentence['code']}", **sentence["params"])
    counts = {"n": found["blind_votes"], "prompts": found["prompts"], "open": found["open_votes"]}
    console.say("cli.votes.counted", **counts)
    for one in found["models"]:
        points = {key: f"{one[key]:.0f}" for key in ("points", "low", "high")}  # type: ignore[literal-required]
        console.say("cli.votes.model", rank=one["rank"], name=one["name"], prompts=one["prompts"], **points)
    for duel in found["duels"]:
        low, high = rounded_percents(duel["low"], duel["high"])
        said = {key: duel[key] for key in ("wins", "losses", "ties")}  # type: ignore[literal-required]
        pair = {"name": found["voted"][duel["one"]]["name"], "other": found["voted"][duel["other"]]["name"]}
        console.say("cli.votes.duel", **pair, **said, share=f"{100 * duel['share']:.0f}", low=low, high=high)
    return 0
