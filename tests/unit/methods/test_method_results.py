"""What a method leaves: it answers the same in a fresh process, leaves the base alone, merges, and is as large as it says."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch

from engine.core.errors import Fault
from engine.exports.writing.merging import merger, with_result
from engine.exports.writing.rounded import write_rounded
from engine.models.base.number_formats import stored_format
from engine.serving.runtime.loading import load_model
from tests import methods
from tests.methods import Case
from tests.unit.methods.conftest import PROBE, Learnt, Lessons

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("family", methods.EVERY_FAMILY)]
each = pytest.mark.parametrize("case", methods.cases(), ids=str)
_ROUNDING = 3e-5  # of fp32 sums in another order: with and without a cache, one adapter alone or a row beside others


class Quiet:
    """Progress that nobody watches."""

    def phase(self, name: str, total: int = 0) -> None:
        """A phase begins."""

    def more(self, count: int) -> None:
        """Bytes more."""


def off(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).abs().max())


@each
def test_a_fresh_process_answers_as_the_trained_model(lessons: Lessons, case: Case, family: str) -> None:
    learnt = lessons.learnt(case, family)
    answer = lessons.answers(family).get(learnt.key)
    assert answer is not None, lessons.broken
    assert off(answer, learnt.logits) <= _ROUNDING
    assert off(answer, lessons.answers(family)[f"base:{learnt.base}:{learnt.dtype}"]) > 100 * _ROUNDING


@each
def test_the_base_answers_as_if_nothing_lay_beside_it(lessons: Lessons, case: Case, family: str) -> None:
    """Bit for bit, in the process that holds every result."""
    learnt = lessons.learnt(case, family)
    found = lessons.answers(family)[f"base:{learnt.base}:{learnt.dtype}"]
    with torch.inference_mode():
        base = load_model(learnt.base, learnt.dtype, "cpu")
        expected = base(input_ids=torch.tensor([PROBE]), use_cache=True).logits
    assert torch.equal(found, expected)
    assert case.method.capabilities.toggle or "toggle" in case.method.capabilities.why_not


@each
def test_it_merges_or_says_why_not(lessons: Lessons, case: Case, family: str, tmp_path: Path) -> None:
    learnt = lessons.learnt(case, family)
    if not case.method.capabilities.merge:
        assert case.method.capabilities.why_not["merge"].in_("zh")
        return
    try:
        tuned = with_result(load_model(learnt.base, "fp32", "cpu"), learnt.folder)
        merged = merger(tuned, learnt.folder, case.method, [PROBE])()
        write_rounded(merged, stored_format(learnt.base), tmp_path, Quiet())  # type: ignore[arg-type]
    except Fault as fault:
        if family in methods.FAMILIES or not fault.code.startswith(f"{case.method.key}."):
            raise
        return  # the method's own reason, such as no place for a bias
    with torch.inference_mode():
        alone = load_model(tmp_path, "fp32", "cpu")(input_ids=torch.tensor([PROBE])).logits
    if learnt.dtype == "fp32":
        assert off(alone, learnt.logits) <= 1e-4 * max(1.0, float(learnt.logits.abs().max()))


@each
def test_the_result_is_as_large_as_declared(lessons: Lessons, case: Case, family: str) -> None:
    learnt = lessons.learnt(case, family)
    declared = 4 * case.method.numbers_stored(methods.shape(learnt.base), learnt.values)
    assert tensor_bytes(learnt) == pytest.approx(declared, rel=0.15)


def tensor_bytes(learnt: Learnt) -> int:
    """Bytes of all numbers of the result, without headers and settings."""
    total = 0
    for file in learnt.folder.glob("*.safetensors"):
        with file.open("rb") as stream:
            header = json.loads(stream.read(struct.unpack("<Q", stream.read(8))[0]))
        total += sum(t["data_offsets"][1] - t["data_offsets"][0] for n, t in header.items() if n != "__metadata__")
    return total
