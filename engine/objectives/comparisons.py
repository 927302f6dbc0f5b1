"""How much scores of answers lose that contradict what people prefer: of the answers to one prompt, each loss a mean.

What is preferred is said by tags, higher is better. Where two answers' tags differ by more than 1, the excess is a margin: by so
much the better one is to lead (Touvron et al. 2023, Llama 2, arXiv:2307.09288, eq. 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def pairs_of(tags: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the better and of the worse answer of every pair that is not tied, each of shape (pairs,)."""
    better, worse = (tags[:, None] > tags[None, :]).nonzero(as_tuple=True)
    return better, worse


def margins_of(tags: Tensor) -> Tensor:
    """By how much each answer (row) is to lead each other one (column), 0 where nothing is said, shape (answers, answers)."""
    return (tags[:, None] - tags[None, :] - 1).clamp(min=0)


def bradley_terry(scores: Tensor, tags: Tensor) -> Tensor:
    """Ouyang et al. 2022, InstructGPT, arXiv:2203.02155, eq. 1: the mean over all pairs of −log σ(better − worse − margin).

    Args:
        scores: shape (answers,).
        tags: shape (answers,), of which at least two differ.
    """
    from torch.nn.functional import logsigmoid

    better, worse = pairs_of(tags)
    found: Tensor = -logsigmoid(scores[better] - scores[worse] - margins_of(tags)[better, worse]).mean()
    return found


def plackett_luce(scores: Tensor, tags: Tensor) -> Tensor:
    """Plackett 1975, The Analysis of Permutations, as Rafailov et al. 2023, DPO, arXiv:2305.18290, eq. 18 have it: each answer
    against all worse ones together, as a mean over those that have any. Tied answers do not compete. Two answers: `bradley_terry`.
    """
    import torch

    worse = tags[:, None] > tags[None, :]
    against = scores[None, :] + margins_of(tags)
    rivals = torch.where(worse | torch.eye(len(tags), dtype=torch.bool, device=tags.device), against, -torch.inf)
    lost = torch.logsumexp(rivals, dim=1) - scores
    return lost[worse.any(dim=1)].mean()


def off_centre(scores: Tensor, tags: Tensor) -> Tensor:
    """Eisenstein et al. 2023, Helping or Herding, arXiv:2312.09244, section 3: the mean over all pairs of the square of their sum,
    which keeps scores of different prompts around 0."""
    better, worse = pairs_of(tags)
    return (scores[better] + scores[worse]).square().mean()
