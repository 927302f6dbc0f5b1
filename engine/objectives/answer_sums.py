"""From the labels of a group to its answers: sums and means of what the model says of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def label_counts(group: Sequence[Any], like: Tensor) -> Tensor:
    """Labels of each answer of the group, in order, shape (answers,), where `like` is."""
    import torch

    return torch.tensor([count for example in group for count in example.label_counts], device=like.device)


def answer_sums(of_labels: Tensor, group: Sequence[Any]) -> Tensor:
    """The sum over the labels of each answer.

    Args:
        of_labels: shape (labels,), in the order of the group.

    Returns:
        shape (answers,), fp32, with the gradient.
    """
    import torch

    counts = label_counts(group, of_labels)
    owners = torch.repeat_interleave(torch.arange(len(counts), device=of_labels.device), counts)
    return torch.zeros(len(counts), dtype=torch.float32, device=of_labels.device).index_add(
        0, owners, of_labels.float()
    )


def answer_notes(group: Sequence[Any], name: str, like: Tensor) -> Tensor:
    """What is noted of each answer under that name (`Example.answer_notes`), shape (answers,), where `like` is."""
    return _joined([example.answer_notes[name] for example in group], like)


def label_notes(group: Sequence[Any], name: str, like: Tensor) -> Tensor:
    """What is noted of each label under that name (`Example.label_notes`), shape (labels,), where `like` is."""
    return _joined([example.label_notes[name] for example in group], like)


def answer_tags(group: Sequence[Any], like: Tensor) -> Tensor:
    """How good each answer is (`Example.tags`), shape (answers,), where `like` is."""
    return _joined([example.tags for example in group], like)


def _joined(numbers: Sequence[Any], like: Tensor) -> Tensor:
    import numpy as np
    import torch

    return torch.from_numpy(np.concatenate(numbers)).to(like.device)
