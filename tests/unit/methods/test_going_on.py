"""A job that goes on with a result begins with exactly its weights, for every method, or the method says why it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.core.text import Text
from engine.jobs.spec import make_spec
from engine.methods import METHODS
from engine.methods.common.declaration import RunContext
from engine.planner.going_on import kept_settings, start_faults
from engine.training.loop.start import Start, loaded_from, put_start
from engine.training.loop.weights import save_result
from storage.tables import TunedModel
from tests import methods, tiny
from tests.methods import Case

_KEPT = [case for case in methods.cases() if not isinstance(case.method.goes_on, Text)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base with its tokenizer."""
    return tiny.write_model(tmp_path_factory.mktemp("base"))


def row(case: Case, **columns: object) -> TunedModel:
    """A tuned model's row, as a job of the case registers it."""
    values, _ = methods.settings_of(case.method, case.training, **case.values)
    spec = {"method": case.method.key, "method_params": values}
    kept = {"id": 3, "name": "First", "job_id": 1, "base_model_id": 1, "method": case.method.key, "weights_hash": "w"}
    return TunedModel(**{**kept, "lineage": {"spec": spec}, **columns})


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """All that training changes."""
    return {name: one.detach().clone() for name, one in model.named_parameters() if one.requires_grad}


@pytest.mark.parametrize("case", _KEPT, ids=str)
def test_it_begins_with_exactly_the_weights_of_the_result(case: Case, folder: Path, tmp_path: Path) -> None:
    started = row(case)
    kept = kept_settings(started)
    assert kept is not None
    first = methods.applied(folder, case.method, tmp_path / "a", training=case.training, **case.values)
    torch.manual_seed(7)
    with torch.no_grad():
        for parameter in first.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05 * torch.randn_like(parameter))
    stored = tmp_path / "result"
    stored.mkdir()
    run = RunContext(8, {}, tmp_path / "a", folder)
    save_result(first, case.method, stored, run)
    ids = torch.arange(3, 20)[None]
    with torch.inference_mode():
        expected = first.eval()(input_ids=ids).logits
    start = Start(started, stored)
    read = loaded_from(folder, case.method, start)
    again = methods.applied(read, case.method, tmp_path / "b", training=case.training, **kept)
    put_start(again, case.method, start)
    with torch.inference_mode():
        answer = again.eval()(input_ids=ids).logits
    if kept == case.values | {key: kept[key] for key in kept.keys() - case.values.keys()}:
        assert torch.equal(answer, expected)
        assert all(torch.equal(one, weights(first)[name]) for name, one in weights(again).items())
    else:  # PiSSA and OLoRA: the difference of two products, in another order of sums
        assert float((answer - expected).abs().max()) < 1e-3


def test_a_method_says_why_nothing_goes_on_with_it() -> None:
    told = {method.key: method.goes_on for method in METHODS if isinstance(method.goes_on, Text)}
    assert set(told) == {"adalora", "diff_pruning", "few_shot", "p_tuning", "prefix_tuning"}
    for language in ("en", "zh"):
        assert all(text.in_(language) for text in told.values())


def lora(**raw: object) -> Case:
    return Case(next(method for method in METHODS if method.key == "lora"), dict(raw))


@pytest.mark.parametrize(
    ("form", "columns", "fault"),
    [
        ({}, {}, {}),
        ({"method_params": {"rank": 8, "dropout": 0.1, "updates": "plus"}}, {}, {}),
        ({"method_params": {"rank": 16}}, {}, {"method.rank": "start.other_setting"}),
        ({"method": "qlora"}, {}, {"method": "start.other_method"}),
        ({"base_model": 2}, {}, {"starts_from": "start.other_base"}),
        ({}, {"lineage": {"spec": {"objective": "reward_model"}}}, {"starts_from": "start.scores"}),
        ({"start_hash": "old"}, {}, {"starts_from": "start.changed"}),
        ({"method": "adalora", "method_params": {}}, {"method": "adalora"}, {"starts_from": "start.cannot"}),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(form: dict, columns: dict, fault: dict) -> None:  # type: ignore[type-arg]
    raw = {"name": "Second", "base_model": 1, "dataset": 1, "method": "lora", "method_params": {"rank": 8}}
    spec = make_spec(raw | {"starts_from": 3} | form)
    found = start_faults(spec, row(lora(rank=8), **columns))
    assert {field: one["code"] for field, one in found.items()} == fault


def test_the_start_of_an_old_spec_is_the_base_and_a_word_is_no_id() -> None:
    raw = {"name": "Second", "base_model": 1, "dataset": 1, "method": "lora"}
    assert make_spec(raw).starts_from is None
    with pytest.raises(Exception, match="starts_from"):
        make_spec(raw | {"starts_from": "three"})
