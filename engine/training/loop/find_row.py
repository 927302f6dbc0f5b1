"""Which row of the data set an example was made of: asked when something is wrong with it, so nothing is kept for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.errors import Fault
from engine.data.rows.store import read_rows
from engine.objectives import objective_of
from engine.objectives.declaration import ExampleMaker
from engine.training.batches.examples import join_parts
from engine.training.batches.tokenized_dataset import Example

if TYPE_CHECKING:
    from engine.training.loop.inputs import Inputs


def row_of(example: Example, rows: Path, inputs: Inputs) -> int | None:
    """The number of the row, counted from 1 over the whole file; None where no row gives this example by itself.

    Args:
        rows: file of the data set's rows.
    """
    training: Mapping[str, Any] = inputs.spec.training
    most = inputs.base.context_length or training["max_length"]
    limits = {**training, "max_length": min(training["max_length"], most)}
    objective = objective_of(inputs.spec.objective)
    makers: dict[str, ExampleMaker] = {}
    for number, row in enumerate(read_rows(rows), start=1):
        fresh = objective.examples(inputs.template, limits, _unheard)
        maker = makers.setdefault(row["split"], fresh) if objective.makes_bundles else fresh
        try:  # what is learnt of a thumb depends on the row before it; texts that share a block name no row
            made = [join_parts(parts) for parts in (*maker.add(row), *maker.close())]
        except Fault:
            continue
        if any(_same(one, example) for one in made):
            return number
    return None


def _same(one: Example, other: Example) -> bool:
    return np.array_equal(one.ids, other.ids) and np.array_equal(one.labels, other.labels)


def _unheard(name: str, count: int = 1, fault: Fault | None = None) -> None:
    """What is left out was told when the examples were made."""
