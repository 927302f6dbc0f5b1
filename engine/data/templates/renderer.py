"""What masks and checks need of a chat template: that it renders conversations, and how it ends an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from engine.data.calls.form import CallForm
from engine.data.thoughts.form import ThoughtForm

Messages = Sequence[Mapping[str, Any]]
Tools = Sequence[Mapping[str, Any]]


def unweighted(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message as templates see it: how much it counts in the loss is none of their business."""
    seen = dict(message)
    seen.pop("weight", None)
    return seen


class Renderer(Protocol):
    """A chat template, seen from those who only render with it."""

    @property
    def end_marks(self) -> tuple[str, ...]:
        """Tokens that end an answer, as text."""

    @property
    def closing_marks(self) -> tuple[str, ...]:
        """Tokens that end a whole turn, as text."""

    @property
    def dropped(self) -> frozenset[str]:
        """Of "tools", "calls" and "results", those that it passes over in silence."""

    @property
    def opens_thought(self) -> bool:
        """Whether it begins each answer in chat with a thought for the model to go on with."""

    @property
    def thoughts(self) -> ThoughtForm:
        """How it takes the thinking of an answer."""

    @property
    def call_form(self) -> CallForm:
        """How it writes calls of tools, and how it wants them."""

    def render(self, messages: Messages, *, add_generation_prompt: bool = False, tools: Tools | None = None) -> str:
        """The conversation as text. Raises Fault where the template refuses it."""
