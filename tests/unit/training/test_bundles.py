"""A prompt that several answers share: read once, it says the same of each answer as when each is read by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.data.templates.encoded import Bundle
from engine.training.batches.bundles import bundles_within
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example, TokenizedDataset, TokenizedDatasetWriter
from engine.training.forward.forward import Forward, Headless, Packed, Padded
from tests import tiny

WAYS = (Packed, Headless, Padded)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.write_model(tmp_path_factory.mktemp("tiny"))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def bundles() -> list[Example]:
    numbers = np.random.default_rng(5)

    def some(count: int) -> list[int]:
        return numbers.integers(0, 90, count).tolist()

    made = [Bundle(some(9), [some(4), some(7), some(1)], [2, 1, 0]), Bundle(some(1), [some(3), some(5)], [1, 0])]
    return [bundle_example(one) for one in made]


def alone(model: Any, example: Example) -> torch.Tensor:
    """Log-probabilities of the labels, each sequence by itself through the plain model."""
    found = []
    for row in example.sequences():
        logits = model(input_ids=torch.tensor(row.ids[None].astype(np.int64))).logits[0].log_softmax(-1)
        found += [logits[at, label] for at, label in enumerate(row.labels) if label >= 0]
    return torch.stack(found)


def read(model: Any, way: type, examples: list[Example], **options: Any) -> Any:
    forward: Forward = way(model)
    (group,) = forward.groups(examples, 10_000, whole=True)
    with forward.session(group):
        return forward.read(group, **options), group


@pytest.mark.parametrize("way", WAYS)
def test_each_answer_sees_the_prompt_and_itself_alone(model: Any, way: type) -> None:
    found, group = read(model, way, bundles())
    assert torch.allclose(found.log_probs, torch.cat([alone(model, one) for one in group]), atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_the_plain_model(model: Any, way: type) -> None:
    def gradients(total: torch.Tensor) -> dict[str, torch.Tensor]:
        model.zero_grad()
        total.backward()
        return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}

    model.requires_grad_(True)
    found, group = read(model, way, bundles())
    share = torch.linspace(-1, 2, len(found.log_probs))
    ours = gradients((found.log_probs * share).sum())
    plain = gradients((torch.cat([alone(model, one) for one in group]) * share).sum())
    assert ours.keys() == plain.keys()
    for name, one in ours.items():
        assert torch.allclose(one, plain[name], atol=2e-5), name


@pytest.mark.parametrize("way", WAYS)
def test_entropy_hidden_states_and_temperature(model: Any, way: type) -> None:
    found, _group = read(model, way, bundles(), entropy=True, hidden=True, temperature=0.5)
    logits = model.get_output_embeddings()(found.hidden) / 0.5
    scores = logits.log_softmax(-1)
    assert torch.allclose(found.entropy, -(scores.exp() * scores).sum(-1), atol=1e-4)
    assert found.hidden.shape == (len(found.log_probs), model.config.hidden_size)


@pytest.mark.parametrize("way", WAYS)
def test_the_last_state_is_that_of_each_answers_end(model: Any, way: type) -> None:
    forward = way(model)
    (group,) = forward.groups(bundles(), 10_000, whole=True)
    with forward.session(group):
        found = forward.last_states(group)
    rows = [row for one in group for row in one.sequences()]
    for state, row in zip(found, rows, strict=True):
        ids = torch.tensor(row.ids[None].astype(np.int64))
        last = model(input_ids=ids, output_hidden_states=True).hidden_states[-1][0, -1]
        assert torch.allclose(state, last, atol=1e-5)


def test_pieces_of_a_bundle_keep_what_is_known_of_each_answer() -> None:
    whole = bundles()[0]
    notes = {"advantage": np.arange(whole.trained, dtype=np.float32)}
    known = bundle_example(Bundle(whole.ids[:9].tolist(), [[1] * 4, [2] * 7, [3]], [2, 1, 0], weight=2.0))
    known = Example(**{name: getattr(known, name) for name in Example.__slots__} | {"label_notes": notes})
    pieces = bundles_within([known], 8 + 5 + 2)
    assert [one.parts for one in pieces] == [(5,), (8,), (2,)] or [one.parts for one in pieces] == [(5,), (8, 2)]
    assert np.concatenate([one.label_notes["advantage"] for one in pieces]).tolist() == list(range(12))
    assert np.concatenate([one.tags for one in pieces if one.tags is not None]).tolist() == [2, 1, 0]
    assert all(len(one) <= 15 or len(one.parts) == 1 for one in pieces)
    assert known.label_counts == [4, 7, 1]


def test_bundles_come_back_from_the_disk(tmp_path: Any) -> None:
    with TokenizedDatasetWriter(tmp_path / "a.arrow") as writer:
        for one in bundles():
            writer.add(one)
    found = TokenizedDataset(tmp_path / "a.arrow")
    for place, (one, other) in enumerate(zip(bundles(), found, strict=True)):
        assert (one.ids.tolist(), one.labels.tolist(), one.parts) == (
            other.ids.tolist(),
            other.labels.tolist(),
            other.parts,
        )
        assert (one.shared, other.place) == (other.shared, place)
        assert other.tags is not None
        assert other.tags.tolist() == list(one.tags if one.tags is not None else [])
