"""What the Playground does with turns and prompts: branches, answers given again, the library of system prompts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.chat.stored import families
from engine.services.chat.turns import batches, branches, opening, system_prompts
from engine.shapes.playground.branches import PromptAsked, SystemPromptView, TurnVersions
from webui.pages.shapes import WantedBatch
from webui.site import Site

Function = Callable[..., Any]


def turning(site: Site) -> tuple[Function, ...]:
    """What makes other conversations of one; each gives the one to show then."""
    ctx, chat = site.ctx, site.chat

    def chat_edit(conversation_id: int, turn: int, asked: PromptAsked) -> int:
        return branches.ask_instead(ctx, chat, conversation_id, turn, asked["prompt"], asked.get("values"))

    def chat_correct(conversation_id: int, turn: int, side: str, text: str) -> int:
        return branches.correct(ctx, conversation_id, turn, side, text)

    def chat_branch(conversation_id: int, turn: int) -> int:
        return branches.branch(ctx, conversation_id, turn)

    def chat_again(conversation_id: int, turn: int, side: str) -> int:
        """`side`: "" for all."""
        return branches.answer_again(ctx, chat, conversation_id, turn, side)

    def chat_versions(conversation_id: int) -> list[TurnVersions]:
        with ctx.db.read() as s:
            return families.versions(s, conversation_id)

    return chat_edit, chat_correct, chat_branch, chat_again, chat_versions


def batches_of(site: Site) -> tuple[Function, ...]:
    """Prompts with variables for the rows of a file, and their rows as conversations."""
    ctx = site.ctx

    def batch_start(wanted: WantedBatch) -> int:
        return batches.start_batch(
            ctx,
            wanted["base_id"],
            wanted["sides"],
            wanted["settings"],
            wanted["template"],
            wanted["rows"],
            name=wanted["name"],
            key=wanted["key"][:64],
        )

    def list_open(job_id: int, place: int) -> int:
        return opening.open_row(ctx, job_id, place)

    return batch_start, list_open


def prompt_library(site: Site, lang: str) -> tuple[Function, ...]:
    """The system prompts that are kept."""
    ctx = site.ctx

    def prompt_list() -> list[SystemPromptView]:
        return system_prompts.library(ctx, lang)

    def prompt_keep(prompt_id: int | None, name: str, text: str) -> int:
        return system_prompts.keep_prompt(ctx, name, text, prompt_id)

    def prompt_forget(prompt_id: int) -> None:
        system_prompts.forget_prompt(ctx, prompt_id)

    return prompt_list, prompt_keep, prompt_forget
