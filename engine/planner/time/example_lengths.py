"""How long the examples are that an objective makes of rows which are more than one conversation: of pairs, thumbs, rankings, prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.errors import Fault
from engine.data.bundles.sizes import measured
from engine.data.templates.lengths import LengthTable, Runs, runs_of
from engine.data.templates.losses import reason_of, refuses_a_row
from engine.data.templates.token_rows import BEYOND, RowsWith

if TYPE_CHECKING:
    from engine.data.templates.encoded import Bundle, Encoded
    from engine.data.templates.template import ChatTemplate


class MakesExamples(Protocol):
    """Turns rows into examples, as `ExampleMaker` of the objectives does, without a limit of length."""

    def add(self, row: Mapping[str, Any]) -> Iterable[Sequence[Encoded] | Bundle]:
        """The examples that are complete with this row."""


def measure_examples(
    rows: Iterable[Mapping[str, Any]],
    total: int,
    template: ChatTemplate,
    make: Callable[[Callable[..., None]], MakesExamples],
    views: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]] | None = None,
    mask: Mapping[str, Any] = {},
) -> LengthTable:
    """As `measure`, of what an objective makes of rows: prompts with several answers, or prompts alone.

    Args:
        make: (told of what is left out) -> what makes the examples.
        views, mask: what of a row that encodes, and how, so that many are asked for at once.
    """
    splits: dict[str, list[tuple[int, Runs]]] = {"train": [], "val": []}
    found = _Found(template.token_rows.untaught)
    makers = {split: make(found.left_out) for split in splits}
    for row in template.ahead(iter(rows), views, **mask):
        found.seen += 1
        before = found.refused
        try:
            made = list(makers[row["split"]].add(row))
        except Fault as fault:
            if fault.code == BEYOND:
                found.beyond.add(row, fault.params["texts"])
            else:
                found.refuse(fault)
            continue
        for parts in made:
            found.look(row, parts)
            splits[row["split"]].append(_measured(parts))
        found.empty[row["split"]] += not made and found.refused == before
    scale = total / found.seen if found.seen else 1.0
    refused = round(found.refused * scale)
    return LengthTable(
        splits["train"], splits["val"], scale, refused, found.beyond, found.untaught, found.refusals, found.reasons,
        True, found.empty,
    )  # fmt: skip


class _Found:
    """What is seen on the way."""

    def __init__(self, never: Mapping[int, str]) -> None:
        self._never = never
        self.seen = 0
        self.refusals: Counter[str] = Counter()
        self.reasons: dict[str, Any] = {}
        self.beyond, self.untaught = RowsWith(), RowsWith()
        self.empty: Counter[str] = Counter()

    @property
    def refused(self) -> int:
        return sum(self.refusals.values())

    def left_out(self, _name: str, _count: int = 1, fault: Fault | None = None) -> None:
        if fault is not None:
            self.refuse(fault)

    def refuse(self, fault: Fault) -> None:
        self.refusals[fault.code] += 1
        if refuses_a_row(fault):
            self.reasons.setdefault(fault.code, reason_of(fault))

    def look(self, row: Mapping[str, Any], parts: Sequence[Encoded] | Bundle) -> None:
        """Whether it has tokens that the model never learnt."""
        if self._never and (used := self._never.keys() & _ids(parts)):
            self.untaught.add(row, {token: self._never[token] for token in used})


def _ids(parts: Any) -> set[int]:
    several = (one.ids for one in parts) if isinstance(parts, Sequence) else (parts.prompt, *parts.answers)
    return {token for ids in several for token in ids}


def _measured(parts: Any) -> tuple[int, Runs]:
    if not isinstance(parts, Sequence):
        return measured(len(parts.prompt), map(len, parts.answers))
    return sum(len(one.ids) for one in parts), [run for one in parts for run in runs_of(one.labels)]
