"""Tokens back to text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from engine.data.templates.tokenizer_variants import eats_space

_HALF = "\ufffd"  # what stands for bytes that make no character


class Decoding:
    """What a tokenizer makes of tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def text_behind(self, ids: Sequence[int]) -> str:
        """The text of tokens that stand behind others, with the first space that some decoders drop, as `whole_text`."""
        if self._letter is None:
            return self.whole_text(ids)
        return self.whole_text([self._letter, *ids])[1:]

    @cached_property
    def _letter(self) -> int | None:
        """A token that is one letter; None where decoding keeps the first space."""
        if not eats_space(self.tokenizer):
            return None
        found = (self.tokenizer.token_to_id(letter) for letter in "aeiotnsr")
        return next((number for number in found if number is not None), None)

    def whole_text(self, ids: Sequence[int]) -> str:
        """The text of tokens that were cut off somewhere: without a character at its end of which only some bytes are there."""
        return self.decode(ids).rstrip(_HALF)

    def decode(self, ids: Sequence[int], *, skip_special: bool = True) -> str:
        """The text of tokens."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=skip_special)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The text that each token adds; a character made of several tokens shows at its last one."""
        stream = DecodeStream(skip_special_tokens=False)
        return [stream.step(self.tokenizer, i) or "" for i in ids]
