"""The ways in which the records of an upload can become conversations: each with the shape that its rows have then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.data.arrange.arrangement import AS_THEY_STAND, Arrangement
from engine.data.arrange.conversations import Item
from engine.data.arrange.guess_rows import Way, exchange_ways, message_ways
from engine.data.arrange.guess_texts import script_ways, text_ways
from engine.data.arrange.nested import is_tree
from engine.data.arrange.sample import sampled
from engine.data.records.record import MAX_NAME, Record, RowFault, clip
from engine.data.schema.contents import says_something
from engine.data.schema.filled_templates.columns import splitting
from engine.data.schema.filled_templates.declared import filled_template
from engine.data.schema.guess import Guess, guess_shape

_MAX_COLUMNS = 200
_PAIRS = {"prompt_completion": ("prompt", "completion"), "alpaca": ("instruction", "output")}
_BY_RECORD = ("messages", "sharegpt", "alpaca", "prompt_completion", "qa_context", "preference", "ranking", "kto")


@dataclass(frozen=True)
class Proposal:
    """One way.

    Attributes:
        plan: how records become conversations.
        code, params: why: sentence `detect.<code>`.
        columns: that the records have then.
        guess: the shape of these columns.
    """

    plan: Arrangement
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    guess: Guess = field(default_factory=Guess)

    def as_dict(self) -> dict[str, Any]:
        """As it is stored, and sent to pages."""
        return {
            "arrange": self.plan.as_json(),
            "code": self.code,
            "params": {key: clip(one, MAX_NAME) if isinstance(one, str) else one for key, one in self.params.items()},
            "columns": self.columns,
            "shape": self.guess.shape,
            "mapping": self.guess.mapping,
            "templates": self.guess.templates,
        }


def proposals(
    columns: Sequence[str], items: Sequence[Item], plain: Guess, *, is_text: bool, cut: bool, files: int
) -> tuple[list[Proposal], bool]:
    """Every way, the likely one first and each record by itself last; and whether the first is sure. Empty where there is none.

    Args:
        items: the first records of each file.
        plain: the shape of the records by themselves.
        is_text: they are pieces of running text.
        cut: a file goes on behind them.
        files: how many files they are of.
    """
    rows = [item.values for item in items if isinstance(item, Record)]
    ways, sure = _ways(columns, rows, plain, is_text=is_text, cut=cut, files=files)
    if not ways:
        return [], True
    found = [_proposal(way, items, cut) for way in ways]
    alone = Proposal(AS_THEY_STAND, "arrange.none", {}, list(columns), plain)
    fit = [one for one in found if one.guess.shape]
    if not fit:
        return [], True
    if found[0].plan.how == "filled" and not sure:
        return [alone, *fit], True
    return [*fit, alone], sure


def _ways(
    columns: Sequence[str], rows: list[dict[str, Any]], plain: Guess, *, is_text: bool, cut: bool, files: int
) -> tuple[list[Way], bool]:
    if (
        column := next((one for one in columns if sum(is_tree(row.get(one)) for row in rows) * 2 > len(rows)), None)
    ) is not None:
        params = {"column": column}
        best = Arrangement("nested", content=column)
        return [(best, "arrange.nested_best", params), (replace(best, paths="all"), "arrange.nested_all", params)], True
    if not (plain.whole and plain.shape in _BY_RECORD):
        ways, sure = message_ways(columns, rows, cut=cut, files=files)
        if ways:
            return ways, sure
    if ways := _exchanges(columns, rows, plain):
        return ways, True
    ways, sure = text_ways(plain.shape if plain.whole else None, plain.mapping, columns, rows)
    if ways:
        return ways, sure
    return script_ways(columns[0], rows, cut=cut) if is_text and columns else ([], False)


def _exchanges(columns: Sequence[str], rows: list[dict[str, Any]], plain: Guess) -> list[Way]:
    pair = _PAIRS.get(str(plain.shape))
    if pair is None or not plain.whole or any(says_something(row.get(plain.mapping.get("input", ""))) for row in rows):
        return []
    return exchange_ways(plain.mapping[pair[0]], plain.mapping[pair[1]], columns, rows)


def _proposal(way: Way, items: Sequence[Item], cut: bool) -> Proposal:
    plan, code, params = way
    rows = [item.values for item in arranged(items, plan, cut=cut) if isinstance(item, Record)]
    columns = columns_of(rows)
    return Proposal(plan, code, params, columns, guess_shape(columns, rows))


def columns_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The names in some rows, in order of appearance."""
    names = dict.fromkeys(name for row in rows for name in row if clip(name, MAX_NAME) == name)
    return list(names)[:_MAX_COLUMNS]


def arranged(items: Sequence[Item], plan: Arrangement, *, cut: bool) -> Iterator[Item]:
    """Records at hand as they are under a plan; those that cannot be taken apart are left out."""
    if plan.spans:
        yield from sampled(list(items), plan, cut=cut)
        return
    split = splitter(plan)
    for item in items:
        if isinstance(item, Record):
            try:
                yield split(item)
            except RowFault:
                continue


def splitter(plan: Arrangement) -> Callable[[Record], Record]:
    """What takes the texts of one record apart, or raises RowFault; a record without such texts stays as it is."""
    template = filled_template(plan.template) if plan.how == "filled" else None
    return (lambda record: record) if template is None else splitting(template, plan.columns, plan.before)
