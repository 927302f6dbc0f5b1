"""Chats with weights in 8 bits: what they compute, with adapters on top, and where they are used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.serving.process.admission import place
from engine.serving.protocol import BASE, EIGHT_BITS
from engine.serving.runtime.adapted_model import SharedBase
from engine.serving.runtime.lean.eight_bits import EightBits, pack
from engine.serving.runtime.loading import load_model
from tests.integration.chat_models import stir, write_adapter
from tests.tiny import write_model
from tests.unit.test_chat_admission import CPU, GPU, NOTHING, wanted

_ROUNDING = 0.02  # of bf16, through two layers


def apart(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize(("inputs", "outputs"), [(64, 64), (128, 37), (576, 1)])
@pytest.mark.parametrize("rows", [1, 3, 8, 9, 40])
def test_a_matrix_of_any_height_multiplies_as_its_rounded_numbers_do(inputs: int, outputs: int, rows: int) -> None:
    torch.manual_seed(rows)
    full = nn.Linear(inputs, outputs)
    small, given = EightBits(full), torch.randn(2, rows, inputs)
    if inputs == 128:
        small.wide = torch.float32  # as on processors that have no units for bf16
    with torch.inference_mode():
        assert small.weight.shape == full.weight.shape
        assert apart(small.weight, full.weight) < 0.006
        assert apart(small(given), nn.functional.linear(given, small.weight, full.bias)) < 0.01
        assert small(given).dtype == torch.float32


def test_rows_do_not_change_each_other() -> None:
    small, given = EightBits(nn.Linear(128, 64)), torch.randn(8, 128)
    with torch.inference_mode():
        assert torch.equal(small(given), torch.cat([small(row[None]) for row in given]))


def test_what_the_kernel_cannot_read_stays_in_full() -> None:
    model = pack(nn.Sequential(nn.Linear(50, 64), nn.Linear(64, 50), nn.LayerNorm(50)))
    assert [type(module) for module in model] == [nn.Linear, EightBits, nn.LayerNorm]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stir(write_model(tmp_path_factory.mktemp("base") / "it"), 3.0)


def unpacked(base: Path) -> SharedBase:
    """The same rounded numbers in plain modules."""
    model = load_model(base, EIGHT_BITS, "cpu")
    for name, module in list(model.named_modules()):
        if isinstance(module, EightBits):
            plain = nn.Linear(module.in_features, module.out_features, bias=False)
            plain.weight = nn.Parameter(module.weight, requires_grad=False)
            model.set_submodule(name, plain)
    return SharedBase(model)


def test_adapters_on_top_compute_as_on_the_rounded_numbers(base: Path, tmp_path: Path) -> None:
    """DoRA reads the base's matrix; a plain LoRA only its module."""
    trunk, plain = SharedBase(load_model(base, EIGHT_BITS, "cpu")), unpacked(base)
    kinds = {"lora": {}, "dora": {"use_dora": True}, "tied": {"use_rslora": True}}
    for name, options in kinds.items():
        folder = write_adapter(base, tmp_path / name, scale=0.2, **options)
        trunk.add(name, str(folder))
        plain.add(name, str(folder))
    assert trunk.cached
    assert trunk.pieces
    assert trunk.company(BASE) is None, "more rows at once would change roundings"
    ids = torch.arange(1, 30)[None]
    with torch.inference_mode():
        for length in (4, 29):
            for key in (BASE, *kinds):
                found, expected = (
                    one.forward([key], **one.begin(key, ids[:, :length])[0]).logits.float() for one in (trunk, plain)
                )
                assert apart(found, expected) < _ROUNDING, key
                assert key == BASE or key not in trunk.silent


def test_eight_bits_are_for_processors_and_counted_in_full_while_they_are_packed() -> None:
    asked = replace(wanted(), eight_bits=True)
    placed = place(asked, NOTHING, [CPU])
    assert placed.dtype == EIGHT_BITS
    assert placed.needed_mb == place(wanted(), NOTHING, [CPU]).needed_mb
    assert place(asked, NOTHING, [GPU, CPU]).dtype == "bf16"
