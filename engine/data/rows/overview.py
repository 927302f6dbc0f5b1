"""What a data set is like: what the index knows of every row, and what a sample of evenly spread rows tells besides."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.rows.index import SPLITS, RowIndex
from engine.data.rows.labels import LONGEST, are_labels
from engine.data.rows.row import Row, answer_of, conversation_of, question_of

MOST_ROWS = 20_000  # rows of larger data sets are looked at evenly spread
Numbers = npt.NDArray[Any]
Bars = list[list[int]]  # [from, to, rows]; `to` is not included, and of the last bar it is the largest value plus one
_BARS = 20
_NICE = (1, 2, 5)
_MOST_TURNS, _MOST_SHOWN = 12, 8
_MOST_VALUES = 30  # of a column whose values are counted as labels
_OPENING_WORDS, _OPENING_SIGNS = 3, 5  # signs of scripts that write no spaces
_SPACELESS = (("\u3040", "\u30ff"), ("\u3400", "\u9fff"), ("\uf900", "\ufaff"))


def evenly(count: int, most: int) -> Numbers:
    """At most `most` places of `count` rows, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)) if count else np.arange(0)


def histogram(values: Numbers) -> Bars:
    """Bars of a round width that hold 99 % of the values; the last one holds all that are longer."""
    if not len(values):
        return []
    low, high, most = int(values.min()), int(np.quantile(values, 0.99)), int(values.max())
    width = _round_width(max(1, high - low + 1))
    start = low // width * width
    edges = np.arange(start, max(high, start) + width + 1, width)
    counts = np.histogram(np.clip(values, start, int(edges[-1]) - 1), bins=edges)[0]
    bars = [[int(a), int(b), int(n)] for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]
    bars[-1][1] = max(bars[-1][1], most + 1)
    return bars


def _round_width(span: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 ... with which few bars are enough."""
    unit = 1
    while True:
        for nice in _NICE:
            if span <= nice * unit * _BARS:
                return nice * unit
        unit *= 10


def spread(values: Numbers) -> dict[str, Any]:
    """Bars with the numbers that say most: {"bars", "mean", "median", "p95", "longest"}."""
    if not len(values):
        return {"bars": [], "mean": 0, "median": 0, "p95": 0, "longest": 0}
    median, p95 = np.quantile(values, [0.5, 0.95])
    return {
        "bars": histogram(values),
        "mean": round(float(values.mean()), 1),
        "median": round(float(median)),
        "p95": round(float(p95)),
        "longest": int(values.max()),
    }


def of_index(index: RowIndex, found: dict[str, Any]) -> Iterator[None]:
    """What is known of every row, put into `found` in short steps.

    `found` then holds {"rows", "splits", "characters": {"whole", "answer"} (each as `spread`), "languages", "turns",
    "empty_answers", "same"}: `same` counts rows whose content an earlier one has; `turns` are [[answers, rows]], the last
    for that many or more.
    """
    found |= {"rows": len(index), "splits": {split: index.count(split) for split in SPLITS}}
    found["characters"] = {"whole": spread(index.characters)}
    yield
    found["characters"]["answer"] = spread(index.answer)
    yield
    languages, turns = np.bincount(index.language), np.bincount(np.minimum(index.turns, _MOST_TURNS))
    named = ([index.languages[code], int(rows)] for code, rows in enumerate(languages) if rows)
    found["languages"] = sorted(named, key=lambda one: -one[1])
    found |= {"turns": [[answers, int(rows)] for answers, rows in enumerate(turns) if rows], "most_turns": _MOST_TURNS}
    found["empty_answers"] = int(np.count_nonzero(index.answer == 0))
    yield
    marks = np.sort(index.fingerprint)  # a tenth of the time of np.unique
    found["same"] = int(np.count_nonzero(marks[1:] == marks[:-1]))


@dataclass
class Sampled:
    """What is counted over a sample of rows, one row after the other."""

    rows: int = 0  # counted so far
    with_system: int = 0  # rows whose conversation begins with a system message
    with_tools: int = 0  # rows with definitions of functions
    made_up: int = 0  # rows made by a model or an operation
    questions: list[int] = field(default_factory=list)  # characters of each row's question
    _asked: Counter[str] = field(default_factory=Counter)
    _said: Counter[str] = field(default_factory=Counter)
    _answers: dict[bytes, list[Any]] = field(default_factory=dict)
    _labels: dict[str, Counter[str] | None] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        talk = conversation_of(row)
        question, answer = question_of(row), answer_of(row)
        self.with_system += bool(talk) and talk[0]["role"] == "system"
        self.with_tools += "tools" in row
        self.made_up += "origin" in row
        if talk:
            self.questions.append(len(question))
            self._asked[opening_of(question)] += 1
        self._said[opening_of(answer)] += 1
        self._same(answer)
        for name, value in _labels_of(row):
            self._label(name, value)

    def _same(self, answer: str) -> None:
        mark = hashlib.blake2b(answer.strip().encode("utf-8", "replace"), digest_size=8).digest()
        known = self._answers.setdefault(mark, [0, answer[:200] if len(self._answers) <= MOST_ROWS else ""])
        known[0] += 1

    def _label(self, name: str, value: str | None) -> None:
        """One more value of a column; a column with too many or too long ones is no label."""
        counts = self._labels.setdefault(name, Counter())
        if counts is None or value is None:
            return
        counts[value] += 1
        if len(counts) > _MOST_VALUES or len(value) > LONGEST:
            self._labels[name] = None

    def as_dict(self) -> dict[str, Any]:
        """{"looked", "with_system", "with_tools", "made_up", "question": as `spread`, "openings": {"question", "answer"},
        "identical": [{"text", "rows"}], "labels": [{"column", "values": [[value, rows]]}]}."""
        identical = sorted((one for one in self._answers.values() if one[0] > 1), key=lambda one: -one[0])
        return {
            "looked": self.rows,
            "with_system": self.with_system,
            "with_tools": self.with_tools,
            "made_up": self.made_up,
            "question": spread(np.array(self.questions)) if self.questions else None,
            "openings": {"question": _most(self._asked), "answer": _most(self._said)},
            "identical": [{"text": text, "rows": rows} for rows, text in identical[:_MOST_SHOWN]],
            "identical_rows": sum(rows - 1 for rows, _ in identical),
            "labels": [
                {"column": name, "values": [list(pair) for pair in counts.most_common()]}
                for name, counts in self._labels.items()
                if counts and are_labels(counts)
            ],
        }


def _labels_of(row: Mapping[str, Any]) -> Iterable[tuple[str, str | None]]:
    if isinstance(row.get("label"), bool):
        yield "label", str(row["label"]).lower()
    for name, value in (row.get("extra") or {}).items():
        yield name, None if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)


def _most(openings: Counter[str]) -> list[list[Any]]:
    return [[text, rows] for text, rows in openings.most_common(_MOST_SHOWN) if rows > 1 and text]


def opening_of(text: str) -> str:
    """The first words of a text, or its first signs where words are not parted by spaces."""
    words = text[:200].split()
    if not words:
        return ""
    if any(low <= words[0][0] <= high for low, high in _SPACELESS):
        return "".join(words)[:_OPENING_SIGNS]
    return " ".join(words[:_OPENING_WORDS])


def counted(index: RowIndex, places: Sequence[int] | Numbers, sampled: Sampled) -> None:
    """Add the rows at these places."""
    for row in index.rows(places):
        sampled.add(row)
