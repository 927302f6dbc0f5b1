"""What pages see of conversations that branch, and of prompts with variables."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class TurnVersions(TypedDict):
    """The versions of one turn among the conversations that share all earlier ones."""

    turn: int  # that there are several of
    place: int  # of the shown one, from 0
    conversations: list[int]  # one that has each version, in the order in which they were made


class PromptAsked(TypedDict):
    """A question as a form asks it."""

    prompt: str  # with {{variables}} where there are values
    values: NotRequired[dict[str, str] | None]  # of the variables; None: it is asked as it stands


class SystemPromptView(TypedDict):
    """A system prompt of the library."""

    id: int | None  # of its row; None for one that comes with the product
    name: str  # of it
    text: str  # with {{variables}} to fill in
    updated_at: float | None  # seconds since 1970
