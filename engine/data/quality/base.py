"""What a check is: declared once, as a frozen value; it reads a data set and says which rows it would show a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from engine.core.params import Param
from engine.core.text import Text
from engine.data.operations.base import FoundRow
from engine.data.rows.row import Row
from engine.data.templates.template import ChatTemplate

Severity = Literal["serious", "look", "hint"]
Values = Mapping[str, Any]
Detail = dict[str, Any]
Span = tuple[
    int, int, int, str
]  # which of texts_of(row) and then beside_of(row), from, to (characters, end not included), what it is


@dataclass(frozen=True)
class Reader:
    """How one model reads: its tokenizer with its chat template, and how many tokens it holds at once."""

    template: ChatTemplate  # with the tokenizer
    context: int  # tokens


class Material(Protocol):
    """One content of a data set as a check sees it: rows from disk, in order, as often as wanted."""

    count: int  # rows
    kind: str  # of data set: "chat", "text", "preference", "kto", "ranking" or "prompt"

    def rows(self) -> Iterator[Row]:
        """Every row, with its "id"."""

    def read(self, places: Sequence[int]) -> list[Row]:
        """The rows at these places, in the order asked for."""

    def scratch(self) -> Path:
        """A folder for what does not fit into memory; it is gone afterwards."""

    def reader(self, model: int) -> Reader:
        """How a base model reads. Raises NotFound."""


@dataclass(frozen=True)
class Fix:
    """A repair that is offered with what a check found: an operation's key and the values to start with."""

    operation: str  # key of an `Operation`
    values: Mapping[str, Any]  # of its params, to start with
    label: Text


@dataclass(frozen=True)
class Check:
    """One kind of fault to look for.

    Attributes:
        key: name in reports and in the database.
        severity: "serious" spoils a training or its measure, "look" wants a person's eye, "hint" is often right as it is.
        help: what is looked for and why it matters, in plain words.
        found: a sentence about {rows} (in {groups}); `{rows|row is|rows are}` is the number and the words that suit it.
        params: its settings; form, validation and docs derive from them.
        fixes: repairs, the usual one first.
        run: what it finds; rows of one group come together. A detail is {"code", ...}: its sentence is
            `finding.<code>`; "spans" are the places in the row's texts.
        kinds: kinds of data sets in which it can look.
        weight: roughly how long it takes, against the others: long ones are begun first.
    """

    key: str
    severity: Severity
    label: Text
    help: Text
    found: Text
    run: Callable[[Material, Values], Iterator[FoundRow]]
    params: tuple[Param, ...] = ()
    fixes: tuple[Fix, ...] = ()
    kinds: tuple[str, ...] = ("chat", "text", "preference", "kto", "ranking", "prompt")
    weight: int = 1


def each(
    look: Callable[[Values], Callable[[Row], Detail | None]],
) -> Callable[[Material, Values], Iterator[FoundRow]]:
    """A check that needs no more than one row at a time: `look` prepares for the values and gives what judges a row."""

    def run(material: Material, values: Values) -> Iterator[FoundRow]:
        judge = look(values)
        for row in material.rows():
            if detail := judge(row):
                yield FoundRow(row["id"], None, detail)

    return run


def drop(check: str, **values: Any) -> Fix:
    """The repair that takes every row out that a check found."""
    return Fix("drop_found", {"check": check, "side": "all", **values}, Text("data.quality.base.drop_found.label"))


def model_param(label: Text, help: Text) -> Param:
    """The base model in whose tokens a check reads the rows."""
    return Param("model", "choice", None, label, help, source="model", optional=True, advanced=False)
