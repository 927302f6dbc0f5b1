"""What a plan would count in examples that are tokens already."""

from __future__ import annotations

from engine.data.bundles.sizes import BundleSize
from engine.data.templates.lengths import Counts
from engine.jobs.spec import JobSpec
from engine.objectives import objective_of
from engine.training.batches.tokenized_dataset import TokenizedDataset


def counts_of(examples: TokenizedDataset, spec: JobSpec) -> Counts:
    """The same as the plan counts from the lengths of the rows; prompts with the answers that will be written to them."""
    online = objective_of(spec.objective).online
    if online is None:
        return _counts(examples.lengths.tolist(), examples.bundles, examples.trained)
    sizes = [online.size_of(length, spec.training) for length in examples.lengths.tolist()]
    return _counts([one.tokens for one in sizes], sizes, sum(sum(one.answers) for one in sizes))


def _counts(lengths: list[int], bundles: list[BundleSize], trained: int) -> Counts:
    counted = len(lengths), sum(lengths), trained, lengths
    return Counts(*counted, truncated=0, dropped=0, unlearnable=0, bundles=bundles)
