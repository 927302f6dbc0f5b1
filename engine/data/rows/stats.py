"""What rows are like, counted while they are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.data.rows.language import CLEAR, ENOUGH, SAMPLE, language_of
from engine.data.rows.row import Row, answer_of, conversation_of, said_of, texts_of, uses_tools
from engine.data.rows.split import fingerprint


class Measures(NamedTuple):
    """The numbers of one row; `turns` counts the answers of its conversation."""

    characters: int  # of all texts
    answer: int  # characters of the (last) answer
    turns: int  # answers in the conversation
    language: str  # code, as `language_of` gives it
    fingerprint: int  # 64 bits, equal for equal content
    with_system: bool = False  # the conversation begins with a system message
    with_tools: bool = False  # tools are defined, called or answer


_WEIGHED = {"role", "content", "weight"}


def measure(row: Mapping[str, Any]) -> Measures:
    """Look at one row."""
    messages = row.get("messages")
    if messages is not None and "tools" not in row:
        roles: list[str] = []
        said: list[str] = []
        for message in messages:
            if len(message) != 2 and message.keys() != _WEIGHED:  # calls of functions
                break
            roles.append(message["role"])
            said.append(message["content"])
        else:
            return _of_chat(roles, said)
    texts, talk = texts_of(row), conversation_of(row)
    turns = sum(message["role"] == "assistant" for message in talk)
    mark = fingerprint(row["text"] if "text" in row else repr(said_of(row)))
    system = bool(talk) and talk[0]["role"] == "system"
    return Measures(sum(map(len, texts)), len(answer_of(row)), turns, _language(texts), mark, system, uses_tools(row))


def _of_chat(roles: list[str], texts: list[str]) -> Measures:
    """The usual conversation, without calls of functions."""
    lengths = list(map(len, texts))
    turns = roles.count("assistant")
    answer = lengths[-1 - roles[::-1].index("assistant")] if turns else 0
    mark = fingerprint("\0".join([*roles, *texts]))  # no text holds a NUL
    return Measures(sum(lengths), answer, turns, _language(texts), mark, roles[0] == "system", "tool" in roles)


def _language(texts: list[str]) -> str:
    """By the end of the conversation: the last text, and those before as far as it is short."""
    last = texts[-1] if texts else ""
    if len(last) >= ENOUGH or len(texts) < 2:
        return language_of(last)
    return language_of("\n".join([text[:SAMPLE] for text in reversed(texts)]))


class Tally:
    """Counts over accepted rows and reasons of rejected ones. Goes on from what `state()` gave."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        numbers = [*(state["numbers"] if state else ()), 0, 0, 0, 0, 0]  # an earlier version kept four
        self.rows, self._characters, self._longest, self._with_system, self._with_tools = numbers[:5]
        self._turns: Counter[int] = Counter(dict(state["turns"]) if state else ())
        self._languages: Counter[str] = Counter(state["languages"] if state else ())
        self._reasons: Counter[str] = Counter(state["reasons"] if state else ())

    def state(self) -> dict[str, Any]:
        """Everything counted so far, as JSON."""
        return {
            "numbers": [self.rows, self._characters, self._longest, self._with_system, self._with_tools],
            "turns": list(self._turns.items()),
            "languages": dict(self._languages),
            "reasons": dict(self._reasons),
        }

    def add(self, state: Mapping[str, Any]) -> None:
        """Count what another one has counted, as its `state` says."""
        other = Tally(state)
        self.rows += other.rows
        self._characters += other._characters
        self._longest = max(self._longest, other._longest)
        self._with_system += other._with_system
        self._with_tools += other._with_tools
        self._turns += other._turns
        self._languages += other._languages
        self._reasons += other._reasons

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
        if "text" not in row:
            self._turns[found.turns] += 1
            self._with_system += found.with_system
            self._with_tools += found.with_tools

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
            "with_tools": self._with_tools,
            "duplicates": duplicates,
            "language": self._main_language(),
            "languages": dict(self._languages.most_common()),
            "reasons": dict(self._reasons.most_common()),
        }
