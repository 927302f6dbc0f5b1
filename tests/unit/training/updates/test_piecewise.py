"""Updates piece by piece: the same numbers as at once, and weights in bf16 alone that learn what plain bf16 cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.optimizers import optimizer_of
from engine.training.updates.piecewise import Piecewise
from engine.training.updates.rounding import rounded_by_chance

_STEPS = 6
ELEMENTWISE = ("adamw_torch_fused", "adamw_8bit", "sgd")


def _model(dtype: torch.dtype = torch.float32) -> nn.Module:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.LayerNorm(128), nn.Linear(128, 64, bias=False))
    return model.to(dtype)


def _optimizer(
    model: nn.Module, key: str = "adamw_torch_fused", rate: float = 1e-2, **how: Any
) -> torch.optim.Optimizer:
    made, options = optimizer_of(key).make()
    plain = made(list(model.parameters()), **{"lr": rate, "weight_decay": 0.1, **options})  # type: ignore[call-arg]
    usual = {"rounded": False, "state_in_ram": False, "gradients_in_ram": False, "piece": 4096}
    return Piecewise(plain, **{**usual, **how}) if how else plain


def _loss(model: nn.Module, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    dtype = next(model.parameters()).dtype
    asked = torch.randn(16, 64, generator=generator).to(dtype)
    return (model(asked) - asked.roll(1, -1)).float().square().mean()


def _train(
    model: nn.Module, optimizer: torch.optim.Optimizer, seeds: range, clip: float = 0.5, groups: int = 2
) -> None:
    for seed in seeds:
        for group in range(groups):
            (_loss(model, 10 * seed + group) / groups).backward()  # type: ignore[no-untyped-call]
        if isinstance(optimizer, Piecewise) and optimizer.keeps_gradients:
            assert all(one.grad is None for one in model.parameters())
            optimizer.clip(clip)
        else:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()


def _weights(model: nn.Module) -> Tensor:
    return torch.cat([one.detach().flatten() for one in model.parameters()])


@pytest.mark.parametrize("key", ELEMENTWISE)
@pytest.mark.parametrize("gradients", [False, True])
def test_state_and_gradients_in_ram_change_no_result(key: str, gradients: bool) -> None:
    plain, moved = _model(), _model()
    _train(plain, _optimizer(plain, key), range(_STEPS))
    _train(moved, _optimizer(moved, key, state_in_ram=True, gradients_in_ram=gradients), range(_STEPS))
    assert float((_weights(plain) - _weights(moved)).abs().mean()) < 1e-6
    assert not torch.allclose(_weights(plain), _weights(_model()), atol=1e-3)


def test_rounding_by_chance_is_right_on_average_and_keeps_what_bf16_holds() -> None:
    torch.manual_seed(0)
    held = torch.randn(1000).bfloat16()
    assert torch.equal(rounded_by_chance(held.float()), held)
    between = torch.full((200_000,), 1.0 + 2**-10)  # an eighth of the way from 1 to the next number of bf16
    found = rounded_by_chance(between).float()
    assert set(found.tolist()) == {1.0, 1.0 + 2**-7}
    assert abs(float(found.mean()) - (1.0 + 2**-10)) < 2e-5
    extremes = torch.tensor([float("inf"), -float("inf"), 0.0, float("nan")])
    assert torch.equal(rounded_by_chance(extremes)[:3].float(), extremes[:3])
    assert torch.isnan(rounded_by_chance(extremes)[3])


def _falls(dtype: torch.dtype, rate: float, steps: int, **how: Any) -> float:
    """By how much the loss falls."""
    torch.manual_seed(1)
    model = _model(dtype)
    optimizer = _optimizer(model, rate=rate, **how)
    before = float(_loss(model, 999))
    _train(model, optimizer, range(steps), clip=1.0, groups=1)
    return before - float(_loss(model, 999))


def test_small_learning_rates_reach_weights_in_bf16_only_with_rounding_by_chance() -> None:
    rate, steps = 5e-5, 150
    full = _falls(torch.float32, rate, steps)
    plain = _falls(torch.bfloat16, rate, steps)
    ours = _falls(torch.bfloat16, rate, steps, rounded=True)
    assert full > 0.02
    assert plain < 0.6 * full
    assert ours > 0.85 * full


@pytest.mark.parametrize("key", ["adamw_torch_fused", "adamw_8bit", "adafactor", "sgd"])
def test_it_goes_on_bit_for_bit_from_what_a_checkpoint_holds(key: str, tmp_path: Path) -> None:
    how = {"rounded": True, "state_in_ram": True}
    whole, model = _model(torch.bfloat16), _model(torch.bfloat16)
    torch.manual_seed(5)
    _train(whole, _optimizer(whole, key, **how), range(6))
    torch.manual_seed(5)
    first = _optimizer(model, key, **how)
    _train(model, first, range(3))
    torch.save(first.state_dict(), tmp_path / "optimizer.pt")
    second = _optimizer(model, key, **how)
    second.load_state_dict(torch.load(tmp_path / "optimizer.pt", weights_only=True))
    _train(model, second, range(3, 6))
    assert torch.equal(_weights(whole), _weights(model))


def test_moments_take_two_bytes_and_step_counts_stay_whole() -> None:
    model = _model(torch.bfloat16)
    optimizer = _optimizer(model, rounded=True)
    _train(model, optimizer, range(2))
    pieces = [piece for kept in optimizer.state_dict()["state"].values() for piece in kept]
    assert {piece[name].dtype for piece in pieces for name in ("exp_avg", "exp_avg_sq")} == {torch.bfloat16}
    assert {float(piece["step"]) for piece in pieces} == {2.0}
    assert len(pieces) > len(list(model.parameters()))


def test_gradients_that_are_let_go_stay_at_their_parameters() -> None:
    model = _model()
    optimizer = _optimizer(model, state_in_ram=True, gradients_in_ram=True)
    assert isinstance(optimizer, Piecewise)
    optimizer.let_go()
    _loss(model, 1).backward()  # type: ignore[no-untyped-call]
    assert all(one.grad is not None for one in model.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(
    not torch.cuda.is_available(), reason="needs a CUDA device; the tests above do the same in RAM alone"
)
def test_a_card_holds_less_and_learns_the_same_with_state_and_gradients_in_ram() -> None:
    def run(**how: Any) -> tuple[Tensor, int]:
        torch.manual_seed(3)
        model = nn.Sequential(*[nn.Linear(1024, 1024, bias=False) for _ in range(8)]).cuda()
        optimizer = _optimizer(model, **how)
        for seed in range(3):
            torch.cuda.reset_peak_memory_stats()
            asked = torch.randn(4, 1024, generator=torch.Generator().manual_seed(seed)).cuda()
            model(asked).square().mean().backward()
            if isinstance(optimizer, Piecewise):
                optimizer.clip(1.0)
            else:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        return _weights(model).cpu(), torch.cuda.max_memory_allocated()

    plain, there = run()
    moved, less = run(state_in_ram=True, gradients_in_ram=True, piece=1 << 18)
    assert float((plain - moved).abs().mean()) < 1e-6
    assert less < 0.5 * there  # weights, one gradient and one piece of state are left of four times the weights
