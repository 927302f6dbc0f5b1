"""What the playground makes of a checkpoint is what its job would have left at that step, bit for bit, whatever the method."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from engine.core.hardware import cpu
from engine.jobs.spec import JobSpec
from engine.serving.protocol import CheckpointRecipe
from engine.serving.runtime.checkpoint_results import write_checkpoint_result
from tests import methods
from tests.methods import Case
from tests.unit.methods.conftest import Learnt, Lessons

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", methods.cases(), ids=str)
def test_a_checkpoint_becomes_the_result_of_its_step(lessons: Lessons, case: Case, tmp_path: Path) -> None:
    learnt = lessons.learnt(case, "llama")
    target, scratch = tmp_path / "result", tmp_path / "scratch"
    target.mkdir()
    scratch.mkdir()
    write_checkpoint_result(learnt.checkpoint, recipe(learnt), target, scratch, cpu())
    assert sorted(file.name for file in target.iterdir()) == sorted(file.name for file in learnt.folder.iterdir())
    for file in target.glob("*.safetensors"):
        found, expected = load_file(file), load_file(learnt.folder / file.name)
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in found), file.name


def recipe(learnt: Learnt) -> CheckpointRecipe:
    case = learnt.case
    spec = JobSpec("Lesson", 1, 1, case.method.key, learnt.values, {**learnt.training, "seed": 42})
    base = str(learnt.base)
    return {"spec": spec.as_dict(), "steps": methods.STEPS, "base": base, "tokenizer": base, "start": None}
