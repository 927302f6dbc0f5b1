"""What rows are like, counted while they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.data.language import CLEAR, language_of
from engine.data.rows import Row, answer_of, content_of, conversation_of, kind_of, texts_of
from engine.data.split import fingerprint

_LOOKED_AT = 2_000  # characters of each text that its language is found by


class Measures(NamedTuple):
    """The numbers of one row; `turns` counts the answers of its conversation."""

    characters: int
    answer: int
    turns: int
    language: str
    fingerprint: int


def measure(row: Mapping[str, Any]) -> Measures:
    """Look at one row."""
    texts = texts_of(row)
    return Measures(
        sum(map(len, texts)),
        len(answer_of(row)),
        sum(message["role"] == "assistant" for message in conversation_of(row)),
        language_of("\n".join(text[:_LOOKED_AT] for text in reversed(texts))),
        mark_of(row, texts),
    )


def mark_of(row: Mapping[str, Any], texts: list[str]) -> int:
    """64 bits that stand for what is learnt from the row: equal for equal examples."""
    kind = kind_of(row)
    plain = kind == "text" or (kind == "chat" and "tools" not in row and all(len(m) == 2 for m in row["messages"]))
    if not plain:
        return fingerprint(repr(content_of(row)))
    roles = [message["role"] for message in row.get("messages", ())]
    return fingerprint("\0".join([*roles, *texts]))  # no text holds a NUL


class Tally:
    """Counts over accepted rows and reasons of rejected ones. Goes on from what `state()` gave."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        numbers: tuple[int, int, int, int] = state["numbers"] if state else (0, 0, 0, 0)
        self.rows, self._characters, self._longest, self._with_system = numbers
        self._turns: Counter[int] = Counter(dict(state["turns"]) if state else ())
        self._languages: Counter[str] = Counter(state["languages"] if state else ())
        self._reasons: Counter[str] = Counter(state["reasons"] if state else ())

    def state(self) -> dict[str, Any]:
        """Everything counted so far, as JSON."""
        return {
            "numbers": [self.rows, self._characters, self._longest, self._with_system],
            "turns": list(self._turns.items()),
            "languages": dict(self._languages),
            "reasons": dict(self._reasons),
        }

    @property
    def rejected(self) -> int:
        """How many rows were rejected."""
        return self._reasons.total()

    def accept(self, row: Row, found: Measures) -> None:
        """Count one row."""
        self.rows += 1
        self._characters += found.characters
        self._longest = max(self._longest, found.characters)
        self._languages[found.language] += 1
        talk = conversation_of(row)
        if talk:
            self._turns[found.turns] += 1
            self._with_system += talk[0]["role"] == "system"

    def reject(self, code: str) -> None:
        """Count one rejected row."""
        self._reasons[code] += 1

    def _main_language(self) -> str | None:
        """The language of most rows, where it is clear which one that is."""
        best = max(self._languages, key=lambda key: self._languages[key], default="")
        return best if best in CLEAR and self._languages[best] * 2 > self.rows else None

    def as_dict(self, duplicates: int) -> dict[str, Any]:
        """The form that is stored with the data set."""
        return {
            "characters": self._characters,
            "mean_characters": round(self._characters / self.rows, 1) if self.rows else 0,
            "longest_characters": self._longest,
            "turns": {str(turns): count for turns, count in sorted(self._turns.items())},
            "with_system": self._with_system,
            "duplicates": duplicates,
            "language": self._main_language(),
            "languages": dict(self._languages.most_common()),
            "reasons": dict(self._reasons.most_common()),
        }
