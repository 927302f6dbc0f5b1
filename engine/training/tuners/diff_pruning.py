"""Diff pruning (Guo et al. 2020, arXiv:2012.07463): a difference for each weight, a gate for each difference, few survive.

weight + z * delta, where z is a hard-concrete gate (Louizos et al. 2017, arXiv:1712.01312): random while it trains, fixed when
the model answers. Then only the largest z * delta of all stay, and training goes on with these alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.training.tuners.structure import adaptable

_LOW, _HIGH = -1.5, 1.5  # the gate is stretched to this and cut to 0 and 1 (section 3.1 of the paper)
_START = 5.0  # of the gates' log-odds: nearly all open
_SPEED = 100.0  # gates learn so many times faster than differences, as in the authors' own settings
_SETTINGS = "diff_pruning"
_DELTA_FILE = "delta.safetensors"


@dataclass(frozen=True)
class DiffPruningSettings:
    """What the trained model remembers of its job.

    Attributes:
        keep: differences that survive.
        at: the step after which only they are left.
        penalty: cost of an open gate.
    """

    keep: int
    at: int
    penalty: float


class Difference(nn.Module):
    """Difference and gates of one weight. `mask` is empty until the survivors are chosen."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.delta = nn.Parameter(torch.zeros_like(weight, dtype=torch.float32))
        self.gate = nn.Parameter(torch.zeros_like(weight, dtype=torch.float32))
        self.mask = torch.empty(0, dtype=torch.bool, device=weight.device)
        self._sum: tuple[tuple[int, int, int], Tensor] | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the survivors are chosen."""
        return bool(self.mask.numel())

    def odds(self) -> Tensor:
        """Log-odds of each gate."""
        return _START + _SPEED * self.gate

    @torch.no_grad()
    def opening(self, *, random: bool) -> Tensor:
        """How far each gate is open, between 0 and 1."""
        if self.is_fixed:
            return self.mask.float()
        closing = self.odds().neg_().exp_()
        if random:  # 1 / u - 1 is e to the minus logit of u
            closing *= torch.rand_like(closing).clamp_(1e-6, 1 - 1e-6).reciprocal_().sub_(1)
        return closing.add_(1).reciprocal_().mul_(_HIGH - _LOW).add_(_LOW).clamp_(0, 1)

    @torch.no_grad()
    def change(self) -> Tensor:
        """What is added to the weight when the model answers."""
        return self.opening(random=False) * self.delta

    @torch.no_grad()
    def tuned(self, weight: Tensor) -> Tensor:
        """The weight as the model answers with it; kept until the difference changes."""
        version = (self.delta._version, self.gate._version, self.mask.data_ptr())
        if self._sum is None or self._sum[0] != version:
            self._sum = (version, weight.float() + self.change())
        return self._sum[1]

    def forget(self) -> None:
        """Give the memory of `tuned` back."""
        self._sum = None

    @torch.no_grad()
    def fix(self, survivors: Tensor) -> None:
        """Leave the differences at these places of the flattened weight alone."""
        change = self.change()
        mask = torch.zeros_like(change, dtype=torch.bool)
        mask.view(-1)[survivors] = True
        self.delta.copy_(change * mask)
        self.mask = mask


class _Linear(torch.autograd.Function):
    """inputs @ (weight + z * delta).T. Of each weight only z is kept: the gate's slope follows from it."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, delta: Tensor, gate: Tensor, z: Tensor, turned: bool
    ) -> Tensor:
        ctx.save_for_backward(inputs, weight, delta, z)
        ctx.turned = turned
        return inputs @ _sum(weight, delta, z, inputs.dtype, not turned)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor | None, None, None]:
        inputs, weight, delta, z = ctx.saved_tensors
        grad = grads[0]
        rows, given = inputs.flatten(0, -2), grad.flatten(0, -2)
        of_inputs = grad @ _sum(weight, delta, z, grad.dtype, ctx.turned) if ctx.needs_input_grad[0] else None
        of_sum = (rows.T @ given if ctx.turned else given.T @ rows).float()
        of_gate = None
        if ctx.needs_input_grad[3]:
            share = (z - _LOW) / (_HIGH - _LOW)
            slope = (_HIGH - _LOW) * share * (1 - share) * ((z > 0) & (z < 1))
            of_gate = of_sum * delta * slope * _SPEED
        return of_inputs, None, of_sum * z, of_gate, None, None


def _sum(weight: Tensor, delta: Tensor, z: Tensor, dtype: torch.dtype, turn: bool) -> Tensor:
    total = torch.addcmul(weight.float(), z, delta).to(dtype)
    return total.T if turn else total


def _forward(module: Any, turned: bool, inputs: Tensor) -> Tensor:
    """A linear module with its difference."""
    difference: Difference = module.difference
    if torch.is_autocast_enabled(inputs.device.type):
        inputs = inputs.to(torch.get_autocast_dtype(inputs.device.type))
    if torch.is_grad_enabled():
        difference.forget()
        z = difference.opening(random=module.training)
        gate = difference.gate.detach() if difference.is_fixed else difference.gate
        result: Tensor = _Linear.apply(inputs, module.weight, difference.delta, gate, z, turned)
    else:
        tuned = difference.tuned(module.weight).to(inputs.dtype)
        result = inputs @ (tuned if turned else tuned.T)
    return result if module.bias is None else result + module.bias.to(result.dtype)


def put_on(model: Any, share: float, at: int, penalty: float) -> Any:
    """`model` with a difference for each weight of its layers' linear modules; these alone are trained."""
    model.requires_grad_(False)
    total = 0
    for module in adaptable(model).values():
        module.difference = Difference(module.weight)
        module.forward = partial(_forward, module, not isinstance(module, nn.Linear))
        total += module.weight.numel()
    setattr(model, _SETTINGS, DiffPruningSettings(survivors_of(total, share), at, penalty))
    return model


def survivors_of(weights: int, share: float) -> int:
    """How many differences are left."""
    return max(1, round(weights * share))


def _linears(model: Any) -> Iterator[tuple[str, Any]]:
    for name, module in model.named_modules():
        if isinstance(getattr(module, "difference", None), Difference):
            yield name, module


def _differences(model: Any) -> list[Difference]:
    return [module.difference for _name, module in _linears(model)]


def penalty(model: Any) -> Tensor:
    """Expected number of open gates, times its cost (equation 4 of the paper); nothing once the survivors are chosen."""
    settings: DiffPruningSettings = getattr(model, _SETTINGS)
    closed = math.log(-_LOW / _HIGH)
    parts = [torch.sigmoid(one.odds() - closed).sum() for one in _differences(model) if not one.is_fixed]
    return settings.penalty * torch.stack(parts).sum() if parts else torch.zeros((), requires_grad=True)


def after_update(model: Any, step: int) -> None:
    """Choose the survivors when their time has come."""
    found = _differences(model)
    settings: DiffPruningSettings = getattr(model, _SETTINGS)
    if step < settings.at or found[0].is_fixed:
        return
    tops = [one.change().abs().flatten().topk(min(settings.keep, one.delta.numel())) for one in found]
    owners = torch.cat([torch.full_like(top.indices, number) for number, top in enumerate(tops)])
    chosen = torch.cat([top.values for top in tops]).topk(settings.keep).indices
    places, owners = torch.cat([top.indices for top in tops])[chosen], owners[chosen]
    for number, one in enumerate(found):
        one.fix(places[owners == number])


@torch.no_grad()
def figures(model: Any) -> dict[str, float]:
    """Per cent of the weights that are changed now, of all and of each module."""
    counts = {name: int(module.difference.change().count_nonzero()) for name, module in _linears(model)}
    sizes = {name: module.weight.numel() for name, module in _linears(model)}
    total = 100 * sum(counts.values()) / sum(sizes.values())
    return {"changed_percent": total} | {f"changed/{name}": 100 * counts[name] / sizes[name] for name in sizes}


def state(model: Any) -> dict[str, Tensor]:
    """The survivors, once they are chosen."""
    return {f"{name}.mask": module.difference.mask for name, module in _linears(model)}


def restore(model: Any, stored: Mapping[str, Tensor]) -> None:
    """What `state` gave."""
    for name, module in _linears(model):
        module.difference.mask = stored[f"{name}.mask"].to(module.weight.device)


@torch.no_grad()
def save(model: Any, folder: Path) -> None:
    """Places and new values of the changed weights alone (`engine.models.tuned.deltas`)."""
    tensors: dict[str, Tensor] = {}
    for name, module in _linears(model):
        difference: Difference = module.difference
        tuned = difference.tuned(module.weight).flatten()
        changed = difference.mask.flatten() if difference.is_fixed else tuned != module.weight.float().flatten()
        index = changed.nonzero().flatten()
        tensors |= {f"{name}.weight::index": index.cpu(), f"{name}.weight::value": tuned[index].cpu()}
        difference.forget()
    save_file(tensors, folder / _DELTA_FILE)
