"""How preferences are learnt: where training starts, what pairs and thumbs count, and methods that have no start."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.core.text import LANGUAGES
from engine.data.templates.encoded import Bundle
from engine.methods import METHODS, method_of
from engine.methods.common.rates import RATE
from engine.objectives import objective_of
from engine.objectives.declaration import GroupLoss, Means
from engine.objectives.preference.kto import weights_in
from engine.objectives.preference.losses import odds_ratio
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example, TokenizedDataset, TokenizedDatasetWriter
from engine.training.forward.answer_log_probs import sums_of_answers
from engine.training.forward.choice import choose_forward
from tests import methods, tiny
from webui.i18n import message

OFF = torch.autocast("cpu", enabled=False)
COMPARED = [objective_of("dpo"), objective_of("kto")]
PLAIN = {"variant": "sigmoid", "beta": 0.2, "label_smoothing": 0.0, "imitate": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def example(answers: list[list[int]], tags: list[float], weight: float = 1.0) -> Example:
    return bundle_example(Bundle([9, 8, 7], answers, tags, weight))


class Said:
    """A model that says what it is told to: the log-probability of each answer, spread over its labels."""

    def __init__(self, *answers: float) -> None:
        self._answers = answers

    def read(self, group: Any, **_options: Any) -> Any:
        counts = [count for one in group for count in one.label_counts]
        spread = [said / count for said, count in zip(self._answers, counts, strict=True) for _ in range(count)]
        return type("Read", (), {"log_probs": torch.tensor(spread)})()


def noted(one: Example, *reference: float, **more: float) -> Example:
    notes = {"reference": np.float32(reference)} | {
        name: np.full(len(reference), v, np.float32) for name, v in more.items()
    }
    return replace(one, answer_notes=notes)


@pytest.mark.parametrize("case", methods.cases(), ids=str)
def test_dpo_starts_at_chance_with_every_method_that_allows_it(
    case: methods.Case, folder: Path, tmp_path: Path
) -> None:
    objective = objective_of("dpo")
    if any(True for _ in objective.refusals(case.method)) or case.refused(folder):
        assert not case.method.starts_as_base or case.refused(folder)
        return
    model = methods.applied(folder, case.method, tmp_path, training=case.training, **case.values)
    forward = choose_forward(model, tiny.VOCABULARY, OFF, pack=case.method.capabilities.packing)
    one = example([[30, 31, 32], [40, 41, 42, 43, 44]], [1, 0])
    (sums,) = sums_of_answers(model, forward, [one], 1000, lambda: OFF, lambda: None)
    model.train()
    (group,) = forward.groups([noted(one, *sums)], 1000, whole=True)
    with forward.session(group):
        found = objective.loss(forward, group, PLAIN)
    assert float(found.total) == pytest.approx(math.log(2), abs=1e-4)
    assert found.sums["preference_loss"] == pytest.approx(math.log(2), abs=1e-4)


@pytest.mark.parametrize("objective", COMPARED, ids=lambda one: one.key)
def test_methods_without_a_start_are_refused_with_what_works(objective: Any) -> None:
    for method in METHODS:
        refused = list(objective.refusals(method))
        assert bool(refused) == (not method.starts_as_base or not method.capabilities.trains)
        for one in refused:
            assert all("LoRA" in message(language, one.code, dict(one.params)) for language in LANGUAGES)
    for key in ("orpo", "simpo", "cpo"):
        assert not any(
            True for method in METHODS if method.capabilities.trains for _ in objective_of(key).refusals(method)
        )


def test_each_objective_has_rates_of_its_own_by_family() -> None:
    lora, full = method_of("lora"), method_of("full")
    sft, dpo, orpo = (objective_of(key) for key in ("sft", "dpo", "orpo"))
    assert sft.defaults_of(lora)[RATE] == lora.defaults[RATE] == 1e-3
    assert (dpo.defaults_of(lora)[RATE], dpo.defaults_of(full)[RATE]) == (2e-4, 1e-6)
    assert dpo.defaults_of(full, 8 * 10**9)[RATE] == pytest.approx(4e-7)
    assert orpo.defaults_of(lora)[RATE] == 4e-4
    epochs = next(param.default for param in dpo.params_of(lora) if param.key == "epochs")
    assert epochs == 1


def test_every_pair_of_a_ranking_counts_alike_and_the_row_once() -> None:
    ranked = example([[1, 2], [3], [4, 5], [6]], [-1, -2, -2, -3], weight=2.0)
    single = example([[1, 2], [3]], [1, 0])
    said = [-1.0, -3.0, -2.0, -4.0]
    values = PLAIN | {"beta": 1.0, "gamma": 0.0}
    found = objective_of("cpo").loss(Said(*said, -1.0, -3.0), [ranked, single], values)
    leads = [said[a] - said[b] for a, b in ((0, 1), (0, 2), (0, 3), (1, 3), (2, 3))]
    lost = [math.log1p(math.exp(-lead)) for lead in leads]
    assert float(found.total) == pytest.approx(2 * sum(lost) / 5 + math.log1p(math.exp(-2)), rel=1e-5)
    weight = sum(map(objective_of("cpo").weigh, [ranked, single]))
    assert weight == 3
    assert found.sums["accuracy"] / weight == pytest.approx(1)
    assert found.sums["rejected_logp"] == pytest.approx(2 * (-3 - 1 - 4 - 4 - 4) / 5 - 3, rel=1e-5)


def test_likelihood_is_added_to_the_comparison_and_drawn_apart() -> None:
    pair = noted(example([[1, 2], [3]], [1, 0]), -4.0, -2.0)
    plain, more = (
        objective_of("dpo").loss(Said(-3.0, -2.5), [pair], PLAIN | {"imitate": share}) for share in (0.0, 0.5)
    )
    assert float(more.total - plain.total) == pytest.approx(0.5 * 3 / 2)
    assert more.sums == plain.sums
    assert plain.sums["margin"] == pytest.approx(0.2 * 1.5)
    assert (plain.sums["chosen_logp"], plain.sums["rejected_logp"]) == (-1.5, -2.5)


def test_odds_of_answers_that_are_sure_or_impossible_have_a_gradient() -> None:
    for better, worse in ((-1e-9, -90.0), (-90.0, -1e-9), (-0.7, -0.6931)):
        one, other = (torch.tensor(value, requires_grad=True) for value in (better, worse))
        odds_ratio(one, other).backward()
        assert torch.isfinite(torch.stack([one.grad, other.grad])).all()


def test_thumbs_of_both_kinds_count_alike_together(tmp_path: Path) -> None:
    rows = [example([[1], [2]], [tag, -1.0]) for tag in (1, 0, 0, 0)]
    with TokenizedDatasetWriter(tmp_path / "a.arrow") as writer:
        for row in rows:
            writer.add(row)
    objective = objective_of("kto")
    seen = objective.seen(TokenizedDataset(tmp_path / "a.arrow"))
    assert seen == objective.seen(rows) == {"good_answers": 1, "bad_answers": 3}
    unset = {"good_weight": None, "bad_weight": None}
    good, bad = weights_in({**unset, **seen})
    assert (good, bad) == (2.0, pytest.approx(2 / 3))
    assert weights_in({"good_weight": None, "bad_weight": 5.0, **seen}) == (2.0, 5.0)
    assert weights_in({**unset, "good_answers": 0, "bad_answers": 3}) == (1.0, 1.0)


def test_the_distance_is_one_for_a_step_and_answers_to_other_questions_are_not_learnt() -> None:
    objective = objective_of("kto")
    rows = [noted(example([[1], [2, 3]], [1.0, -1.0]), -2.0, -6.0), noted(example([[4], [5]], [1.0, 0.0]), -1.0, -1.0)]
    before = objective.before_step
    assert before is not None
    ready = before(lambda foreign: [np.float32([-4.5]) for _ in foreign], rows, {})
    assert [one.tags.tolist() for one in ready] == [[1.0], [1.0, 0.0]]
    values = {"beta": 0.5, "good_weight": 1.0, "bad_weight": 2.0}
    found = objective.loss(Said(-1.0, -1.5, -1.5), list(ready), values)

    def lost(rise: float) -> float:
        return 1 - 1 / (1 + math.exp(-0.5 * rise))

    assert float(found.total) == pytest.approx(lost(1 - 1.5) + (lost(-0.5 - 1.5) + 2 * lost(1.5 + 0.5)) / 2, rel=1e-5)
    means = Means()
    means.add(found)
    drawn = means.over(2)
    assert drawn["kl"] == pytest.approx(1.5)
    assert drawn["good_rise"] == pytest.approx(0.5 * (1 - 0.5 / 2) / 1.5)
    assert drawn["rejected_logp"] == pytest.approx(-1.5)
    assert drawn["accuracy"] == pytest.approx((0 + 0.5) / 2)  # both good ones rose less than answers to other questions


def test_thumbs_are_judged_by_what_they_moved_beyond_all_other_answers() -> None:
    """Where everything becomes less likely, the good answers have risen that fell least."""
    objective = objective_of("kto")
    before = objective.before_step
    assert before is not None
    rows = [noted(example([[1], [2]], [tag, -1.0]), -2.0, -6.0) for tag in (1.0, 0.0, 1.0)]
    ready = before(lambda foreign: [np.float32([-10.0]) for _ in foreign], rows, {})  # 4 less likely
    values = {"beta": 0.5, "good_weight": 1.0, "bad_weight": 1.0}
    drawn = objective.loss(Said(-4.0, -9.0, -7.0), list(ready), values).sums
    assert (drawn["accuracy"], drawn["kl"]) == (2.0, 0.0)  # the last one fell by 5 although its thumb is up
    level = before(lambda foreign: [np.float32([-6.0]) for _ in foreign], rows, {})
    assert objective.loss(Said(-2.0, -2.0, -2.0), list(level), values).sums["accuracy"] == 1.5


def test_of_a_pair_the_better_answer_rises_by_more_than_the_worse_one() -> None:
    """Though both fell by more than answers to other questions."""
    objective = objective_of("kto")
    before = objective.before_step
    assert before is not None
    rows = [noted(example([[1], [2], [3]], [*tags, -1.0]), -2.0, -2.0, -6.0) for tags in ([1.0, 0.0], [0.0, 1.0])]
    ready = before(lambda foreign: [np.float32([-6.5]) for _ in foreign], rows, {})
    values = {"beta": 0.5, "good_weight": 1.0, "bad_weight": 1.0}
    assert objective.loss(Said(-4.0, -9.0, -4.0, -9.0), list(ready), values).sums["accuracy"] == 1.0  # of two pairs
    assert objective.loss(Said(-2.0, -2.0, -2.0, -2.0), list(ready), values).sums["accuracy"] == 1.0


def test_means_of_one_kind_are_over_that_kind_alone() -> None:
    means = Means()
    means.add(GroupLoss(torch.zeros(()), {"a": 3.0, "b": 4.0, "c": 0.0}, {"b": 2.0, "c": 0.0}))
    means.add(GroupLoss(torch.zeros(()), {"a": 1.0, "b": 2.0}, {"b": 1.0}))
    assert means.over(4) == {"a": 1.0, "b": 2.0}
