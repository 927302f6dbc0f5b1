"""Which texts are like a question: TF-IDF over runs of characters, so that every language works without a dictionary."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

_LENGTHS = (2, 3, 4)  # characters; two are a word in Chinese, four are most of one in English
_SPACES = re.compile(r"\s+")


def _pieces(text: str) -> Counter[str]:
    line = f" {_SPACES.sub(' ', text.lower()).strip()} "
    return Counter(line[i : i + n] for n in _LENGTHS for i in range(len(line) - n + 1))


class Similar:
    """Ranks texts by cosine similarity. Terms count 1 + log(times) x log(texts / texts that have them) (Salton and Buckley 1988)."""

    def __init__(self, texts: Sequence[str]) -> None:
        found = [_pieces(text) for text in texts]
        seen = Counter(piece for pieces in found for piece in pieces)
        self._weight = {piece: math.log((1 + len(texts)) / (1 + count)) + 1 for piece, count in seen.items()}
        self._places: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        self._count = len(texts)
        for place, pieces in enumerate(found):
            for piece, value in self._normal(pieces).items():
                self._places[piece].append((place, value))

    def _normal(self, pieces: Counter[str]) -> dict[str, float]:
        raw = {p: (1 + math.log(n)) * self._weight[p] for p, n in pieces.items() if p in self._weight}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {piece: value / length for piece, value in raw.items()}

    def ranked(self, question: str) -> list[int]:
        """Places of all texts, the most similar first; the earlier one first among equals."""
        scores = [0.0] * self._count
        for piece, value in self._normal(_pieces(question)).items():
            for place, other in self._places[piece]:
                scores[place] += value * other
        return sorted(range(self._count), key=lambda place: (-scores[place], place))
