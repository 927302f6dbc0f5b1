"""Tokens of a conversation in which every answer begins where a token begins: behind exactly what chat would have sent.

A tokenizer may join characters across the border between question and answer ("assistant\\n" and "\\n  def" share the
token "\\n\\n" in many). There, and only there, the text before and the text behind are tokenised apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from tokenizers import Tokenizer

from engine.data.templates.masking import Span
from engine.data.templates.tokenizer_variants import going_on

_NEAR = 16  # tokens before a border that can depend on it; half of them are compared
_REMEMBERED = 256


@dataclass(frozen=True)
class Tokenised:
    """Tokens of a text.

    Attributes:
        ids: of the vocabulary.
        offsets: the characters of each, from and to.
    """

    ids: list[int]
    offsets: list[Span]


@dataclass(frozen=True)
class Opening:
    """What stands before every answer, where added tokens part all answers from the rest.

    Attributes:
        text: from the last added token on; empty where there is none.
        ids: its tokens when nothing follows.
    """

    text: str = ""
    ids: Sequence[int] = ()

    def is_before_each(self, text: str, ids: list[int], answers: int) -> bool:
        """Whether so many answers stand in a text behind exactly these tokens, so that nothing is to be cut."""
        return bool(self.text) and text.count(self.text) == answers == self._times(ids)

    def _times(self, ids: list[int]) -> int:
        first, size, found, at = self.ids[0], len(self.ids), 0, -1
        for _ in range(ids.count(first)):
            at = ids.index(first, at + 1)
            found += ids[at : at + size] == self.ids
        return found


@dataclass
class _Recut:
    """Tokens that are put together anew."""

    ids: list[int] = field(default_factory=list)
    offsets: list[Span] = field(default_factory=list)

    def take(self, ids: Sequence[int], offsets: Sequence[Span], shift: int = 0) -> None:
        self.ids += ids
        self.offsets += [(begin + shift, end + shift) for begin, end in offsets] if shift else offsets


class BorderedTokenizer:
    """A tokenizer that keeps to borders."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        added = tokenizer.get_added_tokens_decoder()
        self._added = frozenset(added)
        self._greedy = {number: token.content for number, token in added.items() if token.lstrip or token.rstrip}
        self._known_tails: dict[str, list[int]] = {}

    @cached_property
    def _behind(self) -> Tokenizer:
        return going_on(self.tokenizer)

    def encode(self, text: str, answers: Sequence[Span] = ()) -> Tokenised:
        """The tokens of a render.

        Args:
            answers: where the assistant's answers lie in it.
        """
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        tokens = Tokenised(encoding.ids, encoding.offsets)
        return self.cut(text, tokens, answers) if answers else tokens

    def opening(self, before: str, whole: str, said: str) -> Opening:
        """The opening of a template.

        Args:
            before: what chat sends before an answer.
            whole: the same with the answer `said`.
        """
        encoding = self.tokenizer.encode(before, add_special_tokens=False)
        last = max((place for place, number in enumerate(encoding.ids) if number in self._added), default=-1)
        behind = whole[len(before) + len(said) :]
        marks = tuple(token.content for token in self.tokenizer.get_added_tokens_decoder().values())
        parted = whole.startswith(before + said) and behind.startswith(marks)
        if last < 0 or encoding.ids[last] in self._greedy or not parted:
            return Opening()
        return Opening(before[encoding.offsets[last][0] :], encoding.ids[last:])

    def cut(self, text: str, tokens: Tokenised, answers: Sequence[Span]) -> Tokenised:
        """The same tokens, with those made anew that reach over the begin or the end of an answer."""
        starts = [begin for begin, _ in answers if self._joins(text, tokens, begin)]
        if self._greedy:
            tokens = self._bared(text, tokens)
        ends = [end for _, end in answers if end < len(text) and _reaches_over(tokens.offsets, end)]
        cuts = sorted({*starts, *ends})
        return self._recut(text, tokens, cuts) if cuts else tokens

    def _bared(self, text: str, tokens: Tokenised) -> Tokenised:
        """The same, where the white space that an added token takes with it does not count as its own."""
        offsets = list(tokens.offsets)
        for place, number in enumerate(tokens.ids):
            if number in self._greedy:
                begin = text.find(self._greedy[number], *offsets[place])
                if begin >= 0:
                    offsets[place] = begin, begin + len(self._greedy[number])
        return Tokenised(tokens.ids, offsets)

    def _joins(self, text: str, tokens: Tokenised, border: int) -> bool:
        """Whether the tokens before a border are others than those of the text that ends there."""
        if not 0 < border < len(text):
            return False
        if _reaches_over(tokens.offsets, border):
            return True
        after = bisect_left(tokens.offsets, (border, 0))
        first = after - 1
        while first > max(0, after - _NEAR) and tokens.ids[first] not in self._added:
            first -= 1
        if first < 0:
            return False
        held = tokens.ids[first] in self._added
        alone = self._tail(text[tokens.offsets[first][0] if first else 0 : border], keep=held)
        if held or not first:
            return alone != tokens.ids[first:after]
        near = (after - first) // 2
        return alone[-near:] != tokens.ids[after - near : after]

    def _tail(self, text: str, *, keep: bool) -> list[int]:
        """The tokens of the end of a prompt; what a template always writes there is remembered."""
        if text in self._known_tails:
            return self._known_tails[text]
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        if keep and len(self._known_tails) < _REMEMBERED:
            self._known_tails[text] = ids
        return ids

    def _recut(self, text: str, tokens: Tokenised, cuts: Sequence[int]) -> Tokenised:
        """The tokens with the text cut at some places: from the added token before each to the one behind it, they are made anew."""
        made, done = _Recut(), 0
        for first, behind, places in self._stretches(tokens, cuts):
            made.take(tokens.ids[done:first], tokens.offsets[done:first])
            begin = tokens.offsets[first][0] if first else 0
            end = tokens.offsets[behind][0] if behind < len(tokens.ids) else len(text)
            for place, (one, other) in enumerate(pairwise([begin, *places, end])):
                tokenizer = self._behind if place else self.tokenizer
                encoding = tokenizer.encode(text[one:other], add_special_tokens=False)
                made.take(encoding.ids, encoding.offsets, one)
            done = behind
        made.take(tokens.ids[done:], tokens.offsets[done:])
        return Tokenised(made.ids, made.offsets)

    def _stretches(self, tokens: Tokenised, cuts: Sequence[int]) -> Iterator[tuple[int, int, list[int]]]:
        """(first token, token behind, cuts) of each stretch that is tokenised by itself, as added tokens part the text."""
        marks = [place for place, number in enumerate(tokens.ids) if number in self._added]
        begins = [tokens.offsets[place][0] for place in marks]
        held: dict[int, list[int]] = {}
        for cut in cuts:
            held.setdefault(bisect_left(begins, cut), []).append(cut)
        for number, places in held.items():
            behind = marks[number] if number < len(marks) else len(tokens.ids)
            yield (marks[number - 1] if number else 0), behind, places


def _reaches_over(offsets: Sequence[Span], place: int) -> bool:
    """Whether a token has characters on both sides of a place."""
    after = bisect_left(offsets, (place, 0))
    return after > 0 and offsets[after - 1][1] > place
