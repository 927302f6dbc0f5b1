"""Continued pretraining: every token is predicted once, from its own document alone, whatever the block that it lies in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from engine.core.params import read_all
from engine.data.templates.lengths import measure
from engine.data.templates.preview import example_tokens
from engine.data.templates.template import ChatTemplate
from engine.methods.few_shot import FEW_SHOT
from engine.methods.lora import LORA
from engine.objectives.pretraining import PRETRAINING
from engine.training.batches.examples import Examples, load_examples
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Forward, Packed, Padded
from tests import tiny

LENGTHS = (1, 7, 90, 16, 33, 2, 15, 64, 140)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def template(folder: Path) -> ChatTemplate:
    return ChatTemplate.load(folder)


def documents(seed: int) -> list[dict[str, Any]]:
    """Texts of random words, of very different lengths, in a random order."""
    numbers = np.random.default_rng(seed)
    texts = [" ".join(numbers.choice(tiny.WORDS, size)) for size in numbers.permutation(LENGTHS)]
    return [{"split": "train", "line": place, "text": text} for place, text in enumerate(texts)]


def blocks(rows: list[dict[str, Any]], template: ChatTemplate, length: int, folder: Path) -> Examples:
    return load_examples(rows, template, PRETRAINING, {"max_length": length}, folder)


@pytest.mark.parametrize("length", [16, 64, 128, 4096])
@pytest.mark.parametrize("seed", [3, 17])
def test_blocks_hold_every_token_and_predict_each_once(
    template: ChatTemplate, tmp_path: Path, length: int, seed: int
) -> None:
    rows = documents(seed)
    made = list(blocks(rows, template, length, tmp_path).train)
    ids = [template.encode(row["text"]).ids for row in rows]
    assert all(len(block) <= length for block in made)
    assert [len(block) for block in made[:-1]] == [length] * (len(made) - 1)
    predicted = [int(label) for block in made for label in block.labels if label >= 0]
    assert predicted == [token for one in ids for token in one[1:]]
    assert sum(block.trained for block in made) == len(predicted)
    assert all(sum(block.parts or (len(block),)) == len(block) for block in made)


def test_a_label_is_the_token_behind_also_across_the_end_of_a_block(template: ChatTemplate, tmp_path: Path) -> None:
    (row,) = [{"split": "train", "line": 0, "text": " ".join(tiny.WORDS * 4)}]
    ids = template.encode(row["text"]).ids
    made = list(blocks([row], template, 16, tmp_path).train)
    assert [token for block in made for token in block.ids] == ids
    assert made[0].labels.tolist() == ids[1:17]
    assert made[-1].labels[-1] == -100


@pytest.mark.parametrize("kind", [Packed, Padded])
def test_no_document_sees_another(
    folder: Path, template: ChatTemplate, tmp_path: Path, kind: type[Packed] | type[Padded]
) -> None:
    """The loss of the blocks is that of each document by itself, as far as none is cut."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = documents(5)
    made = list(blocks(rows, template, 4096, tmp_path).train)
    alone = sum(_plain_loss(model, template.encode(row["text"]).ids) for row in rows)
    assert _loss(kind(model), made) == pytest.approx(alone, rel=1e-5)


def _plain_loss(model: Any, ids: list[int]) -> float:
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    return float(cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="sum"))


def _loss(forward: Forward, examples: list[Example]) -> float:
    total = 0.0
    with torch.no_grad():
        for group in forward.groups(examples, 200):
            with forward.session(group):
                total += float(PRETRAINING.loss(forward, group, {}).total)
    return total


@pytest.mark.parametrize("length", [16, 100, 1024])
def test_the_plan_counts_what_is_made(template: ChatTemplate, tmp_path: Path, length: int) -> None:
    rows = documents(29)
    made = blocks(rows, template, length, tmp_path).train
    table = measure(rows, len(rows), template, PRETRAINING.mask({}))
    counts = PRETRAINING.counts(table.train_index, {"max_length": length})
    assert (counts.rows, counts.trained) == (len(made), made.trained)
    assert counts.tokens - int(made.lengths.sum()) in range(len(rows) + 1)  # lone last tokens teach nothing
    assert counts.longest == max(made.lengths)


def test_the_preview_shows_the_blocks(template: ChatTemplate) -> None:
    rows = documents(8)
    shown = example_tokens(
        iter(rows), lambda told: PRETRAINING.examples(template, {"max_length": 64}, told), template, 2
    )
    assert len(shown) == 2
    assert max(one["texts"] for one in shown) > 1
    assert sum(len(one["tokens"]) for one in shown) > 0
    assert not any(one["truncated"] for one in shown)


def test_its_own_defaults_and_refusals() -> None:
    values, faults = read_all(PRETRAINING.params_for(LORA.defaults), {}, "training")
    assert not faults
    assert (values["epochs"], values["schedule"], values["weight_decay"], values["max_length"]) == (
        1,
        "cosine",
        0.1,
        1024,
    )
    assert values["learning_rate"] == LORA.defaults.get("learning_rate", 2e-4)
    assert "train_on" not in values
    assert [one.code for one in PRETRAINING.refusals(FEW_SHOT)] == ["pretraining.no_training"]
    assert list(PRETRAINING.refusals(LORA)) == []
    assert PRETRAINING.unfit_fault("chat", "mine")["code"] == "job.dataset_unfit"  # type: ignore[index]
    assert PRETRAINING.unfit_fault("text", "mine") is None
