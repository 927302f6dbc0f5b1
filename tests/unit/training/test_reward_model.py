"""The reward model's losses and rows: as TRL calculates them, read at the answer's own end, and as its methods refuse it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from engine.data.templates.encoded import Bundle
from engine.data.templates.template import ChatTemplate
from engine.methods import METHODS, method_of
from engine.objectives import objective_of
from engine.objectives.comparisons import bradley_terry, plackett_luce
from engine.training.batches.examples import bundle_example
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward.choice import choose_forward
from engine.training.forward.forward import plain_model
from engine.training.heads.scalar import attach_head, head_of
from engine.training.tuners.structure import decoder
from tests import methods, tiny

OBJECTIVE = objective_of("reward_model")
UNUSED = tiny.VOCABULARY - 1  # TRL reads a token early where the pad is the end token


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_model(tmp_path_factory.mktemp("tiny"))


def pairs(margin: float) -> list[Bundle]:
    numbers = np.random.default_rng(3)

    def some(count: int) -> list[int]:
        return [*numbers.integers(20, 400, count).tolist(), 2]

    return [Bundle(some(7), [some(4), some(9)], [1 + margin, 0]), Bundle(some(3), [some(6), some(2)], [1, 0])]


def by_trl(model: Any, bundles: list[Bundle], margin: float, centring: float | None) -> torch.Tensor:
    """The loss by TRL's own code over transformers' own way of reading a score, on the very same parameters."""
    from trl.trainer.reward_trainer import DataCollatorForPreference, RewardTrainer

    config = AutoConfig.for_model(
        **plain_model(model).config.to_diff_dict() | {"num_labels": 1, "pad_token_id": UNUSED}
    )
    classifier = AutoModelForSequenceClassification.from_config(config)
    classifier.model, head = decoder(plain_model(model)), head_of(model)
    assert head is not None
    classifier.score.weight = head.weight
    rows = [
        {"chosen_ids": [*one.prompt, *one.answers[0]], "rejected_ids": [*one.prompt, *one.answers[1]], "margin": own}
        for one, own in zip(bundles, (margin, 0.0), strict=True)
    ]
    same = SimpleNamespace(gather=lambda one: one, gather_for_metrics=lambda one: one)
    trainer: Any = SimpleNamespace(
        model=classifier, args=SimpleNamespace(center_rewards_coefficient=centring), accelerator=same,
        _metrics={"eval": defaultdict(list), "train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )  # fmt: skip
    classifier.eval()
    found: torch.Tensor = RewardTrainer.compute_loss(
        trainer, classifier, DataCollatorForPreference(pad_token_id=UNUSED)(rows)
    )
    return found


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


@pytest.mark.parametrize(
    ("key", "training", "margin", "centring"),
    [
        ("lora", {}, 0.0, 0.0),
        ("lora", {}, 0.7, 0.1),
        ("full", {}, 0.7, 0.1),
        ("qlora", {"quantisation": "nf4"}, 0.0, 0.1),
    ],
)
def test_loss_and_gradient_are_trls(
    folder: Path, tmp_path: Path, key: str, training: dict[str, Any], margin: float, centring: float
) -> None:
    model = methods.applied(folder, method_of(key), tmp_path, training=training).eval()
    attach_head(model, OBJECTIVE)
    torch.manual_seed(1)
    for name, one in model.named_parameters():
        if one.requires_grad and ("lora_B" in name or "scalar_head.weight" in name):
            torch.nn.init.normal_(one, std=0.2)
    forward = choose_forward(model, tiny.VOCABULARY, torch.autocast("cpu", enabled=False), pack=True)
    (group,) = forward.groups([bundle_example(one) for one in pairs(margin)], 10_000, whole=True)
    with forward.session(group):
        found = OBJECTIVE.loss(forward, group, {"centring": centring, "ranking_loss": "pairs"})
    ours = gradients(model, found.total / len(group))
    expected = by_trl(model, pairs(margin), margin, centring or None)
    theirs = gradients(model, expected)
    assert float(found.total.detach()) / 2 == pytest.approx(float(expected.detach()), rel=1e-5)
    assert ours.keys() - {"scalar_head.bias"} == theirs.keys()
    for name, one in theirs.items():
        assert torch.allclose(ours[name], one, atol=1e-6 + 1e-4 * float(one.abs().max())), name
    assert 0 <= found.sums["accuracy"] <= 2


def test_rankings_by_hand() -> None:
    scores, tags = torch.tensor([0.3, 1.2, -0.4, 0.5]), torch.tensor([1.0, 0.5, 0.0, 0.5])

    def lost(better: float, *worse: float) -> float:
        return float(np.log(sum(np.exp([better, *worse]))) - better)

    apart = [lost(0.3, 1.2), lost(0.3, 0.5), lost(0.3, -0.4), lost(1.2, -0.4), lost(0.5, -0.4)]
    assert float(bradley_terry(scores, tags)) == pytest.approx(np.mean(apart), rel=1e-5)
    together = [lost(0.3, 1.2, -0.4, 0.5), lost(1.2, -0.4), lost(0.5, -0.4)]
    assert float(plackett_luce(scores, tags)) == pytest.approx(np.mean(together), rel=1e-5)
    for two in (torch.tensor([1.0, 0.0]), torch.tensor([1.7, 0.0])):  # with a margin too
        assert float(plackett_luce(scores[:2], two)) == pytest.approx(float(bradley_terry(scores[:2], two)), rel=1e-6)


# ---------------------------------------------------------------- rows


def made(folder: Path, row: dict[str, Any], **values: Any) -> tuple[list[Example], dict[str, int]]:
    counted: dict[str, int] = defaultdict(int)

    def left_out(name: str, count: int = 1, fault: Any = None) -> None:
        counted[name] += count

    maker = OBJECTIVE.examples(ChatTemplate.load(folder), {"max_length": 512} | values, left_out)
    return [bundle_example(one) for one in maker.add({"split": "train"} | row)], counted  # type: ignore[arg-type]


def asked(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": text}]


def test_a_pair_ends_at_the_end_mark_and_shares_its_prompt(folder: Path) -> None:
    row = {
        "prompt": [*asked("What is the colour?"), *said("It is violet."), *asked("And of the falcon?")],
        "chosen": said("The falcon is copper."), "rejected": said("Copper copper copper."), "margin": 0.5,
    }  # fmt: skip
    ((example,), _counts) = made(folder, row)
    end = ChatTemplate.load(folder).end_id
    ends = example.shared + np.cumsum(example.parts) - 1
    assert example.ids[ends].tolist() == [end, end]
    assert example.tags is not None
    assert example.tags.tolist() == [1.5, 0.0]
    text = ChatTemplate.load(folder).tokenizer.decode(example.ids[: example.shared].tolist(), skip_special_tokens=False)
    assert text.endswith("And of the falcon?<|im_end|>\n<|im_start|>assistant")


def test_a_ranking_tells_the_order_and_no_margins(folder: Path) -> None:
    row = {"prompt": asked("Colour?"), "answers": [said("Blue."), said("Green."), said("Red.")], "ranks": [2, 1, 2]}
    ((example,), _counts) = made(folder, row)
    assert example.tags is not None
    assert example.tags.tolist() == [0.0, 1.0, 0.0]


def test_prompts_lose_their_beginning_answers_nothing(folder: Path) -> None:
    long = {"prompt": asked("orchard " * 60), "chosen": said("Blue."), "rejected": said("The falcon is green.")}
    ((example,), counts) = made(folder, long, max_length=48)
    assert example.longest <= 48
    assert counts["cut_prompts"] == 1
    answer = example.ids[-example.parts[1] + 1 :].tolist()
    assert ChatTemplate.load(folder).decode(answer) == "The falcon is green."
    examples, counts = made(folder, long | {"chosen": said("falcon " * 60)}, max_length=48)
    assert (examples, counts["dropped"]) == ([], 1)
    tied = {"prompt": asked("Colour?"), "answers": [said("Blue."), said("Green.")], "ranks": [1, 1]}
    assert made(folder, tied)[1]["identical_answers"] == 1


def test_what_has_no_state_to_read_is_refused() -> None:
    refused = {method.key: [one.code for one in OBJECTIVE.refusals(method)] for method in METHODS}
    assert refused["few_shot"] == ["reward.no_training"]
    assert refused["prefix_tuning"] == refused["ladder"] == ["reward.no_state"]
    assert refused["lora"] == refused["full"] == refused["freeze"] == []
