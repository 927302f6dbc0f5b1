"""Tokens back to text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from tokenizers import Tokenizer
from tokenizers.decoders import DecodeStream

from engine.data.templates.tokenizer_variants import eats_space

_HALF = "\ufffd"  # what stands for bytes that make no character


@dataclass(frozen=True)
class Surroundings:
    """What a template writes around the words of an answer.

    Attributes:
        ids: tokens before them.
        before: their text, and the white space of the first word's own token.
        within: that white space alone.
        behind: white space between the last word and the end.
    """

    ids: Sequence[int] = ()
    before: str = ""
    within: str = ""
    behind: str = ""


class Decoding:
    """What a tokenizer makes of tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    def text_behind(self, ids: Sequence[int]) -> str:
        """The text of tokens that stand behind others, with the first space that some decoders drop, as `whole_text`."""
        if self._letter is None:
            return self.whole_text(ids)
        return self.whole_text([self._letter, *ids])[1:]

    def surroundings(self, ids: Sequence[int], said: str) -> Surroundings:
        """What stands around the words `said` in the tokens of an answer."""
        before, _, behind = self.text_behind(ids).partition(said)
        first = next((n for n in range(len(ids)) if said not in self.text_behind(ids[n + 1 :])), 0)
        within = self.text_behind(ids[first:]).partition(said)[0]
        return Surroundings(ids[:first], before, within, behind if behind.isspace() else "")

    def bare_answer(self, ids: Sequence[int], around: Surroundings) -> str:
        """The words of an answer, perhaps not yet whole, without what a template writes around them."""
        lead = list(around.ids)
        if lead and list(ids[: len(lead)]) == lead[: len(ids)]:
            said, white = self.text_behind(ids[len(lead) :]), around.within
        elif lead and self.decode(lead[:1]).strip():  # its last tokens may have joined the first word
            said, white = self.text_behind(ids).removeprefix(around.before), ""
        else:
            said, white = self.text_behind(ids), around.before if around.before.isspace() else ""
        led = takewhile(lambda pair: pair[0] == pair[1], zip(white, said, strict=False))
        return said[sum(1 for _ in led) :].removesuffix(around.behind)

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

    def texts_behind(self, runs: Sequence[Sequence[int]]) -> list[str]:
        """The text of each of these runs of tokens where it stands behind others, its halves of characters as U+FFFD."""
        lead = [] if self._letter is None else [self._letter]
        return [self.decode([*lead, *run], skip_special=False)[len(lead) :] for run in runs]

    def pieces_behind(self, ids: Sequence[int]) -> list[str]:
        """As `pieces`, of tokens that stand behind others: with the first space that some decoders drop."""
        return self.pieces(ids) if self._letter is None else self.pieces([self._letter, *ids])[1:]

    def marked(self, ids: Sequence[int]) -> list[tuple[str, bool]]:
        """The whole text of tokens in stretches, and whether each is one control token."""
        added = self.tokenizer.get_added_tokens_decoder()
        stretches: list[tuple[str, bool]] = []
        for token, piece in zip(ids, self.pieces(ids), strict=True):
            control = token in added and added[token].special
            if stretches and not control and not stretches[-1][1]:
                stretches[-1] = (stretches[-1][0] + piece, False)
            elif piece:
                stretches.append((piece, control))
        return stretches

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The text that each token adds; a character made of several tokens shows at its last one."""
        stream = DecodeStream(skip_special_tokens=False)
        return [stream.step(self.tokenizer, i) or "" for i in ids]
