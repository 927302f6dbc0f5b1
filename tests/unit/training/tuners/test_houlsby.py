"""Bottleneck adapters as PEFT knows them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import PeftModel

from engine.methods.houlsby import HOULSBY, PFEIFFER
from engine.serving.runtime.loading import load_adapter, load_model
from engine.training.tuners.houlsby import BottleneckLayer
from tests import methods, tiny

IDS = torch.arange(3, 40).view(1, 37)
_LOAD = """
import sys, torch, engine.training.tuners
from peft import AutoPeftModelForCausalLM
model = AutoPeftModelForCausalLM.from_pretrained(sys.argv[1])
torch.save(model(torch.arange(3, 40).view(1, 37)).logits.detach(), sys.argv[2])
"""


@pytest.mark.parametrize(
    ("family", "behind"),
    [("llama", {"o_proj", "down_proj"}), ("gpt_neox", {"dense", "dense_4h_to_h"}), ("qwen2", {"o_proj", "down_proj"})],
)
@torch.no_grad()
def test_where_adapters_are_and_that_they_start_as_nothing(tmp_path: Path, family: str, behind: set[str]) -> None:
    folder = tiny.write_model(tmp_path, family=family)
    model = methods.applied(folder, HOULSBY, folder).eval()
    found = [name for name, module in model.named_modules() if isinstance(module, BottleneckLayer)]
    assert len(found) == 4
    assert {name.rpartition(".")[2] for name in found} == behind
    assert torch.equal(model(IDS).logits, load_model(folder, "fp32", "cpu")(IDS).logits)
    assert sum(isinstance(m, BottleneckLayer) for m in methods.applied(folder, PFEIFFER, folder).modules()) == 2


@pytest.mark.parametrize("activation", ["gelu", "relu", "silu"])
@torch.no_grad()
def test_an_adapter_computes_what_the_paper_says(tmp_path: Path, activation: str) -> None:
    model = methods.applied(tiny.write_model(tmp_path), PFEIFFER, tmp_path, activation=activation, size=8).eval()
    layer = next(module for module in model.modules() if isinstance(module, BottleneckLayer))
    down, up = layer.bottleneck_down["default"], layer.bottleneck_up["default"]
    torch.nn.init.normal_(up.weight)
    inputs = torch.randn(2, 3, 128)
    plain = layer.base_layer(inputs)
    expected = plain + up(getattr(torch.nn.functional, activation)(down(plain)))
    assert torch.allclose(layer(inputs), expected)


@torch.no_grad()
@pytest.mark.slow
def test_a_fresh_process_reads_it_with_pefts_own_loader(tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path / "base")
    model = methods.applied(folder, HOULSBY, folder, size=8, activation="relu").eval()
    for name, parameter in model.named_parameters():
        if "bottleneck_up" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(tmp_path / "adapter")
    command = [sys.executable, "-c", _LOAD, str(tmp_path / "adapter"), str(tmp_path / "logits.pt")]
    subprocess.run(command, check=True, capture_output=True)
    assert torch.equal(torch.load(tmp_path / "logits.pt"), model(IDS).logits)


@torch.no_grad()
def test_two_adapters_take_turns_and_leave(tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path / "base")
    spoken = {}
    for size in (4, 8):
        model = methods.applied(folder, HOULSBY, folder, size=size).eval()
        for name, parameter in model.named_parameters():
            if "bottleneck_up" in name:
                torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(tmp_path / str(size))
        spoken[size] = model(IDS).logits
    base = load_model(folder, "fp32", "cpu")
    own = base(IDS).logits
    both = load_adapter(load_adapter(base, tmp_path / "4", "small"), tmp_path / "8", "large")
    assert isinstance(both, PeftModel)
    for name, size in (("small", 4), ("large", 8), ("small", 4)):
        both.set_adapter(name)
        assert torch.equal(both(IDS).logits, spoken[size])
    with both.disable_adapter():
        assert torch.equal(both(IDS).logits, own)
    both.delete_adapter("small")
    assert torch.equal(both.unload()(IDS).logits, own)
