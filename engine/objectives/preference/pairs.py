"""From the answers of a group to pairs of a better and a worse one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.objectives.answer_sums import answer_notes, answer_sums, label_counts
from engine.objectives.preference.charts import ACCURACY, CHOSEN, MARGIN, PREFERENCE, REJECTED

if TYPE_CHECKING:
    from torch import Tensor

    from engine.objectives.declaration import ForwardPass


def weight_of(example: Any) -> float:
    """How much an example counts: a pair once, unless its row says otherwise."""
    return 1.0 if example.weights is None else float(example.weights[0])


@dataclass(frozen=True)
class RankedPairs:
    """Every pair of differing rank within the examples of a group, of shape (pairs,) each.

    Attributes:
        better, worse: sums of the log-probabilities of their labels.
        better_size, worse_size: how many labels.
        weight: of the pairs of an example together as much as the example counts.
        better_reference, worse_reference: the sums before the first step; None where the objective needs none.
    """

    better: Tensor
    worse: Tensor
    better_size: Tensor
    worse_size: Tensor
    weight: Tensor
    better_reference: Tensor | None = None
    worse_reference: Tensor | None = None

    @property
    def better_mean(self) -> Tensor:
        """Log-probability a token of the better answers."""
        return self.better / self.better_size

    @property
    def worse_mean(self) -> Tensor:
        """Log-probability a token of the worse answers."""
        return self.worse / self.worse_size

    @property
    def rises(self) -> tuple[Tensor, Tensor]:
        """By how much the log-probabilities of better and worse answers rose since the start."""
        assert self.better_reference is not None
        assert self.worse_reference is not None
        return self.better - self.better_reference, self.worse - self.worse_reference

    def sums(self, lead: Tensor, preference: Tensor) -> Mapping[str, float]:
        """What charts draw of the pairs.

        Args:
            lead: of each pair, above 0 where it is right, in the unit of the margin.
            preference: what the comparison alone loses.
        """
        drawn = {
            ACCURACY.key: (lead > 0).float() + (lead == 0).float() / 2,  # all are level before the first step
            MARGIN.key: lead,
            CHOSEN.key: self.better_mean,
            REJECTED.key: self.worse_mean,
            PREFERENCE.key: preference,
        }
        return {key: float((value.detach() * self.weight).sum()) for key, value in drawn.items()}


def read_pairs(forward: ForwardPass, group: Sequence[Any], *, reference: bool) -> RankedPairs:
    """One pass over a group of examples whose answers are tagged with how good they are.

    Args:
        reference: whether the sums before the first step are noted of the answers.
    """
    import torch

    sums = answer_sums(forward.read(group).log_probs, group)
    sizes = label_counts(group, sums).float()
    better, worse, weights = _places(group)
    high, low = (torch.tensor(places, device=sums.device) for places in (better, worse))
    before = answer_notes(group, "reference", sums) if reference else None
    return RankedPairs(
        sums[high],
        sums[low],
        sizes[high],
        sizes[low],
        torch.tensor(weights, device=sums.device),
        None if before is None else before[high],
        None if before is None else before[low],
    )


def _places(group: Sequence[Any]) -> tuple[list[int], list[int], list[float]]:
    """Numbers of the better and the worse answers of the group's pairs, and what each pair counts."""
    better: list[int] = []
    worse: list[int] = []
    weights: list[float] = []
    first = 0
    for example in group:
        tags = [float(tag) for tag in example.tags]
        found = [(one, other) for one in range(len(tags)) for other in range(len(tags)) if tags[one] > tags[other]]
        better += [first + one for one, _ in found]
        worse += [first + other for _, other in found]
        weights += [weight_of(example) / len(found)] * len(found)
        first += len(tags)
    return better, worse, weights
