"""Examples to put before a question: what few-shot in-context learning keeps instead of weights. Imports no torch."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.data.rows.row import any_counts_nothing
from engine.data.templates.template import ChatTemplate
from engine.methods.few_shot_examples.similar import Similar
from engine.models.tuned.results import SHOTS

Row = Mapping[str, Any]
_MOST_ROWS = 5_000  # from which similar ones are looked for
_MOST_SHOTS = 200
_AT_ONCE = 32  # rows whose tokens are counted together
_MARKS = 8  # tokens around a message, where the template does not say
_VERSION = 1


@dataclass(frozen=True)
class Shots:
    """The examples and how they are chosen.

    Attributes:
        rows: {"messages"} or {"text"}, in the order in which they are taken where the choice is random.
        similar: chosen anew for each question, the most similar ones.
        count: how many; 0 means as many as fit.
        tokens: most tokens of all shots together.
    """

    rows: tuple[Row, ...]
    similar: bool
    count: int
    tokens: int

    @classmethod
    def gather(cls, rows: Iterable[Row], *, similar: bool, count: int, tokens: int, seed: int) -> Shots:
        """Examples out of training rows; those that call tools stand for nothing without the tools' definitions, and what is not
        to be learnt is no example."""
        wanted = (row for row in rows if "tools" not in row and not any_counts_nothing(row))
        kept = [{name: row[name] for name in ("messages", "text") if name in row} for row in wanted]
        random.Random(seed).shuffle(kept)
        most = _MOST_ROWS if similar else count or _MOST_SHOTS
        return cls(tuple(kept[:most]), similar, count, tokens)

    @classmethod
    def read(cls, folder: Path) -> Shots:
        """Those of a result folder."""
        found = json.loads((folder / SHOTS).read_text(encoding="utf-8"))
        return cls(tuple(found["rows"]), found["choice"] == "similar", found["count"], found["tokens"])

    def write(self, folder: Path) -> None:
        """One JSON file."""
        choice = "similar" if self.similar else "random"
        head = {"version": _VERSION, "choice": choice, "count": self.count, "tokens": self.tokens}
        text = json.dumps(head | {"rows": self.rows}, ensure_ascii=False, indent=1)
        (folder / SHOTS).write_text(text, encoding="utf-8")

    @cached_property
    def _index(self) -> Similar:
        return Similar([question_of(row) for row in self.rows])

    @cached_property
    def _costs(self) -> dict[int, int]:
        return {}

    def _learn_costs(self, places: Sequence[int], template: ChatTemplate, marks: int) -> None:
        """About how many tokens some examples take up."""
        new = [place for place in places if place not in self._costs]
        texts = [_texts(self.rows[place]) for place in new]
        counts = iter(template.token_counts([text for some in texts for text in some]))
        for place, some in zip(new, texts, strict=True):
            self._costs[place] = sum(next(counts) + marks for _text in some)

    def chosen(self, question: str, template: ChatTemplate, room: int) -> list[Row]:
        """Examples for a question that fit into `room` tokens, in the order in which they are shown: the best one last."""
        order: Iterable[int] = self._index.ranked(question) if self.similar else range(len(self.rows))
        room, taken, marks = min(room, self.tokens), list[Row](), _marks(template)
        places = list(islice(order, 2 * _MOST_SHOTS))
        for number, place in enumerate(places):
            if number % _AT_ONCE == 0:
                self._learn_costs(places[number : number + _AT_ONCE], template, marks)
            if len(taken) >= (self.count or _MOST_SHOTS):
                break
            cost = self._costs[place]
            if cost <= room:
                room -= cost
                taken.append(self.rows[place])
        return taken[::-1]

    def before(
        self, messages: Sequence[Mapping[str, str]], question: str, template: ChatTemplate, limit: int
    ) -> list[Mapping[str, str]]:
        """`messages` with examples in front, at most `limit` tokens as a prompt; fewer examples where they are longer."""
        own = len(template.encode_prompt(messages))
        taken = self.chosen(question, template, limit - own)
        while taken:
            found = in_front(taken, messages)
            if len(template.encode_prompt(found)) <= limit:
                return found
            taken = taken[1:]
        return list(messages)


def question_of(row: Row) -> str:
    """What an example is found by: its questions, or its text."""
    if "messages" not in row:
        return str(row["text"])
    return "\n".join(str(m["content"]) for m in row["messages"] if m["role"] == "user")


def in_front(taken: Sequence[Row], messages: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """A conversation with examples before it; what the system says stays first, plain texts go before the first question."""
    head = [m for m in messages[:1] if m["role"] == "system"]
    rest = list(messages[len(head) :])
    turns = [m for row in taken for m in row.get("messages", ()) if m["role"] != "system"]
    texts = [str(row["text"]) for row in taken if "messages" not in row]
    if texts and rest:
        rest[0] = {**rest[0], "content": "\n\n".join([*texts, str(rest[0]["content"])])}
    return [*head, *turns, *rest]


def _texts(row: Row) -> list[str]:
    return [str(m["content"]) for m in row["messages"]] if "messages" in row else [str(row["text"])]


def _marks(template: ChatTemplate) -> int:
    """Tokens that the template puts around a message, on average, rounded up."""
    one = [{"role": "user", "content": "a"}]
    try:
        longer = template.encode_prompt([*one, {"role": "assistant", "content": "a"}, *one])
        added = len(longer) - len(template.encode_prompt(one))
    except Fault:
        return _MARKS
    return -(-added // 2) - template.token_counts(["a"])[0]
