"""Where a chat's models are loaded, what is evicted for them, and when they are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.base_formats.nf4 import NF4
from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.methods.common.shape import ModelShape
from engine.serving.process.admission import Running, Tuned, Wanted, place
from engine.serving.process.client import Held

CPU = Device("cpu", "processor", 16_000, 8_000, bf16=False, cores=2)
GPU = Device("cuda:0", "card", 24_000, 20_000, bf16=True, capability=(8, 0))
SEVEN_B = ModelShape(4096, 11008, 32, 32, 32, 128, 32000, tied=False, parameters=6_738_000_000)
SMALL = ModelShape(576, 1536, 30, 9, 3, 64, 49152, tied=True, parameters=134_515_008)
NOTHING = Running(None, alive=False, memory_mb=0, sizes={})


def wanted(shape: ModelShape = SMALL, *tuned: Tuned, quantised: bool = False, tokens: int = 512) -> Wanted:
    return Wanted("1:hash", shape, tuned, NF4.answering if quantised else None, tokens)


def test_small_model_on_a_processor_is_reckoned_in_fp32() -> None:
    placed = place(wanted(SMALL, Tuned("tuned-1", "adapter", 20 << 20)), NOTHING, [CPU])
    assert (placed.device, placed.dtype, placed.free_mb) == ("cpu", "fp32", 7_700)
    weights_mb = 4 * 134_515_008 / 2**20
    assert weights_mb + 450 + 20 < placed.needed_mb < weights_mb + 450 + 20 + 120


def test_a_gpu_comes_first_and_in_its_own_precision() -> None:
    placed = place(wanted(SEVEN_B), NOTHING, [GPU, CPU])
    assert (placed.device, placed.dtype) == ("cuda:0", "bf16")
    assert 13_000 < placed.needed_mb < 15_500


def test_the_processor_is_used_when_the_gpu_is_full_or_cannot_be_used() -> None:
    full = replace(GPU, free_mb=400)
    assert place(wanted(), NOTHING, [full, CPU]).device == "cpu"
    assert place(wanted(), NOTHING, [replace(GPU, usable=False), CPU]).device == "cpu"


def test_four_bits_only_when_memory_is_short_and_the_tuned_model_was_trained_so() -> None:
    card = replace(GPU, memory_mb=8_000, free_mb=7_500)
    with pytest.raises(Fault, match=r"chat\.no_memory_alone"):
        place(wanted(SEVEN_B), NOTHING, [card])
    placed = place(wanted(SEVEN_B, quantised=True), NOTHING, [card])
    assert placed.dtype == "nf4"
    assert 3_500 < placed.needed_mb < 7_200


def test_refusal_names_numbers_and_the_running_job() -> None:
    with pytest.raises(Fault) as refused:
        place(wanted(), NOTHING, [replace(CPU, free_mb=700)], ["House style"])
    assert refused.value.code == "chat.no_memory"
    assert refused.value.params["job"] == "House style"
    assert refused.value.params["free_mb"] == 400
    assert refused.value.params["needed_mb"] > 900


def test_a_whole_tuned_model_counts_as_a_second_one() -> None:
    adapter = place(wanted(SMALL, Tuned("tuned-1", "adapter", 1 << 20)), NOTHING, [CPU])
    whole = place(wanted(SMALL, Tuned("tuned-1", "full", 538_000_000)), NOTHING, [CPU])
    assert 530 < whole.needed_mb - adapter.needed_mb < 540


def test_what_is_loaded_costs_nothing_again_and_other_models_make_room() -> None:
    held = Held("1:hash", "cpu", "fp32", ("base", "tuned-1", "tuned-2"))
    running = Running(held, alive=True, memory_mb=2_000, sizes={"tuned-1": 600 << 20, "tuned-2": 600 << 20})
    again = place(wanted(SMALL, Tuned("tuned-1", "full", 600 << 20)), running, [replace(CPU, free_mb=600)])
    assert again.needed_mb < 120
    assert again.evict == ()
    third = wanted(SMALL, Tuned("tuned-3", "full", 538_000_000))
    placed = place(third, running, [replace(CPU, free_mb=500)])
    assert set(placed.evict) == {"tuned-1", "tuned-2"}


def test_another_base_may_use_what_the_last_one_gives_back() -> None:
    held = Held("2:other", "cpu", "fp32", ("base",))
    running = Running(held, alive=True, memory_mb=1_200, sizes={})
    tight = replace(CPU, free_mb=300)
    assert place(wanted(), running, [tight]).free_mb == 750
    with pytest.raises(Fault):
        place(wanted(), NOTHING, [tight])


def test_eight_sides_are_each_counted() -> None:
    """Whole models, and bases of another size, beside running jobs: what does not fit is said with numbers."""
    whole = [Tuned(f"tuned-{number}", "full", 538_000_000) for number in range(7)]
    placed = place(wanted(SMALL, *whole), NOTHING, [CPU])
    assert placed.needed_mb >= 8 * 538 + 450
    other = [Tuned(f"base-{number}", "full", 1, shape=SEVEN_B) for number in range(7)]
    with pytest.raises(Fault) as refused:
        place(wanted(SMALL, *other), NOTHING, [CPU], ["House style"])
    assert refused.value.params["needed_mb"] > 7 * 4 * 6_738
    held = Held("1:hash", "cpu", "fp32", ("base", *(one.key for one in whole)))
    running = Running(held, alive=True, memory_mb=5_000, sizes={one.key: one.bytes for one in whole})
    assert place(wanted(SMALL, *whole), running, [replace(CPU, free_mb=500)]).evict == ()


def test_few_unused_tuned_models_stay_in_memory() -> None:
    keys = [f"tuned-{number}" for number in range(1, 12)]
    held = Held("1:hash", "cpu", "fp32", ("base", *keys))
    running = Running(held, alive=True, memory_mb=1_200, sizes=dict.fromkeys(keys, 1 << 20))
    assert len(place(wanted(), running, [CPU]).evict) == 3


def test_each_form_of_result_is_reckoned_by_what_it_keeps_beside_the_base() -> None:
    """A delta holds its own copy of what it replaces, examples hold nothing, a whole model is a second base."""
    size = 100_000_000

    def needed(kind: str) -> int:
        return place(wanted(SMALL, Tuned("tuned-1", kind, size)), NOTHING, [CPU]).needed_mb

    alone = place(wanted(SMALL), NOTHING, [CPU]).needed_mb
    extra = {kind: needed(kind) - alone for kind in ("adapter", "delta", "shots", "full")}
    assert extra == {"adapter": 100, "delta": 100, "shots": 0, "full": pytest.approx(538, abs=1)}
