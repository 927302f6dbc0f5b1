"""Loss, gradient and log-probabilities agree with TRL's, whose trainers calculate on the same parameters and tokens."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.data.templates.encoded import Bundle
from engine.methods import method_of
from engine.objectives import objective_of
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.answer_log_probs import sums_of_answers
from engine.training.forward.choice import choose_forward
from tests import methods, tiny
from tests.unit.preference import oracle

OFF = torch.autocast("cpu", enabled=False)
BASES: list[tuple[str, dict[str, Any]]] = [("lora", {}), ("full", {}), ("qlora", {"quantisation": "nf4"})]
each = pytest.mark.parametrize(("method", "training"), BASES, ids=[key for key, _ in BASES])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def pairs() -> list[Bundle]:
    """Better answers are of one length: TRL takes the likelihood's mean over a batch's tokens, here each pair counts alike."""
    numbers = np.random.default_rng(3)

    def some(count: int) -> list[int]:
        return numbers.integers(20, 400, count).tolist()  # type: ignore[no-any-return]

    return [Bundle(some(front), [some(6), some(other)], [1, 0]) for front, other in ((7, 9), (3, 2), (12, 6))]


class Tuned:
    """A model some way from its start, and what it said there.

    Attributes:
        start: sums of log-probabilities of rows before, as the plain model has them.
    """

    def __init__(self, folder: Path, work: Path, method: str, training: dict[str, Any]) -> None:
        self.model = methods.applied(folder, method_of(method), work, training=training).eval()
        self.forward = choose_forward(self.model, tiny.VOCABULARY, OFF, pack=True)

    def read(self, examples: list[Example]) -> list[Any]:
        """As training makes the reference."""
        return sums_of_answers(self.model, self.forward, examples, 10_000, lambda: OFF, lambda: None)

    @torch.no_grad()
    def before(self, rows: Any) -> Tensor:
        """As the plain model reads them."""
        return oracle.sums(self.model, rows)

    def move(self) -> None:
        """Take it some way from its start."""
        torch.manual_seed(1)
        for name, one in self.model.named_parameters():
            if one.requires_grad and "lora_A" not in name:
                one.data += torch.randn_like(one) * (0.1 if "lora_B" in name else 0.02)

    def gradients(self, loss: Tensor) -> dict[str, Tensor]:
        self.model.zero_grad()
        loss.backward()
        return {n: one.grad.clone() for n, one in self.model.named_parameters() if one.grad is not None}

    def loss(self, key: str, examples: list[Example], values: dict[str, Any]) -> tuple[Tensor, Any]:
        objective = objective_of(key)
        if objective.before_step is not None:
            examples = list(objective.before_step(self.read, examples, values))
        (group,) = self.forward.groups(examples, 10_000, whole=True)
        with self.forward.session(group):
            found = objective.loss(self.forward, group, values)
        return found.total / sum(map(objective.weigh, group)), found

    def agrees(self, ours: Tensor, theirs: Tensor) -> None:
        assert float(ours.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
        found, expected = self.gradients(ours), self.gradients(theirs)
        assert found.keys() == expected.keys()
        for name, one in expected.items():
            assert torch.allclose(found[name], one, atol=1e-7 + 2e-4 * float(one.abs().max())), name


def noted(tuned: Tuned, bundles: list[Bundle]) -> list[Example]:
    examples = [bundle_example(one) for one in bundles]
    return [
        replace(one, answer_notes={"reference": sums}) for one, sums in zip(examples, tuned.read(examples), strict=True)
    ]


@each
def test_dpo_and_its_variants(folder: Path, tmp_path: Path, method: str, training: dict[str, Any]) -> None:
    tuned = Tuned(folder, tmp_path, method, training)
    bundles = pairs()
    reference = tuned.before(oracle.better(bundles)), tuned.before(oracle.worse(bundles))
    examples = noted(tuned, bundles)
    for one, high, low in zip(examples, *reference, strict=True):
        assert one.answer_notes["reference"] == pytest.approx([float(high), float(low)], abs=2e-4)
    tuned.move()
    for variant, smoothing, imitate in (
        ("sigmoid", 0, 0),
        ("robust", 0.2, 0),
        ("hinge", 0, 0),
        ("ipo", 0, 0),
        ("sigmoid", 0, 0.5),
    ):
        values = {"variant": variant, "beta": 0.3, "label_smoothing": smoothing, "imitate": imitate}
        ours, _ = tuned.loss("dpo", examples, values)
        tuned.agrees(ours, oracle.dpo(tuned.model, bundles, reference, values))


@each
def test_kto_with_its_distance(folder: Path, tmp_path: Path, method: str, training: dict[str, Any]) -> None:
    tuned = Tuned(folder, tmp_path, method, training)
    bundles = [
        Bundle(one.prompt, [one.answers[at % 2], other.answers[0]], [1.0 - at % 2, -1.0])
        for at, (one, other) in enumerate(zip(pairs(), [pairs()[-1], *pairs()[:-1]], strict=True))
    ]
    rows = [(one.prompt, one.answers[0], one.tags[0] == 1) for one in bundles]
    foreign = [(one.prompt, one.answers[1]) for one in bundles]
    reference = tuned.before([row[:2] for row in rows]), tuned.before(foreign)
    examples = noted(tuned, bundles)
    tuned.move()
    for beta, shift in (
        (0.3, 5.0),
        (0.3, -5.0),
    ):  # on the one side of its start, where it counts as 0, and on the other
        values = {"beta": beta, "good_weight": 1.3, "bad_weight": 0.7}
        moved = [
            replace(one, answer_notes={"reference": one.answer_notes["reference"] + np.float32([0, shift])})
            for one in examples
        ]
        ours, found = tuned.loss("kto", moved, values)
        expected, kl = oracle.kto(tuned.model, rows, foreign, (reference[0], reference[1] + shift), values)
        assert found.sums["kl"] / len(rows) == pytest.approx(kl, abs=1e-4)
        assert (kl > 0) == (shift < 0)
        tuned.agrees(ours, expected)


@each
def test_those_without_a_reference(folder: Path, tmp_path: Path, method: str, training: dict[str, Any]) -> None:
    from trl.experimental.cpo.cpo_trainer import CPOTrainer
    from trl.experimental.orpo.orpo_trainer import ORPOTrainer

    tuned = Tuned(folder, tmp_path, method, training)
    tuned.move()
    bundles = pairs()
    examples = [bundle_example(one) for one in bundles]
    common = {"label_smoothing": 0.1, "alpha": 0.0}
    ours, _ = tuned.loss("cpo", examples, {"beta": 0.3, "label_smoothing": 0.1, "imitate": 0.8})
    cpo = oracle.without_reference(
        tuned.model, bundles, CPOTrainer, beta=0.3, loss_type="sigmoid", cpo_alpha=0.8, **common
    )
    tuned.agrees(ours, cpo)
    ours, _ = tuned.loss("simpo", examples, {"beta": 2.0, "gamma": 1.0, "label_smoothing": 0.1, "imitate": 0.0})
    simpo = oracle.without_reference(
        tuned.model, bundles, CPOTrainer, beta=2.0, loss_type="simpo", simpo_gamma=1.0, cpo_alpha=0, **common
    )
    tuned.agrees(ours, simpo)
    orpo = oracle.without_reference(tuned.model, bundles, ORPOTrainer, beta=0.3)
    whole = oracle.padded(oracle.better(bundles))  # TRL takes the question's tokens into the likelihood
    labels = whole["input_ids"].masked_fill(whole["attention_mask"] == 0, -100)
    read = oracle.Plain(tuned.model)(whole["input_ids"], whole["attention_mask"], labels).log_probs
    asked = read.sum() / (labels[:, 1:] >= 0).sum() - oracle.sums(tuned.model, oracle.better(bundles)).mean() / 6
    ours, _ = tuned.loss("orpo", examples, {"beta": 0.3})
    tuned.agrees(ours, orpo + asked)
