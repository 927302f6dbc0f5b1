"""Each method trains exactly what it says, and as many numbers as its formula counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bitsandbytes
import pytest
import torch

from engine.methods import METHODS, Method
from engine.training.weights import trained_parameters
from tests import methods, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def load(folder: Path, method: Method, **raw: Any) -> tuple[Any, Any, int]:
    """The model to train, the method's settings, and the formula's count."""
    values, _ = methods.settings_of(method, **raw)
    model = methods.applied(folder, method, folder / "scratch", **raw)
    return model, values, method.trainable(methods.shape(folder), values)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_the_formula_counts_what_is_trained(folder: Path, method: Method) -> None:
    model, _, expected = load(folder, method)
    assert trained_parameters(model) == expected


@pytest.mark.parametrize("key", ["lora", "qlora"])
def test_fewer_modules_and_ranks_are_counted_too(folder: Path, key: str) -> None:
    method = next(method for method in METHODS if method.key == key)
    model, _, expected = load(folder, method, rank=4, modules=["q_proj", "down_proj"])
    assert trained_parameters(model) == expected
    assert {n.split(".")[-4] for n, p in model.named_parameters() if p.requires_grad} == {"q_proj", "down_proj"}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)
def test_only_what_should_train_changes(folder: Path, method: Method) -> None:
    model, _, _ = load(folder, method)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    model.train()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.5)
    ids = torch.arange(24).view(2, 12)
    losses = []
    for _ in range(6):
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    changed = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert changed == {name for name, p in model.named_parameters() if p.requires_grad}
    assert losses[-1] < losses[0]


def test_a_quantised_base_is_held_in_four_bits(folder: Path) -> None:
    method = next(method for method in METHODS if method.key == "qlora")
    model, _, _ = load(folder, method)
    packed = [m for m in model.modules() if isinstance(m, bitsandbytes.nn.Linear4bit)]
    assert len(packed) == 2 * 7
    assert all(m.weight.quant_state.quant_type == "nf4" and m.weight.quant_state.nested for m in packed)


def test_a_look_at_held_out_rows_leaves_the_gradient_of_a_4_bit_base_whole(folder: Path) -> None:
    """bitsandbytes repacks the weights for inference on some processors, and gradients then stop at every layer."""
    method = next(method for method in METHODS if method.key == "qlora")
    torch.manual_seed(0)
    model, _, _ = load(folder, method)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    ids = torch.arange(20)[None]

    def gradient() -> torch.Tensor:
        model.train().zero_grad()
        model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
        return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])

    before = gradient()
    with torch.no_grad():
        model.eval()(input_ids=ids)
    assert torch.equal(gradient(), before)
