"""The zoo is what it says: each model has its oddities, loads, and every oddity is carried by one at least."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.data.templates.template import ChatTemplate
from engine.models.base.inspect import inspect_folder
from tests.zoo import ZOO, ZooModel, build
from tests.zoo.keeper import ZooKeeper, config_of
from tests.zoo.oddities import ODDITIES, tensors_of

each = pytest.mark.parametrize("model", ZOO, ids=str)


@each
def test_it_has_the_oddities_that_it_names(zoo: ZooKeeper, model: ZooModel) -> None:
    folder = zoo.folder(model.key)
    assert model.oddities <= ODDITIES.keys()
    assert [name for name in model.oddities if not ODDITIES[name](folder)] == []
    assert config_of(folder)["model_type"] == model.family


@each
def test_it_may_be_loaded_and_its_template_speaks(zoo: ZooKeeper, model: ZooModel) -> None:
    folder = zoo.folder(model.key)
    assert inspect_folder(folder).parameters == sum(tensor.numel() for tensor in tensors_of(folder).values())
    template = ChatTemplate.load(zoo.tokenizer(model.key))
    ids = template.encode_prompt([{"role": "user", "content": "Where is the kettle?"}])
    assert "Where is the kettle?" in template.decode(ids)
    assert template.eos_ids


def test_every_oddity_is_carried_by_one_of_them() -> None:
    assert frozenset().union(*(model.oddities for model in ZOO)) == ODDITIES.keys()
    assert len({model.key for model in ZOO}) == len(ZOO)


def test_a_seed_makes_the_same_model(zoo: ZooKeeper, tmp_path: Path) -> None:
    model = ZOO[-1]
    again = build.write(model, tmp_path / "again")
    found, expected = tensors_of(again), tensors_of(zoo.folder(model.key))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)
