"""What a data set is like, counted while its rows are written."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.data.language import CLEAR, language_of


def row_texts(row: dict[str, Any]) -> list[str]:
    """Every text of a normalised row."""
    return [message["content"] for message in row["messages"]] if "messages" in row else [row["text"]]


class Tally:
    """Counts over accepted rows and reasons of rejected ones."""

    def __init__(self) -> None:
        self.rows = self._characters = self._longest = self._with_system = 0
        self._turns: Counter[int] = Counter()
        self._languages: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def accept(self, row: dict[str, Any]) -> None:
        """Count one row."""
        texts = row_texts(row)
        length = sum(map(len, texts))
        self.rows += 1
        self._characters += length
        self._longest = max(self._longest, length)
        self._languages[language_of("\n".join(text[:2_000] for text in reversed(texts)))] += 1
        if "messages" in row:
            self._turns[sum(message["role"] == "assistant" for message in row["messages"])] += 1
            self._with_system += row["messages"][0]["role"] == "system"

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
