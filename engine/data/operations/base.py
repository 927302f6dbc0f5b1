"""What turns one version of a data set into the next: declared once, as a frozen value, like a method of training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from engine.core.params import Param
from engine.core.text import Text
from engine.data.templates.template import ChatTemplate

Row = dict[str, Any]
Group = Literal["repair", "split", "size", "augment", "combine", "wording", "convert"]


@dataclass(frozen=True)
class FoundRow:
    """One row that a check found: its id, the group of rows that belong together, and what exactly was found."""

    row: int  # its id
    group: int | None  # number of the group of rows that belong together; None where it stands alone
    detail: Mapping[str, Any]  # {"code", ...}, as the check says it


class Source(Protocol):
    """One version of a data set as an operation sees it. Rows come from disk, in order, as often as wanted."""

    name: str  # of the data set
    count: int  # rows
    kind: str  # of data set: "chat", "text", "preference", "kto", "ranking" or "prompt"
    seed: int  # of all random choices

    def rows(self) -> Iterator[Row]:
        """Every row: {"split", "id", "line", "messages" (or another kind's fields), "extra"}; free to be changed."""

    def found(self, check: str) -> Iterator[FoundRow]:
        """What the newest audit of this very content found. Raises Fault("data.audit.missing")."""

    def other(self, dataset: int) -> Source:
        """Another data set in its present version. Raises NotFound, or Fault("data.not_imported")."""

    def template(self, model: int) -> ChatTemplate:
        """The chat template and tokenizer of a base model. Raises NotFound."""

    def new_id(self) -> int:
        """An id that no row of this data set, in any version, has."""

    def scratch(self) -> Path:
        """A folder for what does not fit into memory; it is gone afterwards."""


@dataclass(frozen=True)
class Operation:
    """One operation that makes a new version.

    Attributes:
        key: name in recipes and in the database.
        group: the heading under which the page shows it; "repair" ones are offered with findings.
        params: its settings; form, validation and docs derive from them.
        kinds: kinds of data sets that it can work on.
        makes: the kind of rows that it makes, where that is another.
        run: the rows of the new version, in order, from the source and checked values. A row that is kept keeps its id;
            a new one takes `source.new_id()`. Memory stays small: at most some bytes a row are held.
            Raises Fault where the data cannot be treated so (no such column, nothing left ...).
        help: what it does to which rows, in plain words.
        fitting: rows by split -> defaults that suit a data set of that size, by setting; never more rows than there are.
    """

    key: str
    group: Group
    label: Text
    help: Text
    run: Callable[[Source, Mapping[str, Any]], Iterator[Row]]
    params: tuple[Param, ...] = ()
    kinds: tuple[str, ...] = ("chat", "text", "preference", "kto", "ranking", "prompt")
    makes: str = ""
    fitting: Callable[[Mapping[str, int]], Mapping[str, Any]] = lambda _splits: {}
