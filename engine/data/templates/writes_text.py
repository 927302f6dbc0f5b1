"""A conversation written as a template writes it, and what is known of a template by what it writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jinja2

from engine.core.errors import Fault
from engine.data.calls.form import CallForm, learn_form
from engine.data.calls.ids import as_asked
from engine.data.templates.renderer import Messages, Tools, unweighted
from engine.data.thoughts.form import ThoughtForm, templates_text, thought_form
from engine.data.thoughts.wish import EMPTY, LEARN, dressed, settled

MOST_TEXT = 20_000_000  # characters of one row


class WritesText:
    """The part of a `ChatTemplate` that makes text.

    Attributes:
        special: names of tokens by their part.
        thinking: what is wanted of the thinking in answers (`engine.data.thoughts.wish`).
    """

    special: Mapping[str, Any]
    thinking: str = LEARN
    _compiled: jinja2.Template | None

    @property
    def has_chat(self) -> bool:
        """Whether there is a template for conversations."""
        return self._compiled is not None

    @cached_property
    def thoughts(self) -> ThoughtForm:
        """How the template takes thinking."""
        return thought_form(templates_text(self._plain_render, Fault)) if self.has_chat else ThoughtForm()

    @property
    def knows_thinking(self) -> bool:
        """Whether the template knows of thinking at all; where it does not, a thought is written into the words of an answer."""
        return self.thoughts.known

    @cached_property
    def _names(self) -> dict[str, str]:
        return {name: value for name, value in self.special.items() if isinstance(value, str)}

    def render(self, messages: Messages, add_generation_prompt: bool = False, tools: Tools | None = None) -> str:
        """The conversation as one text. `tools`: definitions of the functions that the assistant may call.

        Raises:
            Fault: "template.missing", "template.too_much", or "template.refused" with the template's own reason (for
                instance, wrong order of roles).
        """
        if any(message.get("tool_calls") for message in messages):
            messages = as_asked(messages, self.call_form.asked)
        return self._rendered(messages, tools, add_generation_prompt)

    @cached_property
    def call_form(self) -> CallForm:
        """How the template writes calls of tools, and how it wants them."""

        def text_of(messages: Messages, tools: Tools) -> str | None:
            try:
                return self._rendered(messages, tools)
            except Fault:
                return None

        return learn_form(text_of)

    def _rendered(self, messages: Messages, tools: Tools | None, add_generation_prompt: bool = False) -> str:
        if self._compiled is None:
            raise Fault("template.missing")
        wanted = dressed(settled(messages, self.thinking, self.thoughts), self.thoughts)
        text = self._plain_render(wanted, ask=add_generation_prompt, tools=tools)
        return text + self.thoughts.empty if add_generation_prompt and self.thinking == EMPTY else text

    def _plain_render(
        self, messages: Messages, *, ask: bool = False, tools: Tools | None = None, **switches: Any
    ) -> str:
        """As `render`, of the messages as they are."""
        assert self._compiled is not None
        try:
            text = self._compiled.render(
                messages=[unweighted(m) for m in messages],
                tools=[dict(tool) for tool in tools] if tools else None,
                documents=None,
                add_generation_prompt=ask,
                **switches,
                **self._names,
            )
        except MemoryError:
            raise
        except Exception as error:  # a template may fail in any way
            raise Fault("template.refused", reason=str(error)[:300] or type(error).__name__) from None
        if len(text) > MOST_TEXT:
            raise Fault("template.too_much", n=len(text), most=MOST_TEXT)
        return text
