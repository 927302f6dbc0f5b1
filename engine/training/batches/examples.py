"""Rows of a data set as tokens and labels, ready for training; what is left out is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import Fault
from engine.data.templates.losses import reason_of, refuses_a_row
from engine.data.templates.template import ChatTemplate, Encoded
from engine.training.batches.tokenized_dataset import Example, TokenizedDataset, TokenizedDatasetWriter


@dataclass
class Examples:
    """Everything that a job sees. `counts` are rows by reason: "dropped", "unlearnable", "refused"; also "truncated"
    and "skipped_turns", which are trained in part."""

    train: TokenizedDataset = field(init=False)  # examples to train on
    val: TokenizedDataset = field(init=False)  # held-out examples
    counts: Counter[str] = field(default_factory=Counter)  # rows by reason
    refusal: str | dict[str, str] = ""  # why the first refused row was, in both languages where it is ours


def make_example(encoded: Encoded) -> Example:
    """Shift the labels so that each token's label is its successor."""
    ids = np.asarray(encoded.ids, dtype=np.int32)
    labels = np.full_like(ids, -100)
    labels[:-1] = encoded.labels[1:]
    return Example(ids, labels, encoded.trained)


def load_examples(
    rows: Iterable[Mapping[str, Any]], template: ChatTemplate, training: Mapping[str, Any], folder: Path
) -> Examples:
    """Tokenise every row by the settings "max_length", "over_length" and "train_on", into two files in `folder`.

    Raises:
        Fault: "training.no_examples", when no training row is left to learn from.
    """
    found = Examples()
    with TokenizedDatasetWriter(folder / "train.arrow") as train, TokenizedDatasetWriter(folder / "val.arrow") as val:
        for row in rows:
            example = _example(row, template, training, found)
            if example is not None:
                {"train": train, "val": val}[row["split"]].add(example)
    found.train, found.val = TokenizedDataset(train.path), TokenizedDataset(val.path)
    if not found.train:
        names = ("dropped", "unlearnable", "refused")
        counts = {name: found.counts[name] for name in names}
        raise Fault("training.no_examples", **counts, max_length=training["max_length"], reason=found.refusal or "-")
    return found


def _example(
    row: Mapping[str, Any], template: ChatTemplate, training: Mapping[str, Any], found: Examples
) -> Example | None:
    try:
        encoded = template.encode(row, train_on=training["train_on"], max_length=training["max_length"])
    except Fault as fault:
        if not refuses_a_row(fault):
            raise
        found.counts["refused"] += 1
        found.refusal = found.refusal or reason_of(fault)
        return None
    if encoded.truncated and training["over_length"] == "drop":
        found.counts["dropped"] += 1
        return None
    if not encoded.trained:
        found.counts["unlearnable"] += 1
        return None
    found.counts["truncated"] += encoded.truncated
    found.counts["skipped_turns"] += encoded.skipped_turns
    return make_example(encoded)
