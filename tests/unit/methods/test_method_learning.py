"""Each method trains exactly what it says, as many numbers as its formula counts, and learns."""

from __future__ import annotations

import pytest

from tests import methods
from tests.methods import Case
from tests.unit.methods.conftest import Lessons

pytestmark = pytest.mark.slow
every_family = pytest.mark.parametrize("family", methods.EVERY_FAMILY)
each = pytest.mark.parametrize("case", methods.cases(), ids=str)
_LORA = next(case for case in methods.cases() if str(case) == "lora")


@each
@every_family
def test_the_formula_counts_what_is_trained(lessons: Lessons, case: Case, family: str) -> None:
    learnt = lessons.learnt(case, family)
    assert learnt.numbers == case.method.trainable(methods.shape(learnt.base), learnt.values)


@each
@every_family
def test_only_what_should_train_changes_and_all_of_it_has_gradients(lessons: Lessons, case: Case, family: str) -> None:
    learnt = lessons.learnt(case, family)
    assert learnt.changed
    assert learnt.changed <= learnt.trained
    assert learnt.touched == learnt.trained


@each
@pytest.mark.parametrize("family", methods.FAMILIES)
def test_it_learns_about_as_fast_as_lora(lessons: Lessons, case: Case, family: str) -> None:
    """By its own learning rate; methods for which less than half of LoRA's fall is declared say why in a note."""
    losses, lora = lessons.learnt(case, family).losses, lessons.learnt(_LORA, family).losses
    assert losses[0] - losses[-1] >= case.method.expected_fall * (lora[0] - lora[-1])
    assert case.method.expected_fall >= 0.5 or case.method.notes


@each
@every_family
def test_packed_and_padded_losses_agree(lessons: Lessons, case: Case, family: str) -> None:
    learnt = lessons.learnt(case, family)
    assert learnt.packed_loss == pytest.approx(learnt.padded_loss, rel=1e-5)
    if not case.method.capabilities.packing:
        assert learnt.forward == "padded"
