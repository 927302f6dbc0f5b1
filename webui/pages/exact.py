"""What the Playground asks of how its answers were made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.services.chat.exact import again, differences, view
from engine.services.chat.exact.shapes import AskedAgain, ExactAnswer, SideDifferences, SureAnswer
from webui.site import Site

Function = Callable[..., Any]


def exact_in_talk(site: Site) -> tuple[Function, ...]:
    """For the Playground."""

    def chat_exact(conversation_id: int, turn: int, side: str) -> ExactAnswer:
        return view.exact_answer(site.ctx, int(conversation_id), int(turn), str(side))

    def chat_words(conversation_id: int, turn: int) -> list[SureAnswer]:
        return view.sure_answers(site.ctx, int(conversation_id), int(turn))

    def chat_exact_again(conversation_id: int, turn: int, side: str) -> AskedAgain:
        return again.ask_again(site.ctx, site.chat, int(conversation_id), int(turn), str(side))

    def chat_differences(conversation_id: int, turn: int, side: str, other: str) -> SideDifferences:
        return differences.differences(site.ctx, site.chat, int(conversation_id), int(turn), str(side), str(other))

    return chat_exact, chat_words, chat_exact_again, chat_differences
