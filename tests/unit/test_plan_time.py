"""Time and disk of a plan: the model of a device, what this machine measured, and what lies on the disk."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.base_formats import base_format
from engine.core.hardware import Device, cpu
from engine.core.params import read_all
from engine.data.templates.lengths import Counts, LengthTable
from engine.devices import precision_for
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.optimizers.sgd import SGD
from engine.planner.budget import catalogue
from engine.planner.memory.workload import Workload
from engine.planner.time import corrections, disk, effort, speed
from engine.planner.time.corrections import ThroughputRecord, correct
from engine.planner.time.rates import rates_of
from engine.planner.time.speed import Pace

STARTER: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "head_dim": 64,
    "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True,
}  # fmt: skip
EXPERTS: dict[str, Any] = {
    "model_type": "mixtral", "hidden_size": 1024, "intermediate_size": 3584, "num_hidden_layers": 8,
    "num_attention_heads": 16, "num_key_value_heads": 4, "vocab_size": 32000, "num_local_experts": 8,
    "num_experts_per_tok": 2,
}  # fmt: skip
CPU = Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=2)
GPU = Device("cuda:0", "NVIDIA H100 80GB HBM3", 80_000, 79_000, bf16=True, capability=(9, 0))
SETTINGS = {"method": "lora", "batch_size": 8, "max_length": 512, "optimizer": "adamw_torch_fused", "method.rank": 8}


def _work(key: str = "lora", device: Device = CPU, config: dict[str, Any] = STARTER, **raw: Any) -> Workload:
    method = method_of(key)
    values, faults = read_all(method.params, raw, "method")
    assert not faults
    held = base_format(method.defaults)
    return Workload(shape_of(config), method, values, precision_for(device), device, 1024, base_format=held)


def _counts(length: int = 200, rows: int = 100, learnt: float = 0.75) -> Counts:
    lengths = [length + place % 7 for place in range(rows)]
    return Counts(rows, sum(lengths), round(learnt * sum(lengths)), lengths, truncated=0, dropped=0, unlearnable=0)


def _seconds(work: Workload, train: Counts | None = None, **pace: Any) -> float:
    paced = Pace(**{"epochs": 1.0, "batch_size": 8, "evaluations": 1} | pace)
    return speed.duration_of(work, train or _counts(), _counts(rows=10), paced).seconds


# ------------------------------------------------------------------ the model


@pytest.mark.parametrize("device", [CPU, GPU], ids=["cpu", "gpu"])
def test_more_to_do_takes_longer(device: Device) -> None:
    work = _work(device=device)
    plain = _seconds(work)
    assert plain < _seconds(work, epochs=2.0) < _seconds(work, epochs=3.0)
    assert plain < _seconds(work, _counts(length=400)) < _seconds(work, _counts(length=800))
    assert plain < _seconds(work, evaluations=4)
    assert plain < _seconds(work, scored=10)
    assert plain < _seconds(replace(work, recompute=True))


def test_a_gpu_is_faster_and_a_faster_one_more_so() -> None:
    kinds = [CPU, *(catalogue.device_of(key) for key in ("t4", "rtx-4090", "h100"))]
    config = STARTER | {
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
    }
    found = [_seconds(_work(device=kind, config=config), epochs=20.0) for kind in kinds]
    assert found == sorted(found, reverse=True)
    assert found[0] > 10 * found[1]


def test_devices_that_nobody_listed_are_guessed_by_kind() -> None:
    unknown = replace(GPU, name="NVIDIA Something New")
    assert 0.1 < rates_of(unknown).flops / rates_of(GPU).flops < 1.5
    wide, narrow = (rates_of(replace(CPU, vector_bits=bits)).flops for bits in (512, 128))
    assert wide > rates_of(CPU).flops > narrow
    assert rates_of(replace(CPU, cores=8)).flops == pytest.approx(4 * rates_of(CPU).flops)
    assert rates_of(cpu()).flops > 1e9


def test_only_the_experts_that_work_cost_time() -> None:
    dense = {key: value for key, value in EXPERTS.items() if "expert" not in key} | {"model_type": "mistral"}
    one, eight = (effort.train_flops(_work("full", config=config), [200], 1.0) for config in (dense, EXPERTS))
    assert one < eight < 2.5 * one


def test_training_every_weight_costs_six_operations_a_weight_and_a_frozen_base_four() -> None:
    weights = 106_168_320 + 576 * 49_152
    assert effort.train_flops(_work("full"), [200] * 5, 1.0) / 1000 == pytest.approx(6 * weights, rel=0.04)
    assert effort.train_flops(_work("ln_tuning"), [200] * 5, 1.0) / 1000 == pytest.approx(4 * weights, rel=0.04)
    assert effort.forward_flops(_work(), [200] * 5, 1.0) / 1000 == pytest.approx(2 * weights, rel=0.04)


def test_groups_are_those_of_the_trainer() -> None:
    packed = effort.groups_of(_work(), [900, 200, 124, 100, 50])
    assert packed == [[900, 124], [200, 100, 50]]
    vectors = _work("prompt_tuning", virtual_tokens=24)
    assert effort.width_of(vectors, [100, 100]) == 2 * 124
    assert all(len(group) * (max(group) + 24) <= 1024 for group in effort.groups_of(vectors, [300, 200, 200, 200]))


def test_nothing_to_learn_from_takes_no_time() -> None:
    none = Counts(0, 0, 0, [], 0, 0, 0)
    assert speed.duration_of(_work(), none, none, Pace(1.0, 8)).seconds == 0.0


def test_a_large_table_is_counted_quickly() -> None:
    rows = [(50 + place % 900, [[30, 50 + place % 900]]) for place in range(4000)]
    table = LengthTable(rows, rows[:400], 25.0)
    work, pace = _work(), Pace(3.0, 64, 4)
    counts = table.train_index.count(512, "truncate"), table.val_index.count(512, "truncate")
    began = time.perf_counter()
    speed.duration_of(work, *counts, pace)
    assert time.perf_counter() - began < 0.1


# ------------------------------------------------------------------ what was measured


def _measured(
    training: float, at: float = 1.0, source: corrections.Source = "probe", **settings: Any
) -> ThroughputRecord:
    return ThroughputRecord(source, at, {"training": training, "start": 1.0}, SETTINGS | settings)


def test_a_measurement_corrects_the_model_and_narrows_the_range() -> None:
    work, counts, pace = _work(), _counts(), Pace(3.0, 8, 1)
    model = speed.duration_of(work, counts, counts, pace)
    found = speed.duration_of(work, counts, counts, pace, correct([_measured(0.5, 7.0)], SETTINGS))
    assert (model.source, found.source, found.measured_at) == ("model", "probe", 7.0)
    assert found.parts["training"] == pytest.approx(2 * model.parts["training"])
    assert found.tokens_per_s == pytest.approx(model.tokens_per_s / 2)
    assert found.low < found.seconds < found.high
    assert found.high / found.low < model.high / model.low


def test_another_rank_still_profits_but_is_less_sure() -> None:
    same, other = (correct([_measured(0.5)], SETTINGS | {"method.rank": rank}) for rank in (8, 16))
    assert other.speeds["training"] == same.speeds["training"] == pytest.approx(0.5)
    assert other.spread("training") > same.spread("training")


def test_the_newest_counts_most_and_like_settings_more_than_unlike_ones() -> None:
    newer, older = _measured(0.5, 2.0), _measured(2.0, 1.0)
    assert correct([older, newer], SETTINGS).speeds["training"] == pytest.approx(
        correct([newer, older], SETTINGS).speeds["training"]
    )
    assert correct([newer, older], SETTINGS).speeds["training"] < 1.0
    far = {"batch_size": 1, "max_length": 64, "optimizer": "sgd"}
    unlike = ThroughputRecord("past", 2.0, {"training": 0.5}, SETTINGS | far)
    found = correct([unlike, older], SETTINGS)
    assert found.speeds["training"] > 1.0
    assert (found.source, found.measured_at) == ("probe", 1.0)


def test_what_another_method_measured_tells_of_the_machine_but_not_of_the_method() -> None:
    slow = _measured(0.25, 2.0)
    found = correct([slow], SETTINGS | {"method": "full"})
    assert (found.source, found.measured_at) == ("model", None)
    assert found.speeds["training"] == pytest.approx(0.25)
    assert found.spread("training") > correct([slow], SETTINGS).spread("training")
    own = ThroughputRecord("past", 1.0, {"training": 1.0}, SETTINGS | {"method": "full"})
    both = correct([slow, own], SETTINGS | {"method": "full"})
    assert (both.source, both.measured_at) == ("past", 1.0)
    assert both.speeds["training"] > 0.9


def test_a_measurement_belongs_to_its_machine() -> None:
    here = corrections.machine_of(CPU)
    assert here == corrections.machine_of(replace(CPU, free_mb=1, memory_mb=16_040))
    others = (replace(CPU, cores=4), replace(CPU, name="Another"), replace(CPU, memory_mb=32_000))
    assert here not in {corrections.machine_of(other) for other in others}


# ------------------------------------------------------------------ disk


def test_the_disk_holds_one_checkpoint_more_while_the_newest_is_written() -> None:
    work = _work("full")
    lines = {space.key: space.bytes for space in disk.spaces(work, _counts(), _counts(), keep=2)}
    assert lines["checkpoints"] == 2 * lines["writing"]
    assert lines["writing"] == pytest.approx(12 * work.trained, rel=0.01)
    assert lines["result"] == pytest.approx(4 * work.shape.parameters, rel=0.02)
    without = {space.key: space.bytes for space in disk.spaces(replace(work, optimizer=SGD), _counts(), _counts(), 2)}
    assert without["writing"] < 0.4 * lines["writing"]
    assert sum(space.bytes for space in disk.spaces(_work(), _counts(), _counts(), 2)) < 0.2 * sum(lines.values())


# ------------------------------------------------------------------ migration


def test_a_database_of_the_last_version_gets_the_table(tmp_path: Path) -> None:
    file = tmp_path / "tunesmith.db"
    upgrade = (
        "import sys; from pathlib import Path; from alembic import command; from storage.migrate import _config, migrate;"
        "path = Path(sys.argv[1]); command.upgrade(_config(path), '0002'); migrate(path)"
    )
    subprocess.run([sys.executable, "-c", upgrade, str(file)], check=True, cwd=Path(__file__).parents[2])
    with sqlite3.connect(file) as database:
        columns = {row[1] for row in database.execute("PRAGMA table_info(speed_corrections)")}
        version = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    assert {"machine", "device", "base_model_id", "method", "speeds", "settings"} <= columns
    assert version >= "0003"
    assert (tmp_path / "tunesmith.before-0002.db").is_file()
