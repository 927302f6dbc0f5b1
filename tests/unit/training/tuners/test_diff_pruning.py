"""Gates and survivors of diff pruning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.methods.common.declaration import RunContext
from engine.methods.diff_pruning import DIFF_PRUNING
from engine.models.tuned.deltas import Delta
from engine.serving.runtime.loading import load_model
from engine.training.loop.weights import load_trained, save_result, save_trained
from engine.training.tuners import diff_pruning
from tests import methods, tiny

IDS = torch.arange(3, 40).view(1, 37)
WEIGHTS = 2 * (64 * 64 + 2 * 64 * 32 + 64 * 64 + 3 * 64 * 128)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def fresh(folder: Path, **raw: Any) -> Any:
    return methods.applied(folder, DIFF_PRUNING, folder / "scratch", steps=6, share=0.02, **raw)


def train(model: Any, steps: range) -> torch.optim.Optimizer:
    model.train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01, weight_decay=0)
    for step in steps:
        model(IDS, labels=IDS, use_cache=False).loss.backward()
        diff_pruning.penalty(model).backward()
        optimizer.step()
        diff_pruning.after_update(model, step)
        optimizer.zero_grad()
    return optimizer


def differences(model: Any) -> list[diff_pruning.Difference]:
    return [one for one in model.modules() if isinstance(one, diff_pruning.Difference)]


def test_the_gradient_is_that_of_the_plain_formula() -> None:
    torch.manual_seed(0)
    inputs, weight = torch.randn(2, 5, 6, requires_grad=True), torch.randn(4, 6)
    delta, gate = torch.randn(4, 6, requires_grad=True), torch.full((4, 6), -0.05, requires_grad=True)
    noise = torch.rand(4, 6).logit()
    z = (torch.sigmoid(5 + 100 * gate + noise) * 3 - 1.5).clamp(0, 1)
    assert 0 < int(((z > 0) & (z < 1)).sum()) < z.numel()
    leaves = (inputs, delta, gate)
    expected = torch.autograd.grad((inputs @ (weight + z * delta).T).square().sum(), leaves)
    made = diff_pruning._Linear.apply(inputs, weight, delta, gate, z.detach(), False)
    for ours, theirs in zip(torch.autograd.grad(made.square().sum(), leaves), expected, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4, rtol=1e-4)


def test_gates_are_random_in_training_and_fixed_in_answers(folder: Path) -> None:
    model = fresh(folder)
    train(model, range(1, 3))
    with torch.enable_grad():
        assert not torch.equal(model(IDS).logits, model(IDS).logits)
    model.eval()
    with torch.no_grad():
        assert torch.equal(model(IDS).logits, model(IDS).logits)
        assert torch.allclose(model(IDS).logits, torch.enable_grad()(model)(IDS).logits, atol=1e-5)


def test_only_as_many_as_declared_survive_and_only_they_learn_on(folder: Path) -> None:
    model = fresh(folder)
    train(model, range(1, 3))
    assert diff_pruning.figures(model)["changed_percent"] > 50
    train(model, range(3, 4))
    masks = [one.mask.clone() for one in differences(model)]
    assert sum(int(mask.sum()) for mask in masks) == round(WEIGHTS * 0.02)
    assert diff_pruning.figures(model)["changed_percent"] == pytest.approx(2, abs=0.01)
    smallest = min(float(one.delta.detach()[one.mask].abs().min()) for one in differences(model))
    assert smallest > 0
    before = [one.delta.detach().clone() for one in differences(model)]
    gates = [one.gate.detach().clone() for one in differences(model)]
    train(model, range(4, 7))
    for one, mask, delta, gate in zip(differences(model), masks, before, gates, strict=True):
        assert torch.equal(one.mask, mask)
        assert torch.equal(one.change() != 0, mask & (one.delta != 0))
        assert torch.equal(one.gate, gate)
        assert not mask.any() or not torch.equal(one.delta[mask], delta[mask])


def test_a_penalty_closes_gates(folder: Path) -> None:
    free, dear = fresh(folder, penalty=0.0), fresh(folder, penalty=0.001)
    for model in (free, dear):
        train(model, range(1, 3))
    open_gates = [sum(float(one.odds().detach().sum()) for one in differences(model)) for model in (free, dear)]
    assert open_gates[1] < open_gates[0] - WEIGHTS


@pytest.mark.parametrize("steps", [2, 6])
def test_a_checkpoint_holds_the_survivors_and_goes_on_exactly(folder: Path, tmp_path: Path, steps: int) -> None:
    model = fresh(folder)
    train(model, range(1, steps + 1))
    save_trained(model, DIFF_PRUNING, tmp_path)
    again = fresh(folder)
    load_trained(again, DIFF_PRUNING, tmp_path)
    assert differences(again)[0].is_fixed == (steps == 6)
    for one in (model, again):
        torch.manual_seed(7)
        train(one, range(steps + 1, steps + 3))
    assert all(map(torch.equal, model.parameters(), again.parameters()))


@pytest.mark.parametrize("steps", [2, 6])
@torch.no_grad()
def test_the_result_replaces_numbers_and_answers_as_it_was_scored(folder: Path, tmp_path: Path, steps: int) -> None:
    model = fresh(folder)
    torch.enable_grad()(train)(model, range(1, steps + 1))
    save_result(model, DIFF_PRUNING, tmp_path, RunContext(6, {}, tmp_path))
    stored = load_file(tmp_path / "delta.safetensors")
    values = sum(tensor.numel() for name, tensor in stored.items() if name.endswith("::value"))
    assert values == round(WEIGHTS * 0.02) if steps == 6 else values > WEIGHTS // 2
    base = load_model(folder, "fp32", "cpu")
    own = base(IDS).logits
    with Delta.read(base, tmp_path).on():
        assert torch.equal(base(IDS).logits, model.eval()(IDS).logits)
    assert torch.equal(base(IDS).logits, own)
