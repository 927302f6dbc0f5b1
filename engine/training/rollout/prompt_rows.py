"""The rows that prompts come from: what rewards look at besides the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.objectives.declaration import Objective

Row = Mapping[str, Any]


class PromptRows:
    """The rows of one split, by the place of their example."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, place: int) -> Row:
        row: Row = json.loads(self._lines[place])
        return row


def prompt_rows(
    rows: Iterable[Row],
    template: ChatTemplate,
    objective: Objective,
    values: Mapping[str, Any],
    counts: Mapping[str, int],
    heed: Callable[[], None],
) -> dict[str, PromptRows]:
    """Those of each split that became examples, found by making them once more.

    Args:
        values: as the examples were made with.
        counts: examples of each split.

    Raises:
        Fault: "job.dataset_gone" where they are not the rows of the examples.
    """
    makers = {split: objective.examples(template, values, _unheard) for split in counts}
    lines: dict[str, list[str]] = {split: [] for split in counts}
    for row in rows:
        heed()
        if any(True for _ in makers[row["split"]].add(row)):
            lines[row["split"]].append(json.dumps(row, ensure_ascii=False))
    if any(len(found) != counts[split] for split, found in lines.items()):
        raise Fault("job.dataset_gone")
    return {split: PromptRows(found) for split, found in lines.items()}


def _unheard(*_told: Any, **_more: Any) -> None:
    """What is left out was told when the examples were made."""
