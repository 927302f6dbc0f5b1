"""The reference: what the model says before the first step, made once, kept, and the same however it is made."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.data.templates.encoded import Bundle
from engine.jobs.signals import Cancelled
from engine.methods.common.declaration import RunContext
from engine.methods.full import FULL
from engine.methods.lora import LORA
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward, Headless, Packed, Padded
from engine.training.reference import before, kept
from engine.training.reference.before import NAME, ReferenceWork
from engine.training.reference.start_model import StartModel
from engine.training.reference.tokens import noted_log_probs
from tests import tiny

WAYS = (Packed, Headless, Padded)


@dataclass
class Reads:
    """What the reference asks of a trainer."""

    model: Any
    forward: Forward
    budget: int = 10_000
    halved: list[int] = field(default_factory=list)
    between_groups: Any = lambda: None
    autocast: Any = nullcontext

    def halve(self, examples: Any) -> None:
        self.budget //= 2
        self.halved.append(self.budget)


@dataclass
class Wishes:
    """Ends the work at a look."""

    at: int = 10**9
    looks: int = 0

    def heed(self) -> None:
        self.looks += 1
        if self.looks > self.at:
            raise Cancelled


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def bundles(count: int = 6) -> list[Example]:
    numbers = np.random.default_rng(7)

    def some(most: int) -> list[int]:
        return numbers.integers(0, tiny.VOCABULARY, numbers.integers(1, most)).tolist()

    return [
        bundle_example(Bundle(some(20), [some(15) for _ in range(2 + at % 2)], [0.0] * (2 + at % 2)))
        for at in range(count)
    ]


def plain(model: Any, example: Example) -> list[float]:
    """Sums of each answer, by itself through the plain model, in double precision."""
    model.eval()
    found = []
    for row in example.sequences():
        with torch.no_grad():
            scores = model(input_ids=torch.tensor(row.ids[None].astype(np.int64))).logits[0].double().log_softmax(-1)
        found.append(sum(float(scores[at, label]) for at, label in enumerate(row.labels) if label >= 0))
    return found


def work(trainer: Any, folder: Path, wishes: Any = None) -> ReferenceWork:
    return ReferenceWork(trainer, (wishes or Wishes()).heed, folder, "weights")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("budget", [1, 60, 10_000])
def test_each_answer_gets_its_own_sum_in_whatever_groups(model: Any, way: Any, budget: int, tmp_path: Path) -> None:
    (noted,) = work(Reads(model, way(model), budget), tmp_path).noted(bundles())
    assert len(noted) == 6
    for example in noted:
        assert example.answer_notes[NAME].tolist() == pytest.approx(plain(model, example), abs=1e-3)
    assert noted.lengths.tolist() == list(map(len, bundles()))


def test_it_is_made_once_and_goes_on_where_it_was(model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(before, "_PIECE", 60)
    trainer = Reads(model, Packed(model))
    (whole,) = work(trainer, tmp_path / "a").noted(bundles())
    broken = work(trainer, tmp_path / "b", Wishes(at=len(bundles()) + 2))
    with pytest.raises(Cancelled):
        broken.noted(bundles())
    again = work(trainer, tmp_path / "b")
    (found,) = again.noted(bundles())
    assert 0 < again.done < sum(map(len, bundles()))
    assert [one.answer_notes[NAME].tolist() for one in found] == [one.answer_notes[NAME].tolist() for one in whole]
    third = work(trainer, tmp_path / "b")
    third.noted(bundles())
    assert third.done == 0


def test_other_rows_or_weights_and_broken_files_are_made_anew(model: Any, tmp_path: Path) -> None:
    trainer = Reads(model, Packed(model))
    work(trainer, tmp_path).noted(bundles())
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert kept.load(file, (len(content) - 32) // 4) is None
    anew = work(trainer, tmp_path)
    anew.noted(bundles())
    assert anew.done
    other = ReferenceWork(trainer, Wishes().heed, tmp_path, "others")  # type: ignore[arg-type]
    other.noted(bundles())
    assert other.done
    fewer = work(trainer, tmp_path)
    fewer.noted(bundles(5))
    assert fewer.done


def test_groups_become_smaller_where_memory_runs_out(model: Any, tmp_path: Path) -> None:
    class Short(Packed):
        def read(self, group: Any, **options: Any) -> Any:
            if sum(map(len, group)) > 100:
                raise MemoryError
            return super().read(group, **options)

    trainer = Reads(model, Short(model), 400)
    (noted,) = work(trainer, tmp_path).noted(bundles(12))
    assert trainer.halved
    for example in noted:
        assert example.answer_notes[NAME].tolist() == pytest.approx(plain(model, example), abs=1e-3)


def trained(folder: Path, method: Any, tmp_path: Path, **values: Any) -> Any:
    torch.manual_seed(3)
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    chosen = {one.key: one.default for one in method.params} | values
    return method.apply(base, chosen, RunContext(10, {"learning_rate": 1e-3}, tmp_path))


def move(model: Any) -> None:
    torch.manual_seed(5)
    with torch.no_grad():
        for one in model.parameters():
            if one.requires_grad:
                one.add_(torch.randn_like(one) * 0.05)


def labels_of(trainer: Reads) -> list[list[float]]:
    return [one.label_notes["said"].tolist() for one in noted_log_probs(trainer, bundles(), "said")]  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "values", "moved_before", "held"), [
    (LORA, {}, False, False),  # switched off
    (LORA, {}, True, True),  # it starts from an adapter that was trained before
    (LORA, {"start": "pissa"}, False, True),  # its base without the adapter is another model
    (FULL, {}, False, True),
])  # fmt: skip
def test_the_start_model_is_the_model_of_the_start_bit_for_bit(
    folder: Path, tmp_path: Path, method: Any, values: Any, moved_before: bool, held: bool
) -> None:
    model = trained(folder, method, tmp_path, **values)
    if moved_before:
        move(model)
    trainer = Reads(model, Packed(model))
    start = StartModel(trainer)  # type: ignore[arg-type]
    said = labels_of(trainer)
    assert bool(start.held) == held
    move(model)
    model.train()
    after = labels_of(trainer)
    with start.asked():
        assert labels_of(trainer) == said
        assert not model.training
        assert not torch.is_grad_enabled()
    assert model.training
    assert labels_of(trainer) == after != said
    with pytest.raises(KeyError), start.asked():
        raise KeyError
    assert labels_of(trainer) == after
