"""What a plan would count in examples that are tokens already."""

from __future__ import annotations

from engine.data.templates.lengths import Counts
from engine.training.batches.tokenized_dataset import TokenizedDataset


def counts_of(examples: TokenizedDataset) -> Counts:
    """The same as the plan counts from the lengths of the rows."""
    lengths = examples.lengths.tolist()
    counted = len(lengths), sum(lengths), examples.trained, lengths
    return Counts(*counted, truncated=0, dropped=0, unlearnable=0, bundles=examples.bundles)
