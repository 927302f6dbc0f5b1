"""The rules of the estimate that are about the heap, about how full micro-batches are, and about answers. Pure."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Any

from benchmarks.memory_rows import SHAPES
from engine.base_formats.nf4 import NF4
from engine.core.hardware import cpu
from engine.core.params import read_all
from engine.devices import precision_for
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.planner.memory import fullest
from engine.planner.memory.answering import asked_at_once
from engine.planner.memory.estimate import memory_breakdown, peak_phase, step_bytes, total_mb
from engine.planner.memory.workload import Workload


def _work(tokens: int, model: str = "llama", **options: Any) -> Workload:
    method = method_of("lora")
    values, _faults = read_all(method.params, {}, "method")
    return Workload(
        shape_of(SHAPES[model]), method, values, precision_for(cpu()), cpu(), tokens, longest=tokens, **options
    )


def _temporary(work: Workload) -> float:
    return next(item.bytes for item in memory_breakdown(work) if item.key == "temporary")


def test_the_fullest_group_is_that_of_all_steps_that_could_be() -> None:
    numbers = Random(4)
    for _ in range(20):
        lengths = tuple(numbers.randint(10, 90) for _ in range(8))
        batch, budget = numbers.randint(1, 4), numbers.randint(60, 200)
        sums = [sum(some) for k in range(1, batch + 1) for some in combinations(lengths, k)]
        assert fullest.packed(lengths, batch, budget) == max([one for one in sums if one <= budget] + [max(lengths)])
        rows = [k * max(some) for k in range(1, batch + 1) for some in combinations(lengths, k)]
        assert fullest.padded(lengths, batch, budget, 0) == max([one for one in rows if one <= budget] + [max(lengths)])


def test_rows_that_are_all_cut_at_the_limit_do_not_fill_a_group() -> None:
    lengths = fullest.telling([640] * 5000, 3)
    assert lengths == (640, 640, 640)
    work = replace(_work(1024), longest=640, groups=3)
    assert total_mb(replace(work, batch=3, lengths=lengths)) == total_mb(replace(work, tokens=640))
    assert fullest.telling(range(5000), 3) == ()  # some of so many fill it


def test_what_is_recomputed_goes_through_the_heap_as_well() -> None:
    kept, recomputed = _work(777), _work(777, recompute=True)
    share = cpu_slack(kept)
    assert total_mb(recomputed) < total_mb(kept)
    assert sum(step_bytes(recomputed).values()) < sum(step_bytes(kept).values())
    assert _temporary(recomputed) > 0.8 * share * sum(step_bytes(kept)[key] for key in ("activations", "logits"))


def cpu_slack(work: Workload) -> float:
    """The share that the heap keeps."""
    return work.kind.slack


def test_small_matrices_leave_no_holes_that_large_tensors_miss() -> None:
    narrow = _work(1024, base_format=NF4)
    wide = replace(narrow, shape=shape_of({**SHAPES["llama"], "hidden_size": 2048, "intermediate_size": 5632}))
    left = [_temporary(work) / step_bytes(work)["activations"] for work in (narrow, wide)]
    assert left[0] < left[1]


def test_a_job_that_answers_many_long_questions_holds_most_while_it_does() -> None:
    training = {"scored_answers": 20, "evaluations": 1}
    assert asked_at_once(training) == 16
    assert asked_at_once({"evaluations": 1}, samples=6) == 6
    assert asked_at_once({"evaluations": 0}) == 0
    short = _work(256)
    asked = replace(short, asked=asked_at_once(training), recompute=True)
    assert peak_phase(short) != "answer" == peak_phase(asked)
    lines = {item.key: item.bytes for item in memory_breakdown(asked)}
    assert lines["activations"] == 2 * 4 * 16 * 2 * 32 * 16 * (
        256 + 64
    )  # fp32 keys and values: layers, heads, width, rows, tokens
    assert total_mb(asked) > total_mb(replace(asked, asked=0))
