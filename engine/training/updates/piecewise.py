"""Any optimizer, piece by piece: so weights can be bf16 alone, and state and gradients can wait in RAM.

A large tensor is cut into pieces of whole rows, each of which the optimizer takes for a parameter of its own. Of one piece
at a time there are fp32 copies of weights, gradient and moments on the device; everything else is in the format and in the
place that was chosen. Optimizers that treat every number by itself (AdamW, SGD) give what they would have given at once;
those that keep sums of rows and columns (Adafactor) keep them for each piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from engine.optimizers.pieces import PIECE
from engine.training.updates.rounding import rounded_by_chance

_TINY = 1e-6  # as torch's own clipping has it
State = dict[str, Any]


class Piecewise(Optimizer):
    """An optimizer around another one.

    Args:
        inner: made for the parameters that are trained; it must not have taken a step yet.
        rounded: weights are bf16: update copies of them in fp32, and round those by chance.
        state_in_ram: the state leaves the device between two updates.
        gradients_in_ram: gradients leave it as soon as they are complete.
        piece: most numbers of a piece.
    """

    def __init__(
        self, inner: Optimizer, *, rounded: bool, state_in_ram: bool, gradients_in_ram: bool, piece: int = PIECE
    ) -> None:
        super().__init__([dict(group) for group in inner.param_groups], dict(inner.defaults))
        self._inner, self._rounded, self._state_in_ram, self._piece = inner, rounded, state_in_ram, piece
        self._stand_ins: dict[Tensor, list[nn.Parameter]] = {}
        self._ram: dict[Tensor, Tensor] = {}  # gradients
        self._there: set[Tensor] = set()  # those of this step
        self._share = 1.0  # that clipping leaves of them
        self._hooks: list[Any] = []
        for group in inner.param_groups:
            group["params"] = []
        if gradients_in_ram:
            self._hooks = [one.register_post_accumulate_grad_hook(self._take) for one in self._parameters()]

    # ------------------------------------------------------------ gradients

    @property
    def keeps_gradients(self) -> bool:
        """Whether gradients are found here and not at their parameters."""
        return bool(self._hooks)

    def let_go(self) -> None:
        """Gradients stay where they are made from now on."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    @torch.no_grad()
    def clip(self, most: float) -> Tensor:
        """The norm of all gradients in RAM; together they do not count for more than `most` in the coming step."""
        squares = [
            torch.linalg.vector_norm(part.to(one.device, torch.float32)).square()
            for one in self._there
            for part in self._cut(self._ram[one])
        ]
        norm = torch.stack([one.cpu() for one in squares]).sum().sqrt() if squares else torch.zeros(())
        self._share = min(1.0, most / (float(norm) + _TINY))
        return norm

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""
        super().zero_grad(set_to_none)
        self._forget()

    def _forget(self) -> None:
        self._there.clear()
        self._share = 1.0

    def _take(self, parameter: Tensor) -> None:
        """A gradient is complete: it goes to RAM, to those of earlier groups."""
        grad = parameter.grad
        assert grad is not None
        if parameter in self._there:
            grad.add_(self._ram[parameter].to(grad.device))
        self._ram[parameter] = _in_ram(grad, self._ram.get(parameter))
        self._there.add(parameter)
        parameter.grad = None

    def _gradient(self, parameter: Tensor) -> Tensor | None:
        if not self.keeps_gradients:
            return parameter.grad
        return self._ram[parameter] if parameter in self._there else None

    # ------------------------------------------------------------ the update

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update of all parameters that have a gradient."""
        assert closure is None
        for inner, group in zip(self._inner.param_groups, self.param_groups, strict=True):
            inner.update({key: value for key, value in group.items() if key != "params"})
            for parameter in group["params"]:
                if (grad := self._gradient(parameter)) is not None:
                    self._update(inner, parameter, grad)
        self._forget()
        return None

    def _update(self, inner: dict[str, Any], parameter: Tensor, grad: Tensor) -> None:
        weights, grads = self._cut(parameter), self._cut(grad)
        states = self.state[parameter].setdefault("pieces", [{} for _ in weights])
        for place, stand_in in enumerate(self._stood_in_for(parameter, len(weights))):
            inner["params"] = [stand_in]
            stand_in.data = weights[place].float() if self._rounded else weights[place]
            given = grads[place].to(stand_in.device, stand_in.dtype)
            stand_in.grad = given if self._share == 1.0 else given * self._share
            if states[place]:
                self._inner.state[stand_in] = {key: self._brought(one, stand_in) for key, one in states[place].items()}
            self._inner.step()
            made = self._inner.state.pop(stand_in, {})
            states[place] = {key: self._put_away(one, stand_in, states[place].get(key)) for key, one in made.items()}
            if self._rounded and weights[place].dtype == torch.bfloat16:  # a head stays in fp32
                weights[place].copy_(rounded_by_chance(stand_in.data))
            stand_in.grad, stand_in.data = None, stand_in.data.new_empty(0)
        inner["params"] = []

    def _brought(self, value: Any, stand_in: Tensor) -> Any:
        """A part of the state as the optimizer knows it."""
        if not torch.is_tensor(value) or getattr(value, "is_paged", False):
            return value
        there = value.to(stand_in.device, non_blocking=True)
        return there.float() if self._rounded and there.dtype == torch.bfloat16 else there

    def _put_away(self, value: Any, stand_in: Tensor, before: Any) -> Any:
        """The same in the format and in the place where it waits."""
        if not torch.is_tensor(value) or value.dim() == 0 or getattr(value, "is_paged", False):
            return value
        if self._rounded and value.dtype == torch.float32 and value.shape == stand_in.shape:
            value = rounded_by_chance(value)
        return _in_ram(value, before) if self._state_in_ram else value

    # ------------------------------------------------------------ pieces

    def _cut(self, tensor: Tensor) -> list[Tensor]:
        """Views of a few rows each."""
        whole = tensor.detach()
        if whole.dim() == 0 or whole.numel() <= self._piece:
            return [whole]
        rows = max(1, self._piece // max(1, whole[0].numel()))
        return list(whole.split(rows))

    def _stood_in_for(self, parameter: Tensor, count: int) -> list[nn.Parameter]:
        """What the optimizer takes for its parameters, one for each piece; without numbers while it does not work on them."""
        if parameter not in self._stand_ins:
            dtype = torch.float32 if self._rounded else parameter.dtype
            empty = [torch.empty(0, dtype=dtype, device=parameter.device) for _ in range(count)]
            self._stand_ins[parameter] = [nn.Parameter(one) for one in empty]
        return self._stand_ins[parameter]

    def _parameters(self) -> Iterator[Tensor]:
        for group in self.param_groups:
            yield from group["params"]

    # ------------------------------------------------------------ checkpoints

    def state_dict(self) -> dict[str, Any]:
        """Groups, and the state of each piece, in the format that it waits in."""
        every = list(self._parameters())
        groups, first = [], 0
        for group in self.param_groups:
            count = len(group["params"])
            groups.append({**group, "params": list(range(first, first + count))})
            first += count
        return {
            "state": {i: self.state[one]["pieces"] for i, one in enumerate(every) if self.state[one]},
            "param_groups": groups,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """What `state_dict` gave."""
        for group, stored in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({key: value for key, value in stored.items() if key != "params"})
        every = list(self._parameters())
        for i, pieces in state_dict["state"].items():
            self.state[every[int(i)]] = {"pieces": [self._settled(piece, every[int(i)]) for piece in pieces]}

    def _settled(self, piece: Mapping[str, Any], parameter: Tensor) -> State:
        """A piece's state where it waits from now on."""
        return {key: self._placed(value, parameter) for key, value in piece.items()}

    def _placed(self, value: Any, parameter: Tensor) -> Any:
        if not torch.is_tensor(value):
            return value
        in_ram = self._state_in_ram and value.dim() > 0
        return _in_ram(value, None) if in_ram else value.to(parameter.device, copy=True)


def _in_ram(value: Tensor, before: Any) -> Tensor:
    """A copy in RAM, in the tensor that was there before where it fits; pinned, so that a card reaches it by itself."""
    fits = torch.is_tensor(before) and before.shape == value.shape and before.dtype == value.dtype
    if not fits or before is value:
        before = torch.empty_like(value, device="cpu", pin_memory=value.is_cuda or torch.cuda.is_available())
    before.copy_(value)
    kept: Tensor = before
    return kept
