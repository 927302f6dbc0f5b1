"""How updates are made, in the estimate and in plans: 8 bits, bf16 alone, state and gradients in RAM."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.published import LLAMA_3_8B, with_layers
from engine.core.errors import SpecError
from engine.core.hardware import Device, Precision
from engine.core.params import read_all
from engine.devices.cpu import CPU
from engine.devices.cuda import CUDA
from engine.jobs.spec import make_spec
from engine.methods import METHODS, method_of
from engine.models.architecture.shape import shape_of
from engine.objectives import usual_objective
from engine.optimizers import optimizer_of
from engine.optimizers.offload import GRADIENTS, NOTHING, STATE
from engine.optimizers.trained_format import BF16, FP32
from engine.planner.memory.estimate import memory_breakdown, step_bytes, total_mb
from engine.planner.memory.offloaded import ram_bytes
from engine.planner.memory.ram import ram_verdict
from engine.planner.memory.unfit import unfit
from engine.planner.memory.verdict import memory_verdict
from engine.planner.memory.workload import Workload
from engine.planner.search.search import fits
from engine.planner.time.disk import checkpoint_bytes
from engine.planner.time.effort import update_seconds
from engine.training.calibration.dry_run import measure
from tests.unit.test_plans import search

CARD = Device("cuda:0", "NVIDIA A100 80GB", 80_000, 80_000, bf16=True, capability=(8, 0))
SMALL = {**LLAMA_3_8B, "hidden_size": 1024, "intermediate_size": 3584, "num_hidden_layers": 2, "num_attention_heads": 8,
         "num_key_value_heads": 2, "vocab_size": 16_000}  # fmt: skip
ADAMW, EIGHT = "adamw_torch_fused", "adamw_8bit"


def work_of(method: str = "full", layers: int = 32, tokens: int = 512, optimizer: str = ADAMW, **more: Any) -> Workload:
    """A step on a card that calculates in bf16."""
    chosen = method_of(method)
    values = read_all(chosen.params, {}, "method")[0]
    shape = shape_of(with_layers(LLAMA_3_8B, layers))
    return Workload(
        shape, chosen, values, Precision("bf16", ""), CARD, tokens, True, optimizer=optimizer_of(optimizer),
        longest=tokens // 2, **more,
    )  # fmt: skip


def lines(work: Workload) -> dict[str, float]:
    return {line.key: line.bytes for line in memory_breakdown(work)}


@pytest.mark.parametrize(("method", "held", "optimizer"), [("full", BF16, ADAMW), ("freeze", FP32, EIGHT)])
def test_the_estimate_says_what_a_dry_run_of_the_update_holds(method: str, held: Any, optimizer: str) -> None:
    work = work_of(method, 4, optimizer=optimizer, held=held)
    training = read_all(usual_objective().params_for(work.method.defaults), work.update_settings, "training")[0]
    found = measure(
        with_layers(LLAMA_3_8B, 4), work.method, work.values, training, [256, 256], "bf16", True, budget=512
    )
    said = sum(step_bytes(work).values())
    assert 0.97 < said / found.total_bytes < 1.15
    assert lines(work).get("optimizer", 0.0) == pytest.approx(found.parts["optimizer"], rel=0.03, abs=2e7)


def test_bf16_alone_takes_half_and_8_bits_a_quarter() -> None:
    full, trained = work_of(), work_of().trained
    alone, eight = replace(full, held=BF16), replace(full, optimizer=optimizer_of(EIGHT))
    assert lines(alone)["weights"] == 2 * full.shape.parameters
    assert lines(alone)["gradients"] == 2 * trained
    assert lines(alone)["optimizer"] == 4 * trained
    assert lines(eight)["optimizer"] == pytest.approx(2.03 * trained, rel=0.01)
    assert lines(replace(eight, held=BF16))["optimizer"] == lines(eight)["optimizer"]
    assert checkpoint_bytes(alone) == pytest.approx(6 * trained, rel=1e-3)
    assert checkpoint_bytes(full) == pytest.approx(12 * trained, rel=1e-3)


def test_what_leaves_the_card_is_in_ram() -> None:
    here = work_of(optimizer=EIGHT, held=BF16)
    state, both = replace(here, moved=STATE), replace(here, moved=GRADIENTS)
    assert (ram_bytes(here), ram_bytes(state)) == (0.0, lines(here)["optimizer"])
    assert ram_bytes(both) == ram_bytes(state) + 2 * here.trained
    assert "optimizer" not in lines(state)
    assert lines(state)["gradients"] == lines(here)["gradients"]
    assert lines(both).get("gradients", 0.0) < 0.1 * lines(here)["gradients"]
    assert total_mb(both) < total_mb(state) < total_mb(here)
    assert update_seconds(here) < update_seconds(state) < update_seconds(both)
    assert total_mb(replace(both, groups=3)) < 1.1 * total_mb(both)  # gradients of earlier groups wait in RAM, too


def test_an_8b_model_is_fully_trained_on_24_gb() -> None:
    """Published: 20.3 GB (torchtune, bf16, optimizer in the backward pass)."""
    assert total_mb(work_of(tokens=1024)) > 120_000
    assert total_mb(work_of(tokens=1024, optimizer=EIGHT, held=BF16, moved=GRADIENTS)) < 23_000


def test_a_plan_that_does_not_fit_names_the_update_that_does() -> None:
    verdict = memory_verdict(work_of(tokens=256), 24_000)
    assert verdict.code == "verdict.updates"
    assert verdict.change["training.trained_format"] == "bf16"
    assert verdict.change["training.offload"] == "gradients"
    assert ram_verdict(work_of(moved=STATE), 10_000).code == "verdict.ram"  # type: ignore[union-attr]
    on_device = ram_verdict(work_of(moved=STATE), 10_000, lambda change: "training.offload" not in change)
    assert on_device is not None  # where nothing else has room, nothing is proposed that has none
    assert on_device.change == {"training.optimizer": "adamw_8bit"}
    assert ram_verdict(work_of(moved=STATE), None) is ram_verdict(work_of(), 1) is None


def test_plans_train_all_of_8b_on_24_gb_where_ram_has_room() -> None:
    asked = search("8B", "rtx-4090", memory_mb=24_000)
    whole = [plan for plan in asked.found if plan.method.key == "full"]
    assert {plan.work.moved for plan in whole} == {GRADIENTS}
    assert {plan.work.held for plan in whole} == {BF16}
    assert whole[0].changes({})["training.offload"] == "gradients"
    assert not any(fits(replace(plan, case=replace(plan.case, ram_mb=16_000))) for plan in whole)
    assert all(
        plan.work.moved is NOTHING and plan.work.held is FP32 for plan in asked.found if plan.method.key != "full"
    )


def refused(method: str, **training: Any) -> set[str]:
    raw = {"name": "-", "base_model": 1, "dataset": 1, "method": method, "training": training}
    try:
        make_spec(raw)
    except SpecError as error:
        return {f"{place} {fault['code']}" for place, fault in error.faults.items()}
    return set()


def test_what_does_not_go_together_is_refused_with_its_reason() -> None:
    assert refused("lora", trained_format="bf16") == {"training.trained_format spec.few_trained_format"}
    assert refused("bitfit", offload="state") == {"training.offload spec.few_trained_offload"}
    assert refused("full", offload="state", optimizer="paged_adamw_8bit") == {"training.offload spec.offload_paged"}
    assert not refused("full", offload="gradients", trained_format="bf16", optimizer=EIGHT)
    assert {method.key for method in METHODS if method.trains_matrices} == {"full", "freeze"}


@pytest.mark.parametrize(
    ("changed", "place"),
    [({"optimizer": "paged_adamw_8bit"}, "optimizer"), ({"trained_format": "bf16"}, "trained_format"), ({"offload": "state"}, "offload")],
)  # fmt: skip
def test_a_processor_says_why_it_does_not_do_what_a_card_does(changed: dict[str, str], place: str) -> None:
    training = {"optimizer": ADAMW, "quantisation": "none", **changed}
    assert unfit(CPU, training)[f"training.{place}"]["code"] == "spec.not_on_device"
    assert not unfit(CUDA, training, Precision("bf16", ""))
    old = unfit(CUDA, {**training, "trained_format": "bf16", "offload": "gradients"}, Precision("fp16", ""))
    assert {fault["code"] for fault in old.values()} == {"spec.needs_bf16"}
