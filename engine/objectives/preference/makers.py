"""From rows with better and worse answers to bundles: a prompt that is read once, and the answers to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.data.templates.losses import refuses_a_row
from engine.objectives.declaration import LeftOut, Parts, Row, Values
from engine.objectives.preference.bundling import (
    PARTED,
    REWRITTEN,
    Message,
    PromptAnswers,
    answered,
    conversations,
)

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate


class PairMaker:
    """Rows of kind "preference" or "ranking" as bundles whose answers are tagged with how good they are.

    Of a pair the better answer has the tag 1 (and the row's margin more), the worse one 0; of a ranking each answer has minus its rank.
    Left out and counted: answers that are the same tokens, and rows of which one answer alone is longer than the limit.
    """

    def __init__(self, template: ChatTemplate, values: Values, left_out: LeftOut) -> None:
        self._template, self._most, self._left_out = template, int(values["max_length"]), left_out

    def add(self, row: Row) -> Iterator[Parts]:
        """The bundle of a row, where it has one."""
        answers, tags = answers_in(row)
        yield from self._bundled(row, answers, tags)

    def close(self) -> Iterator[Parts]:
        """Nothing: each row is complete by itself."""
        return iter(())

    def _bundled(self, row: Row, answers: Sequence[Sequence[Message]], tags: Sequence[float]) -> Iterator[Parts]:
        from engine.data.templates.encoded import Bundle

        weight = float(row.get("weight", 1))
        found = read_row(self._template, row, answers, self._most, self._left_out) if weight else None
        if not weight:
            self._left_out("unlearnable")
        if found is None:
            return
        kept = _differing(found.answers, tags)
        if len({tag for _, tag in kept}) < 2:
            self._left_out("identical_answers")
            return
        yield Bundle(found.prompt, [answer for answer, _ in kept], [tag for _, tag in kept], weight)


def views(row: Row) -> Sequence[Row]:
    """The conversations that a row is read as."""
    return conversations(row["prompt"], answers_in(row)[0], row.get("tools"))


def answers_in(row: Row) -> tuple[list[Sequence[Message]], list[float]]:
    """The answers of a row of kind "preference", "ranking" or "kto", and how good each is: higher is better."""
    if "completion" in row:
        return [row["completion"]], [float(bool(row["label"]))]
    if "chosen" in row:
        return [row["chosen"], row["rejected"]], [1.0 + float(row.get("margin") or 0.0), 0.0]
    return list(row["answers"]), [-float(rank) for rank in row["ranks"]]


def read_row(
    template: ChatTemplate, row: Row, answers: Sequence[Sequence[Message]], most: int, left_out: LeftOut
) -> PromptAnswers | None:
    """The answers as tokens, within the limit; None where the row is left out, which is told."""
    try:
        found = answered(template, row["prompt"], answers, row.get("tools"))
    except Fault as fault:
        if not (refuses_a_row(fault) or fault.code in (PARTED, REWRITTEN)):
            raise
        left_out("parted" if fault.code == PARTED else "refused", fault=fault)
        return None
    if found is None:
        left_out("unlearnable")
        return None
    fitted = found.fitted(most)
    if fitted is None:
        left_out("dropped")
        return None
    for name, count in found.notes.items():
        left_out(name, count)
    left_out("cut_prompts", int(fitted[1]))
    return fitted[0]


def _differing(answers: Sequence[list[int]], tags: Sequence[float]) -> list[tuple[list[int], float]]:
    """The answers with their tags, without those that say the same as one that counts otherwise."""
    ranks: dict[tuple[int, ...], set[float]] = {}
    for answer, tag in zip(answers, tags, strict=True):
        ranks.setdefault(tuple(answer), set()).add(tag)
    kept: dict[tuple[int, ...], Any] = {}
    for answer, tag in zip(answers, tags, strict=True):
        if len(ranks[tuple(answer)]) == 1:
            kept.setdefault(tuple(answer), (answer, tag))
    return list(kept.values())
