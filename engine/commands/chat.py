"""`chat`: ask a base model, or a tuned one next to its base."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Protocol

from engine.commands import models
from engine.commands.console import Console
from engine.core.context import Context
from engine.core.errors import Fault, NotFound, TunesmithError
from engine.services.chat.conversations import Chat
from engine.shapes.chat import AnswerEvent, ConversationView


class Asking(Protocol):
    """What asking needs of the chat service."""

    def ask(self, conversation_id: int, prompt: str) -> Iterator[AnswerEvent]:
        """Texts so far, by side."""

    def view(self, conversation_id: int) -> ConversationView:
        """The conversation."""


def chat(console: Console, ctx: Context, args: argparse.Namespace) -> int:
    """Ask once (`--prompt`) or until an empty line. Raises Fault or NotFound."""
    talk = Chat(ctx)
    try:
        base_id, tuned_ids = _who(console, ctx, talk, args)
        conversation = talk.open(base_id, tuned_ids, _settings(args))
        if args.prompt:
            answer(console, talk, conversation, args.prompt)
            return 0
        console.say("cli.chat.begin")
        while prompt := _read():
            try:
                answer(console, talk, conversation, prompt)
            except TunesmithError as error:
                console.fault(error)
        return 0
    finally:
        talk.close()


def _who(console: Console, ctx: Context, talk: Chat, args: argparse.Namespace) -> tuple[int, list[int]]:
    if args.tuned:
        for base in talk.options()["bases"]:
            if any(tuned["id"] == args.tuned for tuned in base["tuned"]):
                return base["id"], [args.tuned]
        raise NotFound(tuned=args.tuned)
    base_id = models.find(ctx, args.model)
    models.make_ready(console, ctx, base_id)
    return base_id, []


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    given = {"system": args.system, "temperature": args.temperature, "max_tokens": args.max_tokens}
    return {key: value for key, value in given.items() if value is not None}


def _read() -> str:
    try:
        return input("> ").strip()
    except (EOFError, KeyboardInterrupt):
        return ""


def answer(console: Console, talk: Asking, conversation: int, prompt: str) -> dict[str, str]:
    """Ask, print what each side says, and return it by side. One side is printed as it comes. Raises Fault."""
    sides = talk.view(conversation)["sides"]
    labels = {side["side"]: f"[{console.text('cli.chat.' + side['kind'])}] {side['label']}" for side in sides}
    said: dict[str, str] = dict.fromkeys(labels, "")
    for event in talk.ask(conversation, prompt):
        side, text = event["side"], event["text"]
        if len(labels) == 1 and text.startswith(said[side]):
            console.part(text[len(said[side]) :])
        said[side] = text
        if event["status"] == "failed":
            error = event["stats"].get("error") or {"code": "internal", "params": {}}
            raise Fault(error["code"], **error["params"])
    if len(labels) == 1:
        console.line()
    for side, label in labels.items() if len(labels) > 1 else ():
        console.line(f"  {label}:{_laid_out(said[side])}")
    return said


def _laid_out(answer: str) -> str:
    """An answer behind its label: lines of their own keep the indentation of code."""
    text = answer.rstrip()
    return f"\n{text}" if "\n" in text or text[:1].isspace() else f" {text}"
