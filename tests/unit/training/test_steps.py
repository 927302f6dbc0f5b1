"""Packed, padded, chunked or grouped: the loss and the gradient of a step are always those of the plain padded batch."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, GraniteConfig, GraniteForCausalLM, MistralConfig, MistralForCausalLM

from engine.core.params import read_all
from engine.methods.adalora import ADALORA
from engine.methods.common.declaration import Method, RunContext
from engine.methods.full import FULL
from engine.methods.lora import LORA
from engine.planner.time.groups import packed_groups, padded_groups
from engine.training.batches.batches import EpochOrder
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.chunked_cross_entropy import cross_entropy_sum
from engine.training.forward.fast_lora import changed_norms, speed_up
from engine.training.forward.forward import Forward, Headless, Packed, Padded
from tests import tiny

LENGTHS = (5, 31, 17, 9, 64, 2)


def examples(lengths: tuple[int, ...] = LENGTHS, vocabulary: int = tiny.VOCABULARY) -> list[Example]:
    """Random rows whose first third carries no labels."""
    numbers = np.random.default_rng(1)
    made = []
    for length in lengths:
        ids = numbers.integers(0, vocabulary, length, dtype=np.int32)
        labels = np.append(ids[1:], -100).astype(np.int32)
        labels[: length // 3] = -100
        made.append(Example(ids, labels, int((labels >= 0).sum())))
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.write_model(tmp_path_factory.mktemp("tiny"))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def gradient(model: nn.Module, forward: Forward, budget: int, rows: list[Example]) -> tuple[float, torch.Tensor]:
    """Loss and gradient of one step, as the trainer makes them."""
    model.zero_grad()
    labels, total = sum(row.trained for row in rows), 0.0
    for group in forward.groups(rows, budget):
        with forward.session(group):
            loss = forward.cross_entropy(group) / labels
            loss.backward()
        total += float(loss)
    return total, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def reference(model: nn.Module, rows: list[Example]) -> tuple[float, torch.Tensor]:
    """Each row by itself through the plain model: nothing of ours but the sum."""
    model.zero_grad()
    labels, total = sum(row.trained for row in rows), 0.0
    for row in rows:
        logits = model(input_ids=torch.tensor(row.ids[None].astype(np.int64)), use_cache=False).logits[0]
        targets = torch.tensor(row.labels.astype(np.int64))
        loss = nn.functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum") / labels
        loss.backward()
        total += float(loss)
    return total, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("way", [Packed, Padded, Headless])
@pytest.mark.parametrize("budget", [1, 40, 10_000])
def test_every_grouping_gives_the_same_loss_and_gradient(model: Any, way: type[Any], budget: int) -> None:
    rows = examples()
    loss, grad = gradient(model, way(model), budget, rows)
    expected_loss, expected = reference(model, rows)
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    assert torch.allclose(grad, expected, atol=1e-6, rtol=1e-4)


def test_packing_survives_recomputed_activations(model: Any) -> None:
    rows = examples()
    _, expected = reference(model, rows)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    try:
        _, grad = gradient(model, Packed(model), 10_000, rows)
    finally:
        model.gradient_checkpointing_disable()
    assert torch.allclose(grad, expected, atol=1e-6, rtol=1e-4)


def test_an_example_sees_no_other_in_its_row(model: Any) -> None:
    """Changing one packed example leaves the loss of the others as it was."""
    one, two, other = examples((12, 20, 12))
    packed = Packed(model)
    losses = []
    for first in (one, other):
        silent = Example(first.ids, np.full_like(first.labels, -100), 0)
        with packed.session([silent, two]), torch.no_grad():
            losses.append(float(packed.cross_entropy([silent, two])))
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_sliding_windows_are_kept_when_packing() -> None:
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, sliding_window=8,
    )  # fmt: skip
    model = MistralForCausalLM(config)
    rows = examples((30, 6, 21), vocabulary=99)
    assert choose_forward(model, 99, nullcontext(), pack=True).name == "packed"
    loss, grad = gradient(model, Packed(model), 1000, rows)
    expected_loss, expected = reference(model, rows)
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    assert torch.allclose(grad, expected, atol=1e-6, rtol=1e-4)


def test_a_model_with_another_head_falls_back_to_padding() -> None:
    """Granite divides its logits after the head: the probe sees the difference."""
    torch.manual_seed(0)
    config = GraniteConfig(
        vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, logits_scaling=4.0,
    )  # fmt: skip
    model = GraniteForCausalLM(config)
    model.get_output_embeddings().weight.data *= 50  # logits large enough for the divisor to matter
    assert model.config._attn_implementation == "sdpa"
    forward = choose_forward(model, 99, nullcontext(), pack=True)
    assert forward.name == "padded"
    rows = examples((30, 6, 21), vocabulary=99)
    assert gradient(model, forward, 60, rows)[0] == pytest.approx(reference(model, rows)[0], abs=1e-5)


def test_the_tiny_llama_is_packed_unless_the_method_forbids_it(model: Any) -> None:
    assert choose_forward(model, tiny.VOCABULARY, nullcontext(), pack=True).name == "packed"
    assert choose_forward(model, tiny.VOCABULARY, nullcontext(), pack=False).name == "padded"
    assert model.config._attn_implementation == "sdpa"


def test_the_chunked_head_equals_the_plain_one() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(700, 16, requires_grad=True), torch.randn(50, 16, requires_grad=True)
    targets = torch.randint(0, 50, (700,))
    expected = nn.functional.cross_entropy(hidden @ weight.T, targets, reduction="sum")
    wanted = torch.autograd.grad(expected * 0.3, (hidden, weight))
    found = cross_entropy_sum(hidden, weight, targets)
    assert float(found.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for ours, theirs in zip(torch.autograd.grad(found * 0.3, (hidden, weight)), wanted, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_groups_hold_every_example_once_within_the_budget() -> None:
    rows = examples((50, 7, 30, 30, 12, 90, 1))
    for groups, size in (
        (packed_groups(rows, 64), lambda group: sum(map(len, group))),
        (padded_groups(rows, 64), lambda group: len(group) * max(map(len, group))),
    ):
        assert sorted(id(row) for group in groups for row in group) == sorted(map(id, rows))
        assert all(size(group) <= 64 or len(group) == 1 for group in groups)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    first, second = EpochOrder(10, 4, 7), EpochOrder(10, 4, 7)
    assert list(first) == list(second)
    assert sorted(place for batch in first for place in batch) == list(range(10))
    assert len(first) == 3
    second.set_epoch(1)
    assert list(first) != list(second)
    assert list(first) != list(EpochOrder(10, 4, 8))


def test_weights_survive_a_save_bit_for_bit(model: Any, tmp_path: Path) -> None:
    from engine.training.loop.weights import save_result

    save_result(model, FULL, tmp_path, RunContext(1, {}, tmp_path))
    again = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    ids = torch.arange(20)[None]
    with torch.no_grad():
        assert torch.equal(model(ids).logits, again(ids).logits)


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize(("method", "given"), [(LORA, {}), (LORA, {"dora": True}), (ADALORA, {})])
def test_fast_lora_layers_calculate_what_pefts_do(
    tmp_path: Path, method: Method, given: dict[str, bool], recompute: bool
) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny.write_model(tmp_path), dtype=torch.float32)
    values, _faults = read_all(method.params, given, "method")
    model = method.apply(base, values, RunContext(100, {}, tmp_path)).train()
    if recompute:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable({"use_reentrant": False})
    for name, parameter in model.named_parameters():
        if "lora_B" in name or "lora_E" in name:
            nn.init.normal_(parameter, std=0.1)
    rows = examples()
    expected_loss, expected = gradient(model, Packed(model), 10_000, rows)
    names = [name for name, parameter in model.named_parameters() if parameter.grad is not None]
    assert speed_up(model) == (0 if given else 2 * 7)
    loss, grad = gradient(model, Packed(model), 10_000, rows)
    assert [name for name, parameter in model.named_parameters() if parameter.grad is not None] == names
    assert all("lora_" in name for name in names)
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    assert torch.allclose(grad, expected, atol=1e-6, rtol=1e-4)


def test_doras_norms_need_no_changed_weight() -> None:
    weight, down, up = torch.randn(12, 8), torch.randn(3, 8), torch.randn(12, 3)
    found = changed_norms(weight.square().sum(1), weight, down, up, 0.7)
    assert torch.allclose(found, torch.linalg.norm(weight + 0.7 * up @ down, dim=1), rtol=1e-5)


def test_lora_layers_with_dropout_stay_as_they_are(tmp_path: Path) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny.write_model(tmp_path), dtype=torch.float32)
    values, _faults = read_all(LORA.params, {"dropout": 0.1}, "method")
    assert speed_up(LORA.apply(base, values, RunContext(1, {}, tmp_path))) == 0
