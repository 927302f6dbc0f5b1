"""Rows of a data set as tokens and labels, ready for training; what is left out is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.errors import Fault
from engine.core.shapes import Said
from engine.data.templates.encoded import Bundle, Encoded
from engine.data.templates.losses import reason_of
from engine.data.templates.masking import IGNORED
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND, RowsWith
from engine.objectives.declaration import Objective, Parts
from engine.training.batches.tokenized_dataset import Example, TokenizedDataset, TokenizedDatasetWriter

_SPLITS = ("train", "val")
_COMPARED = {"preference", "ranking", "kto"}  # kinds of rows whose answers are better or worse than others


@dataclass
class Examples:
    """Everything that a job sees.

    Attributes:
        train, val: the examples of each split.
        counts: rows left out by reason: "dropped", "unlearnable", "refused", "parted"; also "truncated" and "skipped_turns", which
            are trained in part, "cropped_answers", and rows in whose texts "control_tokens" are text.
        refusals: why the first refused row and the first parted one were, in both languages where the reason is ours.
    """

    train: TokenizedDataset = field(init=False)
    val: TokenizedDataset = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)
    refusals: dict[str, str | Said] = field(default_factory=dict)

    def left_out(self, name: str, count: int = 1, fault: Fault | None = None) -> None:
        """Count rows that are left out, or learnt in part."""
        self.counts[name] += count
        if fault is not None:
            self.refusals.setdefault(name, reason_of(fault))


def make_example(encoded: Encoded) -> Example:
    """Shift the labels so that each token's label is its successor."""
    ids = np.asarray(encoded.ids, dtype=np.int32)
    labels = np.full_like(ids, encoded.following)
    labels[:-1] = encoded.labels[1:]
    if encoded.weights is None:
        return Example(ids, labels, encoded.trained)
    weights = np.asarray([*encoded.weights[1:], encoded.following_weight], dtype=np.float32)
    return Example(ids, labels, encoded.trained, weights=weights)


def bundle_example(bundle: Bundle) -> Example:
    """A prompt and answers to it: its last token, which another one follows each time, stands before each of them."""
    before, last = list(bundle.prompt[:-1]), bundle.prompt[-1]
    ids, labels = [before], [[IGNORED] * len(before)]
    for answer in bundle.answers:
        ids.append([last, *answer])
        labels.append([*answer, IGNORED])
    tokens, learnt = (np.concatenate([np.asarray(one, np.int32) for one in several]) for several in (ids, labels))
    weights = None if bundle.weight == 1 else np.full(len(tokens), bundle.weight, np.float32)
    parts = tuple(1 + len(answer) for answer in bundle.answers)
    tags = np.asarray(bundle.tags, np.float32)
    return Example(tokens, learnt, sum(map(len, bundle.answers)), parts, weights, len(before), tags)


def join_parts(parts: Parts) -> Example:
    """One example of one or several sequences."""
    if isinstance(parts, Bundle):
        return bundle_example(parts)
    single = [make_example(part) for part in parts]
    if len(single) == 1:
        return single[0]
    ids, labels = (np.concatenate([getattr(one, name) for one in single]) for name in ("ids", "labels"))
    weights = None
    if any(one.weights is not None for one in single):
        once = (np.ones(len(one), np.float32) if one.weights is None else one.weights for one in single)
        weights = np.concatenate([*once])
    return Example(ids, labels, sum(one.trained for one in single), tuple(map(len, single)), weights)


def load_examples(
    rows: Iterable[Mapping[str, Any]],
    template: ChatTemplate,
    objective: Objective,
    training: Mapping[str, Any],
    folder: Path,
) -> Examples:
    """Tokenise every row as the objective and its settings say, into two files in `folder`.

    Raises:
        Fault: "training.beyond", when rows use tokens that the model has no row for in its embedding;
            "training.no_examples", "training.no_comparisons" or "training.no_questions", when no training row is left to learn from.
    """
    found = Examples()
    with TokenizedDatasetWriter(folder / "train.arrow") as train, TokenizedDatasetWriter(folder / "val.arrow") as val:
        writers = {"train": train, "val": val}
        for split, parts in _made(rows, template, objective, training, found):
            writers[split].add(join_parts(parts))
    found.train, found.val = TokenizedDataset(train.path), TokenizedDataset(val.path)
    if not found.train:
        raise _nothing_left(objective, training, found)
    return found


def _nothing_left(objective: Objective, training: Mapping[str, Any], found: Examples) -> Fault:
    told: dict[str, Any] = {name: found.counts[name] for name in ("dropped", "unlearnable")}
    told |= {"refused": found.counts["refused"] + found.counts["parted"], "max_length": training["max_length"]}
    told |= {"reason": next(iter(found.refusals.values()), "-")}
    if objective.online is not None:
        return Fault("training.no_questions", **told)
    if objective.learns_from & _COMPARED:
        return Fault("training.no_comparisons", **told, identical=found.counts["identical_answers"])
    return Fault("training.no_examples", **told)


def _made(
    rows: Iterable[Mapping[str, Any]],
    template: ChatTemplate,
    objective: Objective,
    training: Mapping[str, Any],
    found: Examples,
) -> Iterator[tuple[str, Parts]]:
    makers = {split: objective.examples(template, training, found.left_out) for split in _SPLITS}
    beyond = RowsWith()
    for row in template.ahead(iter(rows), objective.views, **objective.mask(training)):
        try:
            yield from ((row["split"], parts) for parts in makers[row["split"]].add(row))
        except Fault as fault:
            if fault.code != BEYOND:
                raise
            beyond.add(row, fault.params["texts"])
    if beyond.rows:
        raise Fault("training.beyond", **beyond.params(), size=template.token_rows.rows)
    for split, maker in makers.items():
        yield from ((split, parts) for parts in maker.close())
