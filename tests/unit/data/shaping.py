"""Made data sets for tests of operations: a source in memory, and short ways to its rows."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from engine.core.errors import NotFound
from engine.core.params import read_all
from engine.data.operations import operation_of
from engine.data.operations.base import FoundRow, Row, Source
from engine.data.templates.template import ChatTemplate


class Memory:
    """A source whose rows are in memory."""

    def __init__(self, rows: Sequence[Row], name: str = "made", kind: str = "chat", seed: int = 42) -> None:
        self._rows, self.name, self.kind, self.seed = list(rows), name, kind, seed
        self.count = len(self._rows)
        self.others: dict[int, Source] = {}
        self._ids = count(max((row["id"] for row in rows), default=-1) + 1)

    def rows(self) -> Iterator[Row]:
        return (copy.deepcopy(row) for row in self._rows)

    def found(self, check: str) -> list[FoundRow]:
        return []

    def other(self, dataset: int) -> Source:
        if dataset not in self.others:
            raise NotFound(dataset=dataset)
        return self.others[dataset]

    def template(self, model: int) -> ChatTemplate:
        raise NotFound(model=model)

    def new_id(self) -> int:
        return next(self._ids)

    def scratch(self) -> Path:
        raise NotFound()


def chat(number: int, question: str, answer: str = "Yes.", split: str = "train", **extra: Any) -> Row:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {
        "split": split,
        "id": number,
        "line": number + 1,
        "messages": messages,
        **({"extra": extra} if extra else {}),
    }


def run(source: Source, key: str, **values: Any) -> list[Row]:
    """The rows of the new version; settings are checked as the service does."""
    operation = operation_of(key)
    read, faults = read_all(operation.params, values, "operation")
    assert not faults, faults
    return list(operation.run(source, read))


def sides(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {side: sum(row["split"] == side for row in rows) for side in ("train", "val", "test")}


def asked(row: Mapping[str, Any]) -> str:
    return next(m["content"] for m in row["messages"] if m["role"] == "user")
