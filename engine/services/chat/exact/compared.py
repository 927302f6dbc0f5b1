"""Two readings of one answer, word by word: where they differ, and where the second would have said something else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.services.chat.exact.shapes import LikelyWord, SidesAt, TwoWords
from engine.services.chat.exact.view import likely_words
from engine.serving.words import TokenWorth, groups_of, rounded, words_of

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

_LARGEST = 8  # differences that are listed
_LEAST = 0.05  # nats: smaller ones are roundings and say nothing
_BEFORE = 60  # characters of the text before a place


@dataclass(frozen=True)
class ReadTwice:
    """An answer, its end among its words, as the side that said it reads it and as another does.

    Attributes:
        words: of it, with their probabilities for both.
        own: for each word, what the side that said it would say there, the likeliest first.
        other: the same of the other side.
        partings: places of the words that the other would not have said at temperature 0.
    """

    words: list[TwoWords]
    own: list[list[LikelyWord]]
    other: list[list[LikelyWord]]
    partings: list[int]

    def at(self, place: int) -> SidesAt:
        """One place, with what both would say there."""
        word = self.words[place]
        before = "".join(one["text"] for one in self.words[:place])[-_BEFORE:]
        shown = {"own": self.own[place], "other": self.other[place], "difference": word["difference"]}
        return {"place": place, "before": before, "text": word["text"], **shown}  # type: ignore[typeddict-item]

    @property
    def first(self) -> SidesAt | None:
        """The first word that the other would not have said at temperature 0."""
        return self.at(self.partings[0]) if self.partings else None

    @property
    def largest(self) -> list[SidesAt]:
        """Where they differ most, the largest difference first."""
        order = sorted(range(len(self.words)), key=lambda place: -abs(self.words[place]["difference"]))[:_LARGEST]
        return [self.at(place) for place in order if abs(self.words[place]["difference"]) >= _LEAST]

    @property
    def agree(self) -> float:
        """Share of the words that the other would have said at temperature 0."""
        return rounded(1 - len(self.partings) / len(self.words)) if self.words else 1.0


def read_twice(template: ChatTemplate, own: Sequence[TokenWorth], other: Sequence[TokenWorth]) -> ReadTwice:
    """What two readings of the same tokens say. Tokens that are parts of one character are one word.

    The difference of a word is log P(own) - log P(other), summed over its tokens.
    """
    by_own, by_other = list(groups_of(template, own)), list(groups_of(template, other))
    words: list[TwoWords] = []
    partings = []
    for place, (mine, theirs) in enumerate(zip(by_own, by_other, strict=True)):
        logs = [sum(worth.log_probability for worth in group.worths) for group in (mine, theirs)]
        shares = [rounded(math.exp(log)) for log in logs]
        difference = round(logs[0] - logs[1], 3)
        words.append({"text": mine.text, "own": shares[0], "other": shares[1], "difference": difference})
        if not all(map(_is_likeliest, theirs.worths)):
            partings.append(place)
    return ReadTwice(words, _likeliest(template, own), _likeliest(template, other), partings)


def _is_likeliest(worth: TokenWorth) -> bool:
    return not worth.others or math.exp(worth.log_probability) >= worth.others[0][1]


def _likeliest(template: ChatTemplate, worths: Sequence[TokenWorth]) -> list[list[LikelyWord]]:
    return [likely_words(_with_itself(word)) for word in words_of(template, worths)]


def _with_itself(word: list[Any]) -> list[list[Any]]:
    text, share, others, _entropy = word
    return sorted([[text, share], *others], key=lambda pair: -pair[1])
