"""Which tensors freeze tuning leaves to train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.methods.common.declaration import RunContext
from engine.methods.freeze import FREEZE
from engine.models.tuned.deltas import Delta
from engine.serving.runtime.loading import load_model
from engine.training.loop.weights import save_result
from tests import methods, tiny

ALL = {"top_layers": 1, "embeddings": True, "head": True, "norm": True}
CHOICES: tuple[dict[str, Any], ...] = (
    ALL,
    {"top_layers": 1},
    {"top_layers": 0, "head": True},
    {"top_layers": 0, "embeddings": True, "norm": True},
    {"top_layers": 9, "modules": "down_proj, v_proj, dense, input_layernorm"},
)


def trained(model: Any) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


@pytest.mark.parametrize("family", ["llama", "gpt_neox"])
@pytest.mark.parametrize("tied", [True, False])
def test_counts_are_exact_for_every_choice(tmp_path: Path, family: str, tied: bool) -> None:
    folder = tiny.write_model(tmp_path, family=family, tied=tied)
    for raw in CHOICES:
        values, _ = methods.settings_of(FREEZE, **raw)
        model = methods.applied(folder, FREEZE, folder, **raw)
        counted = sum(p.numel() for p in model.parameters() if p.requires_grad)
        assert counted == FREEZE.trainable(methods.shape(folder), values)


def test_top_layers_and_named_modules(tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path)
    names = trained(methods.applied(folder, FREEZE, folder, top_layers=1, modules="q_proj，down_proj"))
    assert names == {"model.layers.1.self_attn.q_proj.weight", "model.layers.1.mlp.down_proj.weight"}
    assert all(
        name.startswith("model.layers.1.") for name in trained(methods.applied(folder, FREEZE, folder, top_layers=1))
    )


@torch.no_grad()
def test_a_shared_matrix_is_saved_once_and_changes_in_both_roles(tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path / "base")
    model = methods.applied(folder, FREEZE, folder, **ALL).eval()
    model.get_input_embeddings().weight.mul_(1.5)
    save_result(model, FREEZE, tmp_path, RunContext(1, {}, tmp_path))
    stored = load_file(tmp_path / "delta.safetensors")
    assert "model.embed_tokens.weight" in stored
    assert "lm_head.weight" not in stored
    base, ids = load_model(folder, "fp32", "cpu"), torch.arange(20)[None]
    own = base(ids).logits
    delta = Delta.read(base, tmp_path)
    with delta.on():
        assert base.lm_head.weight is base.model.embed_tokens.weight
        assert torch.equal(base(ids).logits, model(ids).logits)
    assert torch.equal(base(ids).logits, own)


@pytest.mark.parametrize(
    ("raw", "place", "code"),
    [
        ({"top_layers": 0}, "method.top_layers", "freeze.nothing"),
        ({"modules": "q_proj, query_key_value"}, "method.modules", "freeze.unknown_modules"),
    ],
)
def test_choices_that_train_nothing_are_refused(tmp_path: Path, raw: dict[str, Any], place: str, code: str) -> None:
    shape = methods.shape(tiny.write_model(tmp_path))
    values, training = methods.settings_of(FREEZE, **raw)
    assert [(refusal.place, refusal.code) for refusal in FREEZE.refusals(shape, values, training)] == [(place, code)]
