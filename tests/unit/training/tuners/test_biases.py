"""Trained biases become a plain model's own, where its family can have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.core.errors import Fault
from engine.methods.bitfit import BITFIT
from engine.training.loop.weights import trained_parameters
from tests import methods, tiny

IDS = torch.arange(3, 23)[None]


def trained(folder: Path, **raw: Any) -> Any:
    model = methods.applied(folder, BITFIT, folder / "scratch", **raw).eval()
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.5)
    return model


@pytest.mark.parametrize(("family", "added"), [("llama", True), ("gpt_neox", True), ("qwen2", False)])
@torch.no_grad()
def test_a_merged_model_answers_the_same_after_a_save(tmp_path: Path, family: str, added: bool) -> None:
    model = trained(tiny.write_model(tmp_path / "base", family=family), added=added)
    expected = model(IDS).logits
    assert BITFIT.merge is not None
    merged = BITFIT.merge(model)
    merged.save_pretrained(tmp_path / "merged")
    again, told = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", output_loading_info=True)
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    assert torch.allclose(merged(IDS).logits, expected, atol=1e-4)
    assert torch.equal(again(IDS).logits, merged(IDS).logits)


def test_biases_that_the_family_cannot_have_are_refused_by_name(tmp_path: Path) -> None:
    model = trained(tiny.write_model(tmp_path, family="qwen2"))
    assert BITFIT.merge is not None
    with pytest.raises(Fault, match=r"bitfit\.no_place") as caught:
        BITFIT.merge(model)
    assert caught.value.params["names"] == ["down_proj", "gate_proj", "o_proj", "up_proj"]


def test_only_the_models_own_biases(tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path, family="qwen2")
    values, training = methods.settings_of(BITFIT, added=False)
    model = methods.applied(folder, BITFIT, folder, added=False)
    assert trained_parameters(model) == BITFIT.trainable(methods.shape(folder), values) == 2 * (64 + 32 + 32)
    llama = methods.shape(tiny.write_model(tmp_path / "llama"))
    assert [refusal.code for refusal in BITFIT.refusals(llama, values, training)] == ["bitfit.no_biases"]
