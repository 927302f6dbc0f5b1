"""What each word of an answer was worth, as people can read it: halves of characters are joined. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate

HALF = "\ufffd"  # what stands for a part of a character
_LEAST = 0.0005  # less likely tokens are not told, but for the likeliest one
Word = list[
    Any
]  # [text, probability, [[text, probability], ...] of others, the likeliest first, entropy of its least sure token in nats]


class TokenWorth(NamedTuple):
    """What a model gave for the place of one token, at temperature 1.

    Attributes:
        token: that stands there.
        log_probability: of it, in nats.
        others: tokens and their probabilities, the likeliest first, without the one that stands there.
        entropy: of all that could stand there, in nats.
    """

    token: int
    log_probability: float
    others: tuple[tuple[int, float], ...]
    entropy: float


class _Group(NamedTuple):
    """Tokens that make whole characters together, and their text."""

    text: str
    worths: Sequence[TokenWorth]

    def others(self) -> Iterator[tuple[list[int], float]]:
        """What could have stood there instead, and how likely that was: another token at any of its places."""
        before: list[int] = []
        reached = 1.0
        for worth in self.worths:
            yield from (([*before, token], reached * share) for token, share in worth.others)
            before.append(worth.token)
            reached *= math.exp(worth.log_probability)


def told(template: ChatTemplate, tokens: Sequence[int], worths: Sequence[TokenWorth]) -> dict[str, Any]:
    """What the event at a side's end says of its words: {"ids" of its tokens, "words", "end", "end_id"}.

    `words` are `Word`s whose texts together are the answer's whole text, control tokens included; `end` is the `Word` of the
    token that ended it, None where none did, and `end_id` its number.
    """
    words = words_of(template, worths[: len(tokens)])
    end = words_of(template, worths[len(tokens) :])
    end_id = worths[len(tokens)].token if len(worths) > len(tokens) else None
    return {"ids": list(tokens), "words": words, "end": end[0] if end else None, "end_id": end_id}


def words_of(template: ChatTemplate, worths: Sequence[TokenWorth]) -> list[Word]:
    """A `Word` of each token; tokens that are parts of one character are one word. What is no whole character at the end is left out."""
    groups = list(groups_of(template, worths))
    others = [list(group.others()) for group in groups]
    texts = iter(template.texts_behind([run for of_group in others for run, _share in of_group]))
    return [
        _word(group, [(next(texts), share) for _run, share in of_group])
        for group, of_group in zip(groups, others, strict=True)
    ]


def groups_of(template: ChatTemplate, worths: Sequence[TokenWorth]) -> Iterator[_Group]:
    """The tokens in groups that make whole characters."""
    begin = 0
    for place, piece in enumerate(template.pieces_behind([worth.token for worth in worths])):
        if piece:
            yield _Group(piece, worths[begin : place + 1])
            begin = place + 1


def _word(group: _Group, others: Sequence[tuple[str, float]]) -> Word:
    shares: dict[str, float] = {}
    for text, share in others:
        shares[text] = shares.get(text, 0.0) + share
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])[
        : max((len(one.others) for one in group.worths), default=0)
    ]
    kept = [[text, rounded(share)] for place, (text, share) in enumerate(ordered) if not place or share >= _LEAST]
    probability = math.exp(sum(one.log_probability for one in group.worths))
    return [group.text, rounded(probability), kept, round(max(one.entropy for one in group.worths), 3)]


def rounded(share: float) -> float:
    """Four digits that say something, however small it is."""
    return float(f"{share:.4g}")
