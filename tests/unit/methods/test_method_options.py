"""What single methods promise: AdaLoRA's ranks, LoRA's relatives, bases that are held in few bits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.core.errors import SpecError
from engine.core.text import catalogue
from engine.jobs.spec import make_spec
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.training.forward.fast_lora import speed_up
from engine.training.forward.forward import Padded
from engine.training.loop.weights import load_trained, save_result, save_trained
from tests import methods
from tests.methods import Case, cases
from tests.unit.methods.conftest import Lessons

pytestmark = pytest.mark.slow

LORAS = [case for case in cases() if case.method.key == "lora"]
ADALORA = next(case for case in cases() if case.method.key == "adalora")


# ---------------------------------------------------------------- bases in few bits


def quantised_weights(model: Any) -> dict[str, torch.Tensor]:
    """The base's linear layers as they are held."""
    return {name: p.detach().clone() for name, p in model.named_parameters() if p.dtype in (torch.uint8, torch.int8)}


@pytest.mark.parametrize("kind", ["nf4", "int8"])
@pytest.mark.parametrize("case", cases(), ids=str)
def test_it_learns_on_a_base_in_few_bits_or_says_why_not(
    lessons: Lessons, case: Case, kind: str, tmp_path: Path
) -> None:
    training = case.training | {"quantisation": kind}
    if not case.method.capabilities.quantised_base:
        raw = {"name": "-", "base_model": 1, "dataset": 1, "method": case.method.key, "training": training}
        with pytest.raises(SpecError) as refused:
            make_spec(raw | {"method_params": case.values})
        assert refused.value.faults["training.quantisation"]["code"] == "spec.no_quantised_base"
        return
    base = lessons.base("llama")
    if faults := case.refused(base, training):
        assert all(catalogue("zh")[f"error.{fault['code']}"] for fault in faults.values())
        return
    model = methods.applied(base, case.method, tmp_path, training=training, steps=8, **case.values)
    before = quantised_weights(model)
    losses = methods.learn(model, case, methods.rows(6, 1, new=True), 8)
    assert len(before) == 2 * 7
    assert all(torch.equal(held, before[name]) for name, held in quantised_weights(model).items())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("kind", ["nf4", "fp4", "int8"])
def test_a_look_at_held_out_rows_leaves_the_gradient_whole(lessons: Lessons, kind: str, tmp_path: Path) -> None:
    """bitsandbytes repacks 4-bit weights for inference on some processors, and gradients then stop at every layer."""
    training = {"quantisation": kind, "double_quantisation": kind != "fp4"}
    model = methods.applied(lessons.base("llama"), method_of("lora"), tmp_path, training=training)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    before = gradient(model)
    with torch.no_grad():
        Padded(model.eval()).cross_entropy(methods.rows(2, 3, new=False))
    assert torch.equal(gradient(model), before)


def gradient(model: Any) -> torch.Tensor:
    """Of all trained numbers, on two fixed rows."""
    model.train().zero_grad()
    Padded(model).cross_entropy(methods.rows(2, 3, new=True)).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


# ---------------------------------------------------------------- AdaLoRA


def test_adalora_moves_ranks_and_keeps_only_what_it_allotted(lessons: Lessons) -> None:
    learnt = lessons.learnt(ADALORA, "llama")
    config = json.loads((learnt.folder / "adapter_config.json").read_text())
    kept = {name: sum(mask) for name, mask in config["rank_pattern"].items()}
    assert sum(kept.values()) == learnt.values["target_rank"] * len(kept) == 8 * 2 * 7
    assert len(set(kept.values())) > 1
    stored = load_file(learnt.folder / "adapter_model.safetensors")
    assert {name.removeprefix("base_model.model."): len(t) for name, t in stored.items() if "lora_E" in name} == kept


def test_adalora_shows_the_rank_of_each_module_over_time(lessons: Lessons, tmp_path: Path) -> None:
    method, examples = ADALORA.method, methods.rows(6, 1, new=True)
    model = methods.applied(lessons.base("llama"), method, tmp_path, steps=methods.STEPS)
    assert method.figures is not None
    first = method.figures(model)
    methods.learn(model, ADALORA, examples)
    last = method.figures(model)
    assert set(first.values()) == {12.0}
    assert {"rank/0.q_proj", "rank/1.down_proj"} <= first.keys() == last.keys()
    assert sum(last.values()) == 8 * len(last)
    save_result(model, method, tmp_path, RunContext(methods.STEPS, {}, tmp_path))
    assert method.figures(model) == last


def test_adaloras_penalty_is_the_one_that_peft_adds_to_a_loss(lessons: Lessons, tmp_path: Path) -> None:
    model = methods.applied(lessons.base("llama"), ADALORA.method, tmp_path, steps=16)
    ids = torch.arange(30, 50)[None]
    outputs = model(input_ids=ids, labels=ids, use_cache=False)
    plain = torch.nn.functional.cross_entropy(outputs.logits[0, :-1], ids[0, 1:])
    assert ADALORA.method.penalty is not None
    assert float(ADALORA.method.penalty(model)) == pytest.approx(float(outputs.loss - plain), rel=1e-4)


def test_adaloras_checkpoint_holds_ranks_and_averages(lessons: Lessons, tmp_path: Path) -> None:
    base, examples = lessons.base("llama"), methods.rows(6, 1, new=True)
    model, again = (methods.applied(base, ADALORA.method, tmp_path, steps=24) for _ in range(2))
    methods.learn(model, ADALORA, examples, 10)
    save_trained(model, ADALORA.method, tmp_path)
    load_trained(again, ADALORA.method, tmp_path)
    assert again.peft_config["default"].rank_pattern == model.peft_config["default"].rank_pattern is not None
    for name in ("exp_avg_ipt", "exp_avg_unc"):
        found, expected = (getattr(one.base_model.rankallocator, name) for one in (again, model))
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[key], expected[key]) for key in expected)


# ---------------------------------------------------------------- LoRA's relatives


@pytest.mark.parametrize("case", LORAS, ids=str)
def test_the_fast_way_gives_the_same_gradient(lessons: Lessons, case: Case, tmp_path: Path) -> None:
    """Whatever the options; DoRA's layers are left as they are."""
    model = methods.applied(lessons.base("llama"), case.method, tmp_path, training=case.training, **case.values)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.05)
    expected = gradient(model)
    assert speed_up(model) == (0 if case.values.get("dora") else 2 * 7)
    assert torch.allclose(gradient(model), expected, atol=1e-4, rtol=1e-3)


def test_lora_plus_gives_the_second_matrix_its_own_rate(lessons: Lessons, tmp_path: Path) -> None:
    raw = {"updates": "plus", "plus_ratio": 4.0}
    method, training = method_of("lora"), {"weight_decay": 0.1}
    model = methods.applied(lessons.base("llama"), method, tmp_path, training=training, **raw)
    assert method.optimizer is not None
    values, objective = methods.settings_of(method, training, **raw)
    optimizer = method.optimizer(model, values, objective)
    assert optimizer is not None
    rates = {id(p): (group["lr"], group["weight_decay"]) for group in optimizer.param_groups for p in group["params"]}
    found = {name.split(".")[-3]: rates[id(p)] for name, p in model.named_parameters() if p.requires_grad}
    rate = objective["learning_rate"]
    assert found == {"lora_A": (rate, 0.1), "lora_B": (4 * rate, 0.1)}


@pytest.mark.parametrize("optimizer", ["adamw_torch_fused", "adafactor", "sgd"])
def test_lora_plus_works_with_every_optimizer(lessons: Lessons, optimizer: str, tmp_path: Path) -> None:
    case = Case(method_of("lora"), {"updates": "plus"}, {"optimizer": optimizer})
    model = methods.applied(lessons.base("llama"), case.method, tmp_path, training=case.training, **case.values)
    losses = methods.learn(model, case, methods.rows(6, 1, new=True), 4)
    assert losses[-1] < losses[0]


def test_a_converted_start_is_a_plain_adapter_of_twice_the_rank(lessons: Lessons) -> None:
    for case in LORAS:
        if case.values.get("start", "zero") != "zero":
            config = json.loads((lessons.learnt(case, "llama").folder / "adapter_config.json").read_text())
            assert (config["r"], config["lora_alpha"], config["init_lora_weights"]) == (32, 32, True)
