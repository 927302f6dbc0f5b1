"""A head on the trained model: it has its own rate, comes back from a checkpoint, and lies beside every kind of result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.core.errors import Fault
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.models.tuned.results import HEAD
from engine.objectives import usual_objective
from engine.training.forward.forward import Headless, Packed, Padded
from engine.training.heads.own_rate import with_own_rate
from engine.training.heads.scalar import attach_head, head_of, load_head, said_by_head, without_head
from engine.training.loop.weights import load_trained, save_result, save_trained
from engine.training.updates.choice import updating
from tests import methods, tiny
from tests.unit.training.test_bundles import bundles

SCORES = replace(usual_objective(), head="reward")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def headed(folder: Path, key: str, scratch: Path) -> Any:
    """A model with the method applied and a head that says something."""
    model = methods.applied(folder, method_of(key), scratch)
    attach_head(model, SCORES)
    head = head_of(model)
    assert head is not None
    torch.nn.init.normal_(head.weight)
    return model.eval()


@pytest.mark.parametrize("way", [Packed, Headless, Padded])
def test_each_way_scores_the_end_of_each_answer(folder: Path, tmp_path: Path, way: type) -> None:
    model = headed(folder, "lora", tmp_path)
    forward = way(model)
    (group,) = forward.groups(bundles(), 10_000, whole=True)
    with forward.session(group):
        found, read = forward.scores(group), forward.read(group, hidden=True)
        values = forward.values(read.hidden)
    with torch.no_grad():
        rows = [row for one in group for row in one.sequences()]
        asked = [torch.tensor(row.ids[None].astype("int64")) for row in rows]
        states = [model(input_ids=one, output_hidden_states=True).hidden_states[-1][0, -1] for one in asked]
    assert torch.allclose(found, said_by_head(model, torch.stack(states)), atol=1e-4)
    assert values.shape == read.log_probs.shape
    found.sum().backward()
    assert all(one.grad is not None for one in (head_of(model) or model).parameters())
    assert any(one.grad is not None and one.grad.any() for name, one in model.named_parameters() if "lora_B" in name)


@pytest.mark.parametrize("key", ["lora", "full", "freeze"])
def test_it_lies_beside_the_result_and_not_within_it(folder: Path, tmp_path: Path, key: str) -> None:
    model = headed(folder, key, tmp_path / "scratch")
    made = tmp_path / "made"
    made.mkdir()
    save_result(model, method_of(key), made, RunContext(1, {}, tmp_path))
    states = torch.randn(3, 64)
    assert torch.equal(load_head(made)(states), said_by_head(model, states))
    others = [name for file in made.glob("*.safetensors") if file.name != HEAD for name in load_file(file)]
    assert others
    assert not any("head" in name and "lm_head" not in name for name in others)


def test_a_checkpoint_has_it(folder: Path, tmp_path: Path) -> None:
    model, again = headed(folder, "lora", tmp_path / "a"), headed(folder, "lora", tmp_path / "b")
    save_trained(model, method_of("lora"), tmp_path)
    load_trained(again, method_of("lora"), tmp_path)
    states = torch.randn(3, 64)
    assert torch.equal(said_by_head(again, states), said_by_head(model, states))


def test_it_is_a_group_with_a_rate_of_its_own_that_stays_in_fp32(folder: Path, tmp_path: Path) -> None:
    model = headed(folder, "lora", tmp_path)
    trained = [one for one in model.parameters() if one.requires_grad]
    training = {"head_rate": 0.5, "trained_format": "fp32"}
    optimizer = with_own_rate(torch.optim.SGD(trained, lr=0.1), model, training)
    head = head_of(model)
    assert head is not None
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]
    assert optimizer.param_groups[1]["params"] == [head.weight, head.bias]
    before = head.weight.detach().clone()
    said_by_head(model, torch.ones(1, 64)).sum().backward()
    updating(optimizer, training | {"trained_format": "bf16"}).step()
    assert torch.allclose(head.weight, before - 0.5, atol=1e-6)
    with torch.autocast("cpu", torch.bfloat16):
        assert said_by_head(model, torch.ones(1, 64)).dtype == torch.float32


def test_without_it_the_model_is_as_it_was(folder: Path, tmp_path: Path) -> None:
    model = methods.applied(folder, method_of("lora"), tmp_path)
    attach_head(model, usual_objective())
    assert head_of(model) is None
    names = set(model.state_dict())
    attach_head(model, SCORES)
    with without_head(model) as head:
        assert head is not None
        assert set(model.state_dict()) == names
    assert head_of(model) is head


def test_a_head_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        load_head(tmp_path)
    assert caught.value.code == "reward.no_head"
