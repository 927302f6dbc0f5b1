"""`demo`: the whole main job without a page: get the model, teach it the sample, ask base and tuned the same questions."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path

from engine.commands import models
from engine.commands.chat import answer
from engine.commands.console import Console
from engine.commands.train import watch
from engine.core.context import Context
from engine.data.samples.builtin import sample_file
from engine.services.app.lesson import start_lesson
from engine.services.chat.conversations import Chat
from engine.services.jobs.lifecycle import job_view
from engine.services.models import base_models


def demo(console: Console, ctx: Context, sample: str, epochs: float | None = None) -> int:
    """Print what base and tuned model answer to questions in words that neither has seen, and where everything is."""
    console.say("cli.demo.begin")
    started = time.monotonic()
    model_id = base_models.ensure_starter(ctx)
    models.make_ready(console, ctx, model_id)
    job_id = start_lesson(ctx, sample, name=console.text("cli.demo.job"), key=uuid.uuid4().hex, epochs=epochs)
    if code := watch(console, ctx, job_id):
        return code
    job = job_view(ctx, job_id)
    if job["tuned_id"] is None:
        return 1
    right = _ask_held_out(console, ctx, model_id, job["tuned_id"], sample)
    minutes = round((time.monotonic() - started) / 60, 1)
    console.say("cli.demo.result", base=right["base"], tuned=right["tuned"], asked=right["asked"], minutes=minutes)
    home = ctx.settings.home
    console.say("cli.demo.stored", database=ctx.settings.database, tuned=home / "tuned" / str(job_id), job=job_id)
    return 0 if right["tuned"] > right["base"] else 1


def held_out(sample: str) -> list[dict[str, object]]:
    """Questions of a sample in words that its rows do not have: {"prompt", "expect": [texts, one of which must appear]}."""
    file: Path = sample_file(sample).with_name(f"{sample}_held_out.json")
    questions: list[dict[str, object]] = json.loads(file.read_text(encoding="utf-8"))
    return questions


def _ask_held_out(console: Console, ctx: Context, base_id: int, tuned_id: int, sample: str) -> dict[str, int]:
    right = {"base": 0, "tuned": 0, "asked": 0}
    talk = Chat(ctx)
    try:
        for question in held_out(sample):
            console.line(f"\n> {question['prompt']}")
            conversation = talk.open(base_id, [tuned_id], {"temperature": 0.0, "max_tokens": 60})
            said = answer(console, talk, conversation, str(question["prompt"]))
            right["asked"] += 1
            for side, text in said.items():
                expected = [str(part).casefold() for part in question["expect"]]  # type: ignore[attr-defined]
                right["base" if side == "base" else "tuned"] += any(part in text.casefold() for part in expected)
    finally:
        talk.close()
    return right
