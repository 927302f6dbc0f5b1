"""How rows fit a model, measured on them: what its chat template cannot take, and what its tokenizer makes of a script."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import Fault
from engine.core.text import Text
from engine.data.rows.row import Message, Row, conversation_of, texts_of, uses_tools
from engine.data.templates.losses import reason_of, refuses_a_row
from engine.data.templates.template import ChatTemplate
from engine.data.templates.thinking import lost_thoughts
from engine.data.templates.token_rows import BEYOND
from engine.data.thoughts.marks import thinking_of

MOST_ROWS = 1_000  # larger data sets are looked at evenly spread
_MOST_LETTERS = 8_000  # of one script: enough for two digits
_AT_ONCE = 400  # letters that are tokenised together


@dataclass(frozen=True)
class Script:
    """Letters of a script, and how many tokens a model takes for one of them.

    Attributes:
        key: the language that `language_of` tells by it.
        label: its name.
        letters: its letters, as a class of a regular expression.
        usual: tokens a letter of models that were taught the language.
        most: from so many on, a model hardly knows it: about two tokens for each Chinese character are its bytes. Between
            what vocabularies cost that were taught the language (Qwen 3, GPT-4o) and those that were not (Llama 2, SmolLM 2);
            judged on Llama 3, Gemma 3, DeepSeek 3 and GPT-3.5 (docs/planner.md).
        spaced: whether it parts words by spaces.
    """

    key: str
    label: Text
    letters: str
    usual: float
    most: float
    spaced: bool = True


SCRIPTS = (
    Script("zh", Text("data.templates.fit.zh.label"), "\u3400-\u9fff", 0.7, 1.0, spaced=False),
    Script("ja", Text("data.templates.fit.ja.label"), "\u3040-\u30ff\u3400-\u9fff", 0.7, 0.95, spaced=False),
    Script("ko", Text("data.templates.fit.ko.label"), "\uac00-\ud7a3", 0.8, 1.1),
    Script("cyrillic", Text("data.templates.fit.cyrillic.label"), "\u0400-\u04ff", 0.3, 0.45),
    Script("arabic", Text("data.templates.fit.arabic.label"), "\u0600-\u06ff", 0.4, 0.8),
)


@dataclass
class Fit:
    """What was measured over a sample of rows, one after the other.

    Attributes:
        template: of the model.
        languages: those of `SCRIPTS` that the rows are in.
        looked: rows so far.
        tools: rows that use tools.
        refused: rows that the chat template cannot take, by the code of the reason.
        reasons: the first reason of each code, in words.
        talks: conversations that the template takes.
        thoughts: of those, rows with answers whose reasoning the template leaves out.
        thinking: these answers.
        spelt: rows whose reasoning is written into the words of an answer, since the template knows of none.
        letters, tokens: of each script.
    """

    template: ChatTemplate
    languages: frozenset[str]
    looked: int = 0
    tools: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Any] = field(default_factory=dict)
    talks: int = 0
    thoughts: int = 0
    thinking: int = 0
    spelt: int = 0
    letters: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)

    def add(self, rows: Sequence[Row]) -> None:
        """Look at some rows."""
        talks = [row for row in rows if "text" not in row]
        asked = [(conversation_of(row), row.get("tools")) for row in talks]
        texts = {id(row): text for row, text in zip(talks, self.template.row_texts(asked), strict=True)}
        for row, fault in zip(rows, self._beyond(rows), strict=True):
            self._look(row, fault, texts.get(id(row)))

    def _look(self, row: Row, beyond: Fault | None, text: str | Fault | None) -> None:
        self.looked += 1
        self.tools += uses_tools(row)
        if fault := beyond or (text is not None and self._refusal(row, text)):
            self.refused[fault.code] += 1
            if fault.code not in self.reasons and fault.code not in ("template.missing", BEYOND):
                self.reasons[fault.code] = reason_of(fault)
        for script in SCRIPTS:
            if script.key in self.languages and self.letters[script.key] < _MOST_LETTERS:
                self._measure(script, row)

    def _beyond(self, rows: Sequence[Row]) -> list[Fault | None]:
        """The faults of tokens that the model has no row for; rows are cut into tokens only where there are such tokens."""
        if not self.template.token_rows.lacking:
            return [None] * len(rows)
        found = self.template.encode_many(rows)
        return [one if isinstance(one, Fault) and one.code == BEYOND else None for one in found]

    def _refusal(self, row: Row, text: str | Fault) -> Fault | None:
        if isinstance(text, str):
            self._look_at_answers(conversation_of(row), text)
            return None
        if text.code == "template.missing" or refuses_a_row(text):
            return text
        raise text

    def _look_at_answers(self, talk: Sequence[Message], text: str) -> None:
        lost = lost_thoughts(talk, text)
        self.talks += 1
        self.thoughts += lost > 0
        self.thinking += lost
        self.spelt += not self.template.knows_thinking and any(map(thinking_of, talk))

    def _measure(self, script: Script, row: Row) -> None:
        words = re.findall(f"[{script.letters}]+", " ".join(texts_of(row)))
        found = (" " if script.spaced else "").join(words)[:_AT_ONCE]
        self.letters[script.key] += len(found) - found.count(" ")
        self.tokens[script.key] += self.template.token_counts([found])[0]

    def as_dict(self, rows: int) -> dict[str, Any]:
        """What is kept of it.

        Args:
            rows: of the whole data set.

        Returns:
            {"rows", "looked", "tools", "refused": {code: rows of those looked at}, "reasons": {code: words},
            "per_letter": {language: tokens a letter}, "thoughts": rows with reasoning that is left out, "thinking": their answers, "spelt": with
            reasoning that the template does not know,
            "end": "own", "added" or "none": whose token ends an answer (None without conversations), "end_token": its text}.
        """
        per_letter = {key: self.tokens[key] / count for key, count in self.letters.items() if count}
        return {
            "rows": rows,
            "looked": self.looked,
            "tools": self.tools,
            "refused": dict(self.refused),
            "reasons": self.reasons,
            "per_letter": per_letter,
            "thoughts": self.thoughts,
            "thinking": self.thinking,
            "spelt": self.spelt,
            "end": self._end() if self.talks else None,
            "end_token": self.template.end_text,
        }

    def _end(self) -> str:
        if self.template.turn_end is not None:
            return "own"
        return "none" if self.template.end_id is None else "added"


def scripts_of(languages: Mapping[str, int]) -> frozenset[str]:
    """Those languages of a data set whose letters can be measured."""
    return frozenset(script.key for script in SCRIPTS if languages.get(script.key))
