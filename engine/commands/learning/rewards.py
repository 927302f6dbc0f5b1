"""`rewards`: what can be chosen, and what chosen ones say of answers."""

from __future__ import annotations

import argparse

from engine.commands.console import Console
from engine.commands.given_settings import given_rewards
from engine.commands.train import data_set
from engine.core.context import Context
from engine.rewards import REWARDS
from engine.services.rewards.shapes import RewardTrialView, TypedAnswer
from engine.services.rewards.trying import try_rewards

_SHOWN = 70  # characters of an answer


def rewards(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Do what `args.action` says. Raises SpecError or Fault."""
    return (_list if args.action == "list" else _try)(console, ctx, args)


def _list(console: Console, ctx: Context, _args: argparse.Namespace) -> int:
    for reward in REWARDS:
        why = reward.why_not(ctx.settings)
        console.line(f"{reward.key}: {reward.label.in_(console.language)}")
        console.line(f"    {reward.help.in_(console.language)}")
        for param in reward.params:
            console.line(
                f"    {param.key}={param.default if param.default is not None else ''}  {param.help.in_(console.language)}"
            )
        if why is not None:
            console.line("    " + console.text(f"error.{why['code']}", **why["params"]))
    return 0


def _try(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    typed: list[TypedAnswer] = [
        {"question": args.question or "", "answer": answer, "expected": args.expected or ""} for answer in args.answer
    ]
    dataset = data_set(console, ctx, args.data) if args.data else None
    chosen = given_rewards(args.reward)
    found = try_rewards(ctx, {"rewards": chosen, "dataset": dataset, "typed": typed, "sampled": None})
    for one in found["answers"]:
        scores = "  ".join(f"{name} {_number(score)}" for name, score in one["scores"].items())
        console.line(f"{_number(one['total']):>8}  {scores}  {' '.join(one['answer'].split())[:_SHOWN]}")
    _tell_missing(console, found)
    return 0


def _number(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"


def _tell_missing(console: Console, found: RewardTrialView) -> None:
    if not found["answers"]:
        console.say("train.rewards.nothing")
    for part in found["parts"]:
        if part["later"]:
            console.say("train.rewards.later", name=part["name"])
        elif part["unscored"]:
            console.say("train.rewards.unscored", name=part["name"], n=part["unscored"], total=len(found["answers"]))
