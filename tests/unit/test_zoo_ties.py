"""Comparing two readers of one model: a tie that they decide differently is no difference, any other is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests import tiny
from tests.zoo.ties import follow

_PROMPT, _MOST, _TWIN = [5, 6, 7], 12, 9


def _text(ids: Any) -> str:
    return "".join(f"<{token}>" for token in ids)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from transformers import AutoModelForCausalLM

    folder: Path = tmp_path_factory.mktemp("ties")
    tiny.write_model(folder, tied=False)
    return AutoModelForCausalLM.from_pretrained(folder, dtype="float32")


def _greedy(model: Any) -> list[int]:
    ids = torch.tensor([_PROMPT])
    said = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=_MOST, do_sample=False)
    return [int(token) for token in said[0, len(_PROMPT) :]]


def test_a_tie_is_followed_to_its_end(model: Any) -> None:
    said = _greedy(model)
    with torch.no_grad():
        kept = model.lm_head.weight[_TWIN].clone()
        model.lm_head.weight[_TWIN] = model.lm_head.weight[said[3]]
    try:
        wanted = [*said[:3], _TWIN]
        ids = torch.tensor([[*_PROMPT, *wanted]])
        rest = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=_MOST - 4, do_sample=False)
        wanted = [int(token) for token in rest[0, len(_PROMPT) :]]
        assert wanted != said
        assert follow(model, _PROMPT, _greedy(model), _text(wanted), _text) == wanted
    finally:
        with torch.no_grad():
            model.lm_head.weight[_TWIN] = kept


def test_another_answer_stays_another(model: Any) -> None:
    said = _greedy(model)
    wanted = [*said[:3], _TWIN, *said[4:]]
    assert follow(model, _PROMPT, said, _text(wanted), _text) == said


def test_the_same_answer_is_left_alone(model: Any) -> None:
    said = _greedy(model)
    assert follow(model, _PROMPT, said, _text(said), _text) == said
