"""Which tokens end texts and answers of a model with its chat template."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from engine.data.templates.decoding import Decoding
from engine.data.templates.ending import token_after_answer, token_before_next_turn
from engine.data.templates.renderer import Messages, Tools
from engine.data.templates.token_rows import TokenRows


class Ends(Decoding, ABC):
    """The end tokens of a chat template.

    Attributes:
        special: names of tokens by their part.
        token_rows: which tokens the model has rows for in its embedding.
    """

    special: Mapping[str, Any]
    token_rows: TokenRows

    @property
    @abstractmethod
    def has_chat(self) -> bool:
        """Whether there is a template for conversations."""

    @abstractmethod
    def render(self, messages: Messages, add_generation_prompt: bool = False, tools: Tools | None = None) -> str:
        """The conversation as one text. Raises Fault where the template refuses it."""

    @cached_property
    def eos_id(self) -> int | None:
        """The token that ends a text."""
        token = self.special.get("eos_token")
        return None if token is None else self.tokenizer.token_to_id(token)

    @cached_property
    def eos_ids(self) -> list[int]:
        """Every token that ends an answer: those that the model names, and the one that the template writes behind answers.

        Tokens that the model has no row for can never come.
        """
        ids = [int(i) for i in self.special.get("eos_token_ids") or () if self.token_rows.has(int(i))]
        ids = ids or ([] if self.eos_id is None else [self.eos_id])
        end = self.turn_end
        return ids if end is None or end in ids else sorted({*ids, end})

    @cached_property
    def turn_end(self) -> int | None:
        """The token that the template itself writes right behind an answer; None where it writes text or nothing."""
        return token_after_answer(self) if self.has_chat else None

    @cached_property
    def end_id(self) -> int | None:
        """The token that is learnt as an answer's end where the template writes none; None where the model has no such token.

        It is always one at which chat stops.
        """
        following = token_before_next_turn(self) if self.has_chat and self.turn_end is None else None
        wanted = [i for i in (self.turn_end, following, self.eos_id) if i in self.eos_ids]
        known = (i for i in (*wanted, *self.eos_ids) if i is not None and self.tokenizer.id_to_token(i) is not None)
        return next(known, None)

    @property
    def end_text(self) -> str:
        """The text of `end_id`; empty without one."""
        return "" if self.end_id is None else self.decode([self.end_id], skip_special=False)

    @cached_property
    def pad_id(self) -> int:
        """A token to fill rows up with; it is never trained on."""
        pad = self.special.get("pad_token")
        found = None if pad is None else self.tokenizer.token_to_id(pad)
        usable = (i for i in (found, self.eos_id) if i is not None and self.token_rows.has(i))
        return next(usable, 0)

    @cached_property
    def end_marks(self) -> tuple[str, ...]:
        """Texts of the tokens that can end an answer."""
        added = self.tokenizer.get_added_tokens_decoder().values()
        named = {str(self.special.get("eos_token") or ""), *(self.tokenizer.id_to_token(i) or "" for i in self.eos_ids)}
        return tuple(({t.content for t in added if t.special} | named) - {""})

    @cached_property
    def closing_marks(self) -> tuple[str, ...]:
        """Texts of the tokens that end a whole turn, where the model names them; else those of `end_marks`."""
        named = (self.tokenizer.id_to_token(i) for i in self.eos_ids)
        return tuple(text for text in named if text) or self.end_marks
