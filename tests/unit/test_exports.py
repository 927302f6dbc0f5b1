"""Every declared form of export: what it is made of, what it needs, and the names that earlier versions stored."""

from __future__ import annotations

import re

import pytest

from engine.core.errors import Fault
from engine.core.params import read_all
from engine.core.text import LANGUAGES
from engine.exports import EXPORTS, format_of, impossible, meant, offered
from engine.exports.common.declaration import ExportFormat, ExportSizes
from engine.exports.common.number_format import DTYPE
from engine.methods import METHODS
from engine.methods.common.declaration import Method

FORMS = pytest.mark.parametrize("form", EXPORTS, ids=lambda form: form.key)
METHOD = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.key)


@FORMS
def test_a_form_says_what_it_is(form: ExportFormat) -> None:
    assert format_of(form.key) is form
    assert re.fullmatch(r"[a-z][a-z0-9_]*", form.key)
    assert re.fullmatch(r"[a-z0-9-]+", form.suffix)
    assert all(text.in_(language).strip() for text in (form.label, form.help, form.proof) for language in LANGUAGES)
    assert any(form in offered(method, method.saves) for method in METHODS), "some method's models can be had in it"
    assert read_all(form.params, {param.key: param.default for param in form.params}, "export")[1] == {}


@FORMS
def test_what_a_form_needs_grows_with_the_model(form: ExportFormat) -> None:
    small, large = ExportSizes(1_000_000, 4_000_000), ExportSizes(1_000_000_000, 4_000_000_000)
    usual = {param.key: param.default for param in form.params}
    assert 0 < form.disk_bytes(small, usual) < form.disk_bytes(large, usual)
    assert form.disk_bytes(small, usual) == 2 * form.folder_bytes(small, usual), "the folder and its zip"
    assert form.memory_mb(small, usual) <= form.memory_mb(large, usual)


@pytest.mark.parametrize(("own", "asked", "bytes"), [("bf16", "own", 2), ("fp16", "own", 2), ("fp32", "own", 4), ("bf16", "fp32", 4), ("fp32", "bf16", 2)])  # fmt: skip
def test_what_stands_alone_is_as_large_as_its_number_format(own: str, asked: str, bytes: int) -> None:
    sizes, values = ExportSizes(1_000, 4_000, own, "fp32"), {"dtype": asked}
    assert [form.folder_bytes(sizes, values) for form in EXPORTS if DTYPE in form.params] == [1_000 * bytes] * 2
    assert format_of("merged").memory_mb(sizes, values) == 600, "it is merged in fp32, whatever is written"
    assert format_of("whole").memory_mb(sizes, values) == 600, "it is asked in fp32, whatever is written"


def test_where_the_base_is_not_measured_the_results_bytes_say_how_large_it_is() -> None:
    assert ExportSizes(0, 4_000, "bf16", "bf16").numbers == 2_000


@FORMS
def test_other_keys_of_a_form_are_those_of_forms_for_other_results(form: ExportFormat) -> None:
    for key in form.also:
        assert not set(format_of(key).made_of) & set(form.made_of), "else two forms would go by one key"
        assert {meant(key, saved) for saved in form.made_of} == {form}


def test_keys_and_file_names_differ() -> None:
    assert len({form.key for form in EXPORTS}) == len({form.suffix for form in EXPORTS}) == len(EXPORTS)
    with pytest.raises(Fault, match=r"export\.unknown_format"):
        meant("word", "adapter")


@METHOD
def test_every_model_can_be_taken_away_and_what_cannot_be_has_a_reason(method: Method) -> None:
    forms = offered(method, method.saves)
    assert forms
    assert any(form.stands_alone for form in forms) == (method.capabilities.merge or method.saves == "full")
    for form in impossible(method, method.saves):
        assert form not in forms
        assert form.why_not(method) is not None
    for form in set(EXPORTS) - set(forms):
        assert form.refusal(method, method.saves) is not None


@METHOD
def test_the_keys_of_earlier_versions_mean_what_they_meant(method: Method) -> None:
    """They knew "adapter" for the result as it is, and "merged" for what stands alone."""
    as_it_is, alone = meant("adapter", method.saves), meant("merged", method.saves)
    assert alone.stands_alone
    assert (as_it_is.refusal(method, method.saves) is None) == (method.saves != "full")
    assert (alone.refusal(method, method.saves) is None) == (method.saves == "full" or method.capabilities.merge)
    assert alone.suffix == ("full" if method.saves == "full" else "merged")
    assert method.saves == "full" or as_it_is.suffix == method.saves
