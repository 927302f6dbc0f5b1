"""How the base is held under an adapter. What each method trains and leaves is tested in tests/unit/methods."""

from __future__ import annotations

from pathlib import Path

import bitsandbytes
import pytest

from engine.methods import method_of
from engine.training.loop.weights import trained_parameters
from tests import methods, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


@pytest.mark.parametrize("key", ["lora", "qlora"])
def test_fewer_modules_and_ranks_are_counted_too(folder: Path, key: str) -> None:
    method, raw = method_of(key), {"rank": 4, "modules": ["q_proj", "down_proj"]}
    model = methods.applied(folder, method, folder / "scratch", **raw)
    assert trained_parameters(model) == method.trainable(methods.shape(folder), methods.settings_of(method, **raw)[0])
    assert {n.split(".")[-4] for n, p in model.named_parameters() if p.requires_grad} == {"q_proj", "down_proj"}


@pytest.mark.parametrize("double", [True, False])
def test_a_quantised_base_is_held_in_four_bits(folder: Path, double: bool) -> None:
    training = {"double_quantisation": double}
    model = methods.applied(folder, method_of("qlora"), folder / "scratch", training=training)
    packed = [m for m in model.modules() if isinstance(m, bitsandbytes.nn.Linear4bit)]
    assert len(packed) == 2 * 7
    assert all(m.weight.quant_state.quant_type == "nf4" for m in packed)
    assert all(m.weight.quant_state.nested == double for m in packed)


def test_eight_bits_are_eight_bits(folder: Path) -> None:
    model = methods.applied(folder, method_of("lora"), folder / "scratch", training={"quantisation": "int8"})
    assert sum(isinstance(m, bitsandbytes.nn.Linear8bitLt) for m in model.modules()) == 2 * 7
