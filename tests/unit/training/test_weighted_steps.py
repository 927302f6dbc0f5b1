"""Labels that count more, less or not at all: loss and gradient are those of the plain sum, each label times its weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from engine.data.templates.encoded import Encoded
from engine.data.templates.template import ChatTemplate
from engine.objectives import OBJECTIVES, usual_objective
from engine.training.batches.examples import join_parts, load_examples
from engine.training.batches.tokenized_dataset import Example, TokenizedDataset, TokenizedDatasetWriter
from engine.training.forward.forward import Forward, Headless, Packed, Padded
from engine.training.forward.mean_loss import mean_loss
from tests import tiny

LENGTHS = (5, 31, 17, 9, 300, 2)  # one has more labels than the chunked head takes at a time
TRAINING = {"train_on": "assistant", "max_length": 60, "over_length": "truncate"}
Found = tuple[float, torch.Tensor]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.write_model(tmp_path_factory.mktemp("tiny"))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def examples(scale: float = 1.0) -> list[Example]:
    """Random rows whose first third carries no labels; each second one has weights, some of them fractions."""
    numbers = np.random.default_rng(1)
    made = []
    for place, length in enumerate(LENGTHS):
        ids = numbers.integers(0, tiny.VOCABULARY, length, dtype=np.int32)
        labels = np.append(ids[1:], -100).astype(np.int32)
        labels[: length // 3] = -100
        weights = numbers.choice([0.25, 0.5, 1.0, 3.0], length).astype(np.float32) * np.float32(scale)
        made.append(Example(ids, labels, int((labels >= 0).sum()), weights=weights if place % 2 else None))
    return made


def found(model: nn.Module, forward: Forward, budget: int, rows: list[Example]) -> Found:
    """Loss and gradient of one step, as the trainer makes them."""
    model.zero_grad()
    weight, total = sum(row.weight for row in rows), 0.0
    for group in forward.groups(rows, budget):
        with forward.session(group):
            loss = forward.cross_entropy(group) / weight
            loss.backward()  # type: ignore[no-untyped-call]
        total += float(loss)
    return total, gradient(model)


def gradient(model: nn.Module) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def reference(model: nn.Module, rows: list[Example]) -> Found:
    """Each row by itself through the plain model: sum(w * l) / sum(w), nothing of ours."""
    model.zero_grad()
    total, weight = torch.zeros(()), torch.zeros(())
    for row in rows:
        logits = model(input_ids=torch.tensor(row.ids[None].astype(np.int64)), use_cache=False).logits[0]
        targets = torch.tensor(row.labels.astype(np.int64))
        losses = nn.functional.cross_entropy(logits, targets, ignore_index=-100, reduction="none")
        weights = torch.ones(len(row)) if row.weights is None else torch.tensor(row.weights)
        total, weight = total + (losses * weights).sum(), weight + weights[targets >= 0].sum()
    loss = total / weight
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach()), gradient(model)


@pytest.mark.parametrize("way", [Packed, Padded, Headless])
@pytest.mark.parametrize("budget", [1, 40, 10_000])
def test_every_way_and_grouping_gives_the_weighted_mean(model: Any, way: type[Any], budget: int) -> None:
    loss, grad = found(model, way(model), budget, examples())
    expected_loss, expected = reference(model, examples())
    assert loss == pytest.approx(expected_loss, abs=1e-5)
    assert torch.allclose(grad, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("way", [Packed, Padded, Headless])
def test_weights_that_are_all_one_change_nothing_at_all(model: Any, way: type[Any]) -> None:
    plain = [Example(row.ids, row.labels, row.trained) for row in examples()]
    ones = [Example(row.ids, row.labels, row.trained, weights=np.ones(len(row), np.float32)) for row in examples()]
    loss, grad = found(model, way(model), 10_000, plain)
    same, too = found(model, way(model), 10_000, ones)
    assert same == pytest.approx(loss, abs=1e-6)
    assert torch.allclose(grad, too, atol=1e-6)


def test_only_how_weights_compare_counts(model: Any) -> None:
    """A step whose rows all count a million times is the same step, in half precision as well."""
    once = [row for row in examples() if row.weights is not None]
    often = [row for row in examples(1e6) if row.weights is not None]
    loss, grad = found(model, Packed(model), 10_000, once)
    same, too = found(model, Packed(model), 10_000, often)
    assert same == pytest.approx(loss, rel=1e-5)
    assert torch.allclose(grad, too, atol=1e-5, rtol=1e-4)
    with torch.autocast("cpu", torch.float16):
        _, half = found(model, Packed(model), 10_000, often)
    assert half.isfinite().all()


def test_the_validation_loss_is_the_same_weighted_mean(model: Any) -> None:
    rows, none = examples(), lambda: None
    for way in (Packed, Padded, Headless):
        found = mean_loss(
            model, usual_objective(), {}, way(model), rows, 40, lambda: torch.autocast("cpu", enabled=False), none
        )
        assert found.loss == pytest.approx(reference(model, rows)[0], abs=1e-5)


# ---------------------------------------------------------------- from rows to examples


@pytest.fixture
def template(tmp_path: Path) -> ChatTemplate:
    return ChatTemplate.load(tiny.write_tokenizer(tmp_path / "tokenizer"))


def talk(*weights: float, row: float | None = None) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for weight in weights:
        said = {"role": "assistant", "content": "kettle " * 8} | ({} if weight == 1 else {"weight": weight})
        messages += [{"role": "user", "content": "a"}, said]
    return {"split": "train", "line": 1, "messages": messages} | ({} if row is None else {"weight": row})


def counted(examples: list[Example]) -> dict[float, int]:
    """How many labels count how much."""
    made: dict[float, int] = {}
    for one in examples:
        for place in np.flatnonzero(one.labels >= 0):
            weight = 1.0 if one.weights is None else round(float(one.weights[place]), 6)
            made[weight] = made.get(weight, 0) + 1
    return made


@pytest.mark.parametrize("over_length", ["truncate", "split"])
@pytest.mark.parametrize("most", [30, 60, 500])
def test_weights_go_with_their_labels_through_cuts_and_pieces(
    template: ChatTemplate, tmp_path: Path, over_length: str, most: int
) -> None:
    row, training = talk(1, 0.5, 0, 2), TRAINING | {"max_length": most, "over_length": over_length}
    whole = template.encode(row)
    found = load_examples([row], template, usual_objective(), training, tmp_path / "made")
    kept = whole.labels if over_length == "split" else whole.labels[:most]
    assert whole.weights is not None
    wanted: dict[float, int] = {}
    for label, weight in zip(kept[1:], whole.weights[1:], strict=False):
        if label >= 0:
            wanted[weight] = wanted.get(weight, 0) + 1
    assert counted(list(found.train)) == wanted
    assert 0 not in wanted
    assert found.train[0].weight == pytest.approx(
        sum(weight * count for weight, count in counted([found.train[0]]).items())
    )


def test_rows_that_teach_nothing_are_counted_and_never_train(template: ChatTemplate, tmp_path: Path) -> None:
    rows = [talk(0, 0), talk(1, row=0), talk(1)]
    found = load_examples(rows, template, usual_objective(), TRAINING, tmp_path / "made")
    assert len(found.train) == 1
    assert found.counts["unlearnable"] == 2
    assert found.train[0].weights is None


def test_the_weight_of_a_row_multiplies_those_of_its_answers(template: ChatTemplate) -> None:
    encoded = template.encode(talk(1, 0.5, row=3))
    assert encoded.weights is not None
    assert {w for w, label in zip(encoded.weights, encoded.labels, strict=True) if label >= 0} == {3.0, 1.5}
    assert encoded.trained == template.encode(talk(1, 1)).trained


def test_texts_packed_into_blocks_keep_their_weights(template: ChatTemplate, tmp_path: Path) -> None:
    pretraining = next(one for one in OBJECTIVES if one.key == "pretraining")
    rows = [
        {"split": "train", "line": n, "text": "kettle " * 30} | w
        for n, w in enumerate(({"weight": 2}, {"weight": 0}, {}))
    ]
    found = load_examples(rows, template, pretraining, {"max_length": 20}, tmp_path / "made")
    once = counted(list(found.train))
    assert once[2.0] == once[1.0] == len(template.encode(rows[0], train_on="all").ids) - 1
    assert found.counts["unlearnable"] == 1


def test_weights_are_kept_on_disk_and_none_are_none(tmp_path: Path) -> None:
    plain = Encoded([1, 2, 3], [-100, 2, 3], full_length=3)
    weighted = Encoded([1, 2, 3], [-100, 2, 3], full_length=3, weights=[1.0, 0.5, 2.0])
    with TokenizedDatasetWriter(tmp_path / "a.arrow") as writer:
        for parts in ((plain,), (weighted,), (plain, weighted)):
            writer.add(join_parts(parts))
    one, two, both = TokenizedDataset(writer.path)
    assert (one.weights, one.weight) == (None, 2)
    assert two.weights is not None
    assert (two.weights.tolist(), two.weight) == ([0.5, 2.0, 1.0], 2.5)
    assert [part.weight for part in both.sequences()] == [2, 2.5]
