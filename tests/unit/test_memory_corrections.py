"""What a machine measured of memory corrects its plans: bounded, for the like of it only, and never to less than was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.hardware import Device
from engine.core.params import read_all
from engine.data.templates.lengths import LengthTable
from engine.devices import precision_for
from engine.jobs.spec import JobSpec, make_spec
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.planner.memory.corrections import MEMORY_VERSION, MemoryRecord, correct_memory
from engine.planner.memory.estimate import memory_breakdown, predicted_mb, record_of, step_bytes, total_mb
from engine.planner.memory.workload import Workload
from engine.planner.plan_estimate import PlanCase, memory_view, workload
from engine.planner.time.corrections import MODEL_VERSION, machine_of
from engine.services.planning.estimates import throughput_of
from engine.services.planning.measured import MEMORY, memory_of
from storage.queries.corrections import add_correction
from storage.tables import Dataset, LanguageModel
from tests import tiny

CONFIG = {
    "model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "num_attention_heads": 9,
    "num_key_value_heads": 3, "vocab_size": 49152, "tie_word_embeddings": True,
}  # fmt: skip
PROCESSOR = Device("cpu", "A processor", 16_000, 12_000, bf16=False, cores=4)


def work(method: str = "lora", tokens: int = 512, **changes: Any) -> Workload:
    chosen = method_of(method)
    values, faults = read_all(chosen.params, {}, "method")
    assert not faults
    made = Workload(shape_of(CONFIG), chosen, values, precision_for(PROCESSOR), PROCESSOR, tokens, longest=256)
    return replace(made, **changes)


def measured(of: Workload, share: float, at: float = 1.0) -> MemoryRecord:
    return replace(record_of(of, of.tokens, share * predicted_mb(of), "past"), measured_at=at)


def lines(of: Workload) -> dict[str, float]:
    return {item.key: item.bytes / 1e6 for item in memory_breakdown(of)}


def test_more_that_was_measured_is_a_line_of_the_bill_and_half_of_the_margin_is_enough() -> None:
    plain = work()
    corrected = replace(plain, measured=(measured(plain, 1.3),))
    before, after = lines(plain), lines(corrected)
    assert predicted_mb(corrected) == pytest.approx(1.3 * predicted_mb(plain))
    assert after["measured"] == pytest.approx(0.3 * predicted_mb(plain))
    assert {key: after[key] for key in before if key != "margin"} == {
        key: before[key] for key in before if key != "margin"
    }
    share = after["margin"] / (predicted_mb(corrected) - after["runtime"])
    assert share == pytest.approx(plain.kind.margin / 2)
    assert step_bytes(corrected) == step_bytes(plain)  # what a dry run is held against stays the formula


def test_less_that_was_measured_shrinks_what_comes_and_goes_but_never_below_what_was_measured() -> None:
    plain = work(tokens=1024)
    corrected = replace(plain, measured=(measured(plain, 0.95),))
    assert predicted_mb(corrected) == pytest.approx(0.95 * predicted_mb(plain), rel=1e-3)
    assert lines(corrected)["weights"] == lines(plain)["weights"]
    assert "measured" not in lines(corrected)
    much_less = replace(plain, measured=(measured(plain, 0.5),))
    moved = sum(lines(plain)[key] for key in ("activations", "logits", "temporary"))
    assert predicted_mb(much_less) == pytest.approx(predicted_mb(plain) - 0.2 * moved)
    both = (measured(plain, 0.95, at=2.0), measured(plain, 1.02, at=1.0))
    assert predicted_mb(replace(plain, measured=both)) >= 1.02 * predicted_mb(plain) - 1


def test_the_newest_and_the_likest_count_most_and_other_methods_or_models_not_at_all() -> None:
    plain = work()
    once = predicted_mb(plain)
    newer = replace(plain, measured=(measured(plain, 1.0, at=2.0), measured(work(tokens=256), 1.3, at=1.0)))
    older = replace(plain, measured=(measured(plain, 1.0, at=1.0), measured(work(tokens=256), 1.3, at=2.0)))
    assert once <= predicted_mb(newer) < predicted_mb(older)
    near = replace(plain, measured=(measured(work(tokens=448), 1.3),))
    far = replace(plain, measured=(measured(work(tokens=64, recompute=True), 1.3),))
    assert once < predicted_mb(far) < predicted_mb(near)
    assert total_mb(far) - predicted_mb(far) == pytest.approx(
        0.03 * (predicted_mb(far) - lines(far)["runtime"]), rel=0.05
    )
    other_model = work(shape=shape_of({**CONFIG, "num_hidden_layers": 29}))
    for other in (work("full"), other_model):
        assert predicted_mb(replace(other, measured=(measured(plain, 1.3),))) == predicted_mb(other)


def test_a_measurement_moves_the_bill_within_bounds_and_what_cannot_be_is_not_kept() -> None:
    plain = work()
    assert not measured(plain, 2.4).plausible
    assert not measured(plain, 0.3).plausible
    assert measured(plain, 1.9).plausible
    far = MemoryRecord("past", 1.0, 9_000.0, 1_000.0, 1_000.0, work(tokens=448, recompute=True).memory_settings)
    found = correct_memory([far], plain.memory_settings, 1_000.0, 1_000.0)
    assert found.more_mb <= 2_000.0


def test_it_is_kept_in_the_database_for_this_machine_alone(ctx: Context) -> None:
    model = tiny.add_config(ctx, CONFIG)
    plain = work()
    record = measured(plain, 1.3)
    row: dict[str, Any] = {
        "machine": "another", "device": "cpu", "base_model_id": model, "method": "lora", "source": "past", "job_id": None,
        "model_version": MODEL_VERSION, "speeds": {"training": 1.0, MEMORY: record.as_dict()}, "settings": {}, "tokens_per_s": 1.0,
    }  # fmt: skip
    mine = {**row, "machine": machine_of(PROCESSOR)}
    earlier = {**mine, "speeds": {"training": 1.0}}  # as earlier versions kept it
    of_other_formulas = {**mine, "speeds": {MEMORY: {**record.as_dict(), "version": MEMORY_VERSION + 1}}}
    with ctx.db.write() as s:
        for one in (row, earlier, of_other_formulas):
            add_correction(s, one)
    with ctx.db.read() as s:
        assert memory_of(s, PROCESSOR, model) == ()
    with ctx.db.write() as s:
        add_correction(s, mine)
    with ctx.db.read() as s:
        found = memory_of(s, PROCESSOR, model)
        assert throughput_of(s, PROCESSOR, model)["lora"][0].speeds["training"] == 1.0
    corrected = total_mb(replace(plain, measured=found))
    assert corrected > 1.25 * predicted_mb(plain)
    case = PlanCase(
        spec(), LanguageModel(config=CONFIG), Dataset(val_rows=0), PROCESSOR, LengthTable([(256, [[1, 256]])] * 20, [])
    )
    known = replace(case, memory=found)
    assert memory_view(workload(known, known.counts()[0]))[-2]["key"] == "measured"
    assert "measured" not in {line["key"] for line in memory_view(workload(case, case.counts()[0]))}


def spec() -> JobSpec:
    return make_spec({"name": "x", "base_model": 1, "dataset": 1, "method": "lora", "budget": {"device": "cpu"}})
