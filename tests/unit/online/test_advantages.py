"""Advantages, distances and the losses of objectives that write answers, against float64 references written out here, and TRL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from engine.core.params import read_all
from engine.data.templates.encoded import Bundle
from engine.objectives import objective_of
from engine.objectives.online.advantages import (
    adapted_coefficient,
    explained_variance,
    gae,
    group_advantages,
    is_flat,
    kl_terms,
    whitened,
)
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.forward import Packed, Padded
from engine.training.heads.scalar import attach_head
from tests import tiny

VOCABULARY = 90
REWARDS = [[1.0, 0.0, 0.5], [0.0, 1.0, 1.0, 0.25]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tiny.write_model(tmp_path_factory.mktemp("tiny"))
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def values_of(key: str, **given: Any) -> dict[str, Any]:
    values, faults = read_all(objective_of(key).params, {"max_length": 64, "answer_tokens": 8} | given, "training")
    assert not faults
    return values


def examples(*, seed: int = 3, apart: float = 0.4) -> list[Example]:
    """Two prompts with three and four answers, and made-up notes of each label."""
    numbers = np.random.default_rng(seed)
    made = []
    for rewards in REWARDS:
        answers = [numbers.integers(0, VOCABULARY, int(numbers.integers(1, 8))).tolist() for _ in rewards]
        one = bundle_example(Bundle(numbers.integers(0, VOCABULARY, 6).tolist(), answers, rewards))
        notes = {name: numbers.normal(-4.5, apart, one.trained).astype(np.float32) for name in ("old", "reference")}
        notes["values"] = numbers.normal(0, 0.5, one.trained).astype(np.float32)
        ended = (numbers.random(len(rewards)) > 0.4).astype(np.float32)
        made.append(replace(one, label_notes=notes, answer_notes={"ended": ended}))
    return made


def read(model: Any, row: Example, temperature: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities of the labels of one sequence and the states that they are predicted from, in float64."""
    made = model(input_ids=torch.tensor(row.ids[None].astype(np.int64)), output_hidden_states=True)
    wanted = [at for at, label in enumerate(row.labels) if label >= 0]
    scores = (made.logits[0, wanted].double() / temperature).log_softmax(-1)
    return scores[range(len(wanted)), row.labels[wanted].astype(int)], made.hidden_states[-1][0, wanted].double()


def gradients(model: Any, total: torch.Tensor) -> Iterator[torch.Tensor]:
    model.zero_grad()
    total.backward()
    return (one.grad.clone() for one in model.parameters() if one.grad is not None)


def ours(model: Any, key: str, way: type, learnt: list[Example], values: dict[str, Any]) -> tuple[torch.Tensor, Any]:
    """The loss of a step as the trainer adds it up, in groups of one example or one piece of it."""
    forward, objective = way(model), objective_of(key)
    weight, total, sums = sum(map(objective.weigh, learnt)), torch.zeros(()), {}
    for group in forward.groups(learnt, 24, whole=objective.whole):
        with forward.session(group):
            found = objective.loss(forward, group, values)
        total = total + found.total / weight
        for name, one in found.sums.items():
            sums[name] = sums.get(name, 0.0) + one / weight
    return total, sums


def close(found: Iterator[torch.Tensor], expected: Iterator[torch.Tensor]) -> bool:
    return all(torch.allclose(a, b, atol=2e-5, rtol=1e-3) for a, b in zip(found, expected, strict=True))


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("seed", range(3))
def test_gae_is_the_sum_of_later_surprises(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    rewards, values, discount, decay = numbers.normal(size=9), numbers.normal(size=9), 0.97, 0.9
    surprises = rewards + discount * np.append(values[1:], 0) - values
    expected = [sum((discount * decay) ** (k - t) * surprises[k] for k in range(t, 9)) for t in range(9)]
    assert np.allclose(gae(rewards, values, discount, decay), expected, atol=1e-12)
    plain = gae(rewards, values, 1.0, 1.0)
    assert np.allclose(plain + values, np.cumsum(rewards[::-1])[::-1])  # all that came


def test_distances_adapt_and_whitening_evens_out() -> None:
    now, start = np.array([-1.0, -2.0]), np.array([-1.5, -1.0])
    assert kl_terms(now, start, "k1").tolist() == [0.5, -1.0]
    assert np.allclose(kl_terms(now, start, "k3"), [math.exp(-0.5) - 1 + 0.5, math.exp(1) - 1 - 1])
    assert adapted_coefficient(0.1, 6.0, 6.0) == 0.1
    assert adapted_coefficient(0.1, 60.0, 6.0) == pytest.approx(0.1 * 1.02)
    assert adapted_coefficient(0.1, 0.0, 6.0) == pytest.approx(0.1 * 0.98)
    white = whitened(np.array([1.0, 5.0, 9.0]))
    assert (white.mean(), white.std(ddof=1)) == (pytest.approx(0), pytest.approx(1))
    assert explained_variance(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 1
    assert explained_variance(np.array([1.0, 2.0]), np.array([1.5, 1.5])) == 0


def test_answers_are_compared_within_their_group() -> None:
    rewards = np.array([1.0, 0.0, 0.5], np.float32)
    assert np.allclose(group_advantages(rewards, scaled=True), np.array([0.5, -0.5, 0.0]) / (0.5 + 1e-4))
    assert np.allclose(group_advantages(rewards, scaled=False), [0.5, -0.5, 0.0])
    assert is_flat(np.array([0.3, 0.3]))
    assert is_flat(np.array([1.0]))
    assert not is_flat(rewards)


# ---------------------------------------------------------------- GRPO against TRL


@pytest.mark.parametrize("way", [Packed, Padded])
@pytest.mark.parametrize("variant", ["dapo", "grpo", "dr_grpo"])
def test_grpo_is_trls(model: Any, variant: str, way: type) -> None:
    from trl import GRPOTrainer

    model.requires_grad_(True)
    values = values_of("grpo", variant=variant, kl=0.05, inner_passes=2, unfinished="as_scored", temperature=0.8)
    made = examples(apart=0.05)
    made = [
        replace(one, label_notes={name: _near(model, one, 0.8, notes) for name, notes in one.label_notes.items()})
        for one in made
    ]
    learnt = objective_of("grpo").online.learn(made, values, {}).examples
    found, sums = ours(model, "grpo", way, list(learnt), values)
    rows = [row for one in made for row in one.sequences()]
    logs = [read(model, row, 0.8)[0] for row in rows]
    width = max(map(len, logs))

    def table(several: Any) -> torch.Tensor:
        return torch.stack(
            [torch.nn.functional.pad(torch.as_tensor(one).double(), (0, width - len(one))) for one in several]
        )

    mask, now = table([torch.ones(len(one)) for one in logs]), table(logs)
    advantages = torch.cat([_trl_advantages(rewards, variant) for rewards in REWARDS])
    trl = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_a, **_k: (now, torch.zeros_like(now), None), aux_loss_enabled=False, _entropy_bonus_enabled=False,
        top_entropy_quantile=1.0, off_policy_mask_threshold=None, importance_sampling_level="token", beta=0.05, epsilon_low=0.2,
        epsilon_high=0.28, loss_type=variant, use_vllm=False, current_gradient_accumulation_steps=1, max_completion_length=8,
        args=SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
        accelerator=SimpleNamespace(num_processes=1, gather=lambda one: one, reduce=lambda one, **_k: one), model=SimpleNamespace(training=True),
        _metrics={"train": __import__("collections").defaultdict(list)},
    )  # fmt: skip
    ids = torch.zeros(len(rows), 1, dtype=torch.long)
    inputs = {
        "prompt_ids": ids, "prompt_mask": ids, "completion_ids": mask.long(), "completion_mask": mask, "advantages": advantages,
        "old_per_token_logps": table([row.label_notes["old"] for row in rows]),
        "ref_per_token_logps": table([row.label_notes["reference"] for row in rows]), "num_items_in_batch": mask.sum(),
    }  # fmt: skip
    expected = GRPOTrainer._compute_loss(trl, None, inputs)
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    assert 0 < sums["clip_share"] < 1
    assert close(gradients(model, found), gradients(model, expected))


def _near(model: Any, one: Example, temperature: float, notes: Any) -> Any:
    """The notes moved to where the model is, so that some ratios are clipped and some are not."""
    with torch.no_grad():
        now = torch.cat([read(model, row, temperature)[0] for row in one.sequences()]).numpy()
    return (now + 6 * (notes + 4.5)).astype(np.float32)


def _trl_advantages(rewards: list[float], variant: str) -> torch.Tensor:
    group = torch.tensor(rewards).double()
    centred = group - group.mean()
    return centred if variant == "dr_grpo" else centred / (group.std() + 1e-4)


def test_flat_groups_and_unfinished_answers_are_not_learnt() -> None:
    values = values_of("grpo", unfinished="left_out")
    made = examples()
    made[0] = replace(made[0], tags=np.full(3, 0.5, np.float32))
    learnt = objective_of("grpo").online.learn(made, values, {})
    assert learnt.figures["flat_groups"] == 0.5
    kept = int(made[1].answer_notes["ended"].sum())
    assert [len(one.parts) for one in learnt.examples] == [kept]
    assert sum(map(objective_of("grpo").weigh, learnt.examples)) == pytest.approx(1)
    flat = [replace(one, tags=np.zeros(len(one.parts), np.float32)) for one in made]
    assert objective_of("grpo").online.learn(flat, values, {}).examples == []


# ---------------------------------------------------------------- PPO against a reference in float64


@pytest.mark.parametrize("way", [Packed, Padded])
@pytest.mark.parametrize("kind", ["k1", "k3"])
def test_ppo_is_the_reference(model: Any, way: type, kind: str) -> None:
    values = values_of("ppo", kl=0.03, kl_kind=kind, kl_target=2.0, temperature=0.9, discount=0.99, value_clip=0.1)
    objective = objective_of("ppo")
    attach_head(model, objective)
    torch.nn.init.normal_(model.scalar_head.weight, std=0.1)
    model.requires_grad_(True)
    made, state = examples(apart=0.05), {}
    made = [
        replace(
            one,
            label_notes=one.label_notes
            | {name: _near(model, one, 0.9, one.label_notes[name]) for name in ("old", "reference")},
        )
        for one in made
    ]
    learnt = objective.online.learn(made, values, state)
    found, _sums = ours(model, "ppo", way, list(learnt.examples), values)
    rows = [row for one in made for row in one.sequences()]
    rewards = [reward for several in REWARDS for reward in several]
    expected, kl = _ppo(model, rows, rewards, values)
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    assert close(gradients(model, found), gradients(model, expected))
    assert state["kl_coef"] == pytest.approx(0.03 * (1 + 0.1 * min(0.2, max(-0.2, kl / 2.0 - 1))))
    assert learnt.figures["kl_coef"] == 0.03
    del model.scalar_head


def _ppo(model: Any, rows: list[Example], scores: list[float], values: dict[str, Any]) -> tuple[torch.Tensor, float]:
    """Everything of a step, answer by answer and token by token; and the distance, in nats an answer."""
    advantages, returns, distance = [], [], 0.0
    for row, score in zip(rows, scores, strict=True):
        old, start, foreseen = (row.label_notes[name].astype(float) for name in ("old", "reference", "values"))
        apart = old - start
        distance += float(apart.sum())
        kl = apart if values["kl_kind"] == "k1" else np.exp(-apart) - 1 + apart
        gains = [-values["kl"] * one for one in kl]
        gains[-1] += score
        count, own = len(old), []
        for t in range(count):
            total = 0.0
            for k in range(t, count):
                ahead = foreseen[k + 1] if k + 1 < count else 0.0
                surprise = gains[k] + values["discount"] * ahead - foreseen[k]
                total += (values["discount"] * values["decay"]) ** (k - t) * surprise
            own.append(total)
        advantages.append(np.array(own))
        returns.append(np.array(own) + foreseen)
    every = np.concatenate(advantages)
    mean, spread = every.mean(), math.sqrt(every.var(ddof=1) + 1e-8)
    losses = []
    for row, advantage, wanted in zip(rows, advantages, returns, strict=True):
        now, states = read(model, row, values["temperature"])
        value = states @ model.scalar_head.weight[0].double() + model.scalar_head.bias[0].double()
        before = torch.tensor(row.label_notes["values"]).double()
        for t, one in enumerate((advantage - mean) / spread):
            ratio = torch.exp(now[t] - float(row.label_notes["old"][t]))
            policy = -torch.minimum(ratio * one, ratio.clamp(1 - values["clip"], 1 + values["clip"]) * one)
            near = before[t] + (value[t] - before[t]).clamp(-values["value_clip"], values["value_clip"])
            worst = torch.maximum((value[t] - wanted[t]) ** 2, (near - wanted[t]) ** 2)
            losses.append(policy + values["value_weight"] * 0.5 * worst)
    return torch.stack(losses).mean(), distance / len(rows)


# ---------------------------------------------------------------- online DPO


def test_online_dpo_takes_the_best_and_the_worst_and_starts_at_chance(model: Any) -> None:
    values, objective = values_of("online_dpo", unfinished="as_scored"), objective_of("online_dpo")
    made = examples()
    with torch.no_grad():
        start = [torch.cat([read(model, row)[0] for row in one.sequences()]).float().numpy() for one in made]
    made = [replace(one, label_notes={"reference": notes}) for one, notes in zip(made, start, strict=True)]
    learnt = objective.online.learn(made, values, {})
    answers = [[row.ids[-len(row.ids) + 5 :].tolist() for row in one.sequences()] for one in made]
    taken = [[row.ids[-len(row.ids) + 5 :].tolist() for row in one.sequences()] for one in learnt.examples]
    assert taken == [[answers[0][0], answers[0][1]], [answers[1][1], answers[1][0]]]
    found, sums = ours(model, "online_dpo", Packed, list(learnt.examples), values)
    assert float(found.detach()) == pytest.approx(math.log(2), abs=1e-5)
    assert abs(sums["kl"]) < 1e-4
