"""What is really free on a device: what the driver keeps, a display, the user's own reserve, other programs, and our own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import psutil
import pynvml
import pytest

from engine.commands.console import Console
from engine.commands.reserve import leave_to_others, tell_room
from engine.core import hardware
from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import Device, Holder, cpu
from engine.core.text import catalogue as texts
from engine.data.templates.lengths import LengthTable
from engine.jobs.spec import make_spec
from engine.planner.budget.catalogue import device_of
from engine.planner.memory.occupied import Own
from engine.planner.memory.outliers import LEAST_SAVED
from engine.planner.memory.reserve import most_reserve, reserve_of
from engine.planner.memory.verdict import limit_of
from engine.planner.plan_estimate import PlanCase, estimate
from engine.services.planning.own_memory import own_memory
from engine.services.planning.reserve import reserve_view, reserved, reserves, set_reserve
from engine.shapes.plans import PlanView
from storage.tables import Dataset, LanguageModel
from tests.unit.test_plans import MODELS
from webui.i18n import error_text, t

GB = 1_000_000_000
CARD = Device("cuda:0", "NVIDIA GeForce RTX 4060", 8_585, 8_000, bf16=True, capability=(8, 9))
BROWSER, WORKER = Holder(11, "firefox", 1_800), Holder(12, "python3", 1_500)


def case(device: Device, lengths: list[int], model: str = "135M", **raw: Any) -> PlanCase:
    """A plan for rows of these lengths, all of them learnt but the first token."""
    spec = make_spec({"name": "x", "base_model": 1, "dataset": 1, "method": "lora", **raw})
    rows = [(length, [[1, length]]) for length in lengths]
    model_row = LanguageModel(config=MODELS[model], parameters=None, context_length=32_768)
    return PlanCase(spec, model_row, Dataset(val_rows=0), device, LengthTable(rows, []), disk_free_mb=10**6)


# ------------------------------------------------------------------ what a job may use


def test_a_display_the_driver_and_the_users_own_reserve_are_left_out_of_what_a_job_may_use() -> None:
    assert limit_of(CARD, None) == 8_585
    shown = replace(CARD, display=True)
    assert limit_of(shown, None) == 8_585 - 500
    assert limit_of(replace(shown, memory_mb=24_000), None) == 24_000 - 1_000
    assert limit_of(replace(shown, driver_mb=300), None) == 8_585 - 500 - 300
    assert limit_of(replace(shown, reserve_mb=2_000), None) == 6_585
    assert limit_of(replace(shown, reserve_mb=0), None) == 8_585
    assert limit_of(shown, 4_000) == 4_000
    for key in ("rtx-4060", "rtx-4070-laptop"):  # cards that stand where somebody works
        assert device_of(key).memory_mb - limit_of(device_of(key), None) == reserve_of(device_of(key)) >= 500
    for key in ("h100", "t4", "rtx-a6000"):
        assert limit_of(device_of(key), None) == device_of(key).memory_mb


def test_the_driver_tells_what_it_keeps_whether_a_display_hangs_there_and_who_holds_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def memory(_handle: int, version: int | None = None) -> SimpleNamespace:
        assert version == pynvml.nvmlMemory_v2
        return SimpleNamespace(total=8 * GB, free=5 * GB, reserved=GB // 2)

    mine, gone = os.getpid(), 2**22 + 1
    answers: dict[str, Any] = {
        "nvmlInit": None, "nvmlShutdown": None, "nvmlDeviceGetCount": 1, "nvmlDeviceGetHandleByIndex": 0,
        "nvmlDeviceGetUUID": "GPU-0", "nvmlDeviceGetCudaComputeCapability": (8, 9), "nvmlDeviceGetName": "NVIDIA Card",
        "nvmlSystemGetDriverVersion": "575", "nvmlDeviceGetDisplayActive": 0, "nvmlDeviceGetDisplayMode": 1,
        "nvmlDeviceGetComputeRunningProcesses": [SimpleNamespace(pid=mine, usedGpuMemory=GB), SimpleNamespace(pid=gone, usedGpuMemory=2 * GB)],
        "nvmlDeviceGetGraphicsRunningProcesses": [SimpleNamespace(pid=mine, usedGpuMemory=None)],
    }  # fmt: skip
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, lambda *_args, answer=answer: answer)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", memory)
    (found,) = hardware.gpus({})
    assert (found.memory_mb, found.free_mb, found.driver_mb, found.display) == (8_000, 5_000, 500, True)
    assert [(one.pid, one.mb) for one in found.holders] == [(gone, 2_000), (mine, 1_000)]
    assert [bool(one.name) for one in found.holders] == [False, True]


# ------------------------------------------------------------------ the user's own setting


def test_a_reserve_is_kept_for_this_machines_device_and_plans_keep_to_it(ctx: Context) -> None:
    here = cpu()
    before = limit_of(here, None)
    told = set_reserve(ctx, "cpu", 2_500)
    assert (told["reserve_mb"], told["own"], told["limit_mb"]) == (2_500, True, here.memory_mb - 2_500)
    with ctx.db.read() as s:
        assert limit_of(reserved(s, here), None) == here.memory_mb - 2_500
        assert limit_of(reserved(s, replace(here, name="Another processor")), None) == before
    assert reserves(ctx)[-1]["reserve_mb"] == 2_500
    with pytest.raises(Fault, match=r"reserve\.beyond"):
        set_reserve(ctx, "cpu", most_reserve(here) + 1)
    with pytest.raises(Fault, match=r"device\.missing"):
        set_reserve(ctx, "cuda:9", 100)
    assert set_reserve(ctx, "cpu", None)["own"] is False
    assert reserve_view(ctx, "cpu")["limit_mb"] == before


def test_the_same_setting_by_command_also_for_hardware_that_is_not_here(
    ctx: Context,
) -> None:
    assert leave_to_others(ctx, "rtx-4060", "2GB")["reserve_mb"] == 2_000
    assert leave_to_others(ctx, "rtx-4060", None)["reserve_mb"] == 2_000
    assert leave_to_others(ctx, "rtx-4060", "usual")["reserve_mb"] == 500
    with pytest.raises(Fault, match=r"cli\.bad_size"):
        leave_to_others(ctx, "rtx-4060", "a lot")
    said = io.StringIO()
    tell_room(Console("en", t, error_text, out=said), leave_to_others(ctx, "rtx-4060", None))
    assert "8.08 GB" in said.getvalue()
    tell_room(Console("en", t, error_text, out=said), leave_to_others(ctx, "rtx-4060", None), 2_000)
    assert "may use 2.00 GB" in said.getvalue()


# ------------------------------------------------------------------ what is free now


def verdict(device: Device, own: Own | None = None) -> tuple[str, dict[str, Any], bool]:
    asked = case(device, [400] * 200, "8B", method="qlora")
    found = estimate(asked if own is None else replace(asked, own=lambda: own))["verdict"]
    return found["code"].removeprefix("verdict."), found["params"], found["ok"]


def test_a_plan_says_what_has_to_be_closed_and_what_gives_its_memory_back() -> None:
    card = replace(CARD, memory_mb=16_000, free_mb=15_500)
    code, params, ok = verdict(card)
    need = params["need_mb"]
    assert (code, ok) == ("fits", True)
    assert need < 15_000
    short = replace(card, free_mb=need - 100)
    code, params, ok = verdict(short)
    assert (code, ok, params["used_mb"]) == ("fits_closed", True, 16_000 - (need - 100))
    named = replace(short, holders=(BROWSER, WORKER))
    code, params, ok = verdict(named)
    assert (code, ok, params["programs"]) == ("fits_closed_named", True, "firefox, python3")
    ours = Own(WORKER.mb, {WORKER.pid})
    assert verdict(named, ours)[0] == "fits_later"
    shorter = replace(named, free_mb=need - 1_600)
    code, params, _ok = verdict(shorter, ours)
    assert (code, params["programs"]) == ("fits_closed_named", "firefox")
    assert params["used_mb"] == 16_000 - (need - 1_600) - WORKER.mb
    assert all(f"plan.verdict.{one}" in texts("zh") for one in ("fits_later", "fits_closed", "fits_closed_named"))


def test_what_our_own_processes_hold_is_counted_as_ours(ctx: Context) -> None:
    code = "import sys; kept = bytearray(b'x' * 80_000_000); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with ctx.db.read() as s:
            held = own_memory(s, cpu())
            on_card = own_memory(s, replace(CARD, holders=(Holder(child.pid, "python3", 700), BROWSER)))
        child.kill()
    assert child.pid in held.pids
    ours = [psutil.Process(), *psutil.Process().children(recursive=True)]  # a run of all tests has browsers beside it
    assert 80 <= held.mb < 1.2 * (80 + sum(one.memory_info().rss for one in ours if one.is_running()) / 1e6)
    assert on_card.mb == 700


# ------------------------------------------------------------------ a few long examples


def test_one_long_example_no_longer_decides_the_plan_where_leaving_it_out_saves_clearly() -> None:
    lengths = [400] * 999 + [8_192]
    found = estimate(case(device_of("h100"), lengths, "8B", training={"max_length": 8_192}))
    (advice,) = [one for one in found["warnings"] if one["code"] == "warning.outliers"]
    assert found["verdict"]["ok"]
    params = advice["params"]
    assert (params["n"], params["rows"], params["longest"], params["max_length"]) == (1, 1000, 8_192, 400)
    assert params["less_mb"] >= LEAST_SAVED * found["memory"]["total_mb"]
    then = estimate(case(device_of("h100"), lengths, "8B", training=taken(advice["change"])))
    assert then["memory"]["total_mb"] == pytest.approx(params["then_mb"], abs=2)
    assert (then["dropped"], then["rows"]) == (1, 999)
    assert not outliers(then)


def test_where_a_plan_does_not_fit_the_few_examples_that_decide_it_are_offered_first() -> None:
    card, lengths = device_of("rtx-4060"), [300] * 990 + [900] * 8 + [6_000, 8_000]
    found = estimate(case(card, lengths, "8B", method="qlora", training={"max_length": 8_192}))
    assert found["memory"]["total_mb"] > found["memory"]["limit_mb"]
    proposed = found["verdict"]
    assert (proposed["code"], proposed["ok"]) == ("verdict.leave_out", False)
    assert proposed["params"]["n"] <= 10
    then = estimate(case(card, lengths, "8B", method="qlora", training=taken(proposed["change"])))
    assert then["verdict"]["ok"]
    assert then["memory"]["total_mb"] == pytest.approx(proposed["params"]["then_mb"], abs=2)


@pytest.mark.parametrize(
    ("lengths", "training"),
    [
        ([400] * 999 + [500], {"max_length": 8_192}),  # not clearly longer
        ([400] * 900 + [8_192] * 100, {"max_length": 8_192}),  # not few
        ([400] * 10 + [8_192], {"max_length": 8_192}),  # one of eleven is not few
        ([400] * 999 + [8_192], {"max_length": 512}),  # cut already
        ([400] * 999 + [8_192], {"max_length": 4_096, "over_length": "split"}),
    ],
)
def test_nothing_is_said_where_it_would_not_help(lengths: list[int], training: dict[str, Any]) -> None:
    assert not outliers(estimate(case(device_of("h100"), lengths, "8B", training=training)))


def outliers(plan: PlanView) -> list[Any]:
    return [one for one in plan["warnings"] if one["code"] == "warning.outliers"]


def taken(change: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix("training."): value for key, value in change.items()}
