"""How much pairs of answers lose: pure functions of numbers of each pair, shape (pairs,), all with their gradient.

A pair's `gap` is by how much the better answer leads: for objectives with a reference, how much more the log-probability of the
better answer rose since the start than that of the worse one; for those without, the difference of the log-probabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def sigmoid(gap: Tensor, beta: float, smoothing: float = 0.0) -> Tensor:
    """Rafailov et al. 2023, Direct Preference Optimization, arXiv:2305.18290, eq. 7; with smoothing the conservative form of Mitchell
    2023, A note on DPO with noisy preferences: so many of the pairs are held to be the wrong way round."""
    from torch.nn.functional import logsigmoid

    loss: Tensor = -logsigmoid(beta * gap)
    return loss if not smoothing else (1 - smoothing) * loss - smoothing * logsigmoid(-beta * gap)


def robust(gap: Tensor, beta: float, smoothing: float) -> Tensor:
    """Chowdhury et al. 2024, Provably Robust DPO, arXiv:2403.00409, eq. 12: what is expected without the wrong pairs."""
    right, wrong = sigmoid(gap, beta), sigmoid(-gap, beta)
    return ((1 - smoothing) * right - smoothing * wrong) / (1 - 2 * smoothing)


def hinge(gap: Tensor, beta: float) -> Tensor:
    """Zhao et al. 2023, SLiC-HF, arXiv:2305.10425, as Liu et al. 2023 have it for DPO, arXiv:2309.06657: nothing once the lead is 1."""
    return (1 - beta * gap).clamp(min=0)


def ipo(gap_a_token: Tensor, beta: float) -> Tensor:
    """Azar et al. 2023, A General Theoretical Paradigm, arXiv:2310.12036, eq. 17, of leads that are means over each answer's tokens."""
    return (gap_a_token - 1 / (2 * beta)) ** 2


def odds_ratio(better: Tensor, worse: Tensor) -> Tensor:
    """Hong et al. 2024, ORPO, arXiv:2403.07691, eqs. 6 and 7, of mean log-probabilities a token."""
    from torch.nn.functional import logsigmoid

    found: Tensor = -logsigmoid((better - worse) - (_log1mexp(better) - _log1mexp(worse)))
    return found


def _log1mexp(value: Tensor) -> Tensor:
    """log(1 - exp(value)) of values below 0, by whichever form is exact (Mächler 2012, Accurately computing log(1 - exp(-|a|)))."""
    import torch

    value = value.clamp(max=-1e-7)
    near = value > -0.6931
    safe = torch.where(near, value, torch.full_like(value, -0.5))
    far = torch.where(near, torch.full_like(value, -1.0), value)
    return torch.where(near, torch.log(-torch.expm1(safe)), torch.log1p(-far.exp()))


def kto(rise: Tensor, good: Tensor, kl: Tensor | float, beta: float) -> Tensor:
    """Ethayarajh et al. 2024, KTO, arXiv:2402.01306, eq. 8, without the weights of the two kinds.

    Args:
        rise: by how much the log-probability of each answer rose since the start, shape (answers,).
        good: whether its thumb is up.
        kl: how far the model is from its start, 0 or more: the mean rise of answers to other questions.
    """
    import torch

    return 1 - torch.sigmoid(beta * torch.where(good, rise - kl, kl - rise))
