"""What a rollout teaches, in a file of a checkpoint: a rollout that serves several steps is gone on with where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.training.batches.tokenized_dataset import Example

FILE = "rollout.npz"


def store(folder: Path, step: int, examples: Sequence[Example]) -> None:
    """Write them.

    Args:
        step: at which the rollout began.
    """
    arrays: dict[str, Any] = {}
    told = []
    for number, one in enumerate(examples):
        named = {"ids": one.ids, "labels": one.labels, "tags": one.tags}
        named |= {f"answer.{name}": notes for name, notes in one.answer_notes.items()}
        named |= {f"label.{name}": notes for name, notes in one.label_notes.items()}
        arrays |= {f"{number}.{name}": array for name, array in named.items() if array is not None}
        told.append({"trained": one.trained, "parts": one.parts, "shared": one.shared, "place": one.place})
    np.savez(folder / FILE, told=np.array(json.dumps([step, told])), **arrays)


def load(folder: Path) -> tuple[int, list[Example]] | None:
    """The step and the examples; None where the checkpoint has none."""
    if not (folder / FILE).is_file():
        return None
    with np.load(folder / FILE) as stored:
        step, told = json.loads(str(stored["told"]))
        arrays = {name: stored[name] for name in stored.files}
    return step, [_example(number, one, arrays) for number, one in enumerate(told)]


def _example(number: int, told: Any, arrays: dict[str, Any]) -> Example:
    named = {name.partition(".")[2]: one for name, one in arrays.items() if name.partition(".")[0] == str(number)}
    notes: dict[str, dict[str, Any]] = {"answer": {}, "label": {}}
    for name, one in named.items():
        kind, _, rest = name.partition(".")
        if rest:
            notes[kind][rest] = one
    return Example(
        named["ids"],
        named["labels"],
        told["trained"],
        tuple(told["parts"]),
        None,
        told["shared"],
        named.get("tags"),
        told["place"],
        notes["answer"],
        notes["label"],
    )
