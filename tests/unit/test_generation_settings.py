"""generation_config.json that transformers refuses: mended where it is stored or taken away, and no obstacle to loading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, GenerationConfig

from engine.core.hardware import cpu
from engine.devices import precision_for
from engine.methods import method_of
from engine.methods.common.declaration import RunContext
from engine.models.base.generation_settings import mended, write_generation
from engine.models.base.number_formats import stored_format
from engine.serving.runtime.loading import load_model
from engine.training.loop.weights import load_base, save_result
from tests import methods
from tests.zoo.keeper import ZooKeeper

SAMPLING = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "top_k": 20, "eos_token_id": [1, 2], "pad_token_id": 0}
SICK: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {  # as found, what stays of it
    "sampling without sampling": (
        {"do_sample": False, "temperature": 0.9, "top_p": 0.6, "top_k": 9, "typical_p": 0.5}, {"do_sample": False},
    ),
    "sampling unsaid": ({"temperature": 0.9, "min_p": 0.1, "bos_token_id": 1}, {"bos_token_id": 1}),
    "no pad token": ({"pad_token_id": -1, "eos_token_id": [2, -1, "x", True]}, {"eos_token_id": [2]}),
    "ids as text": ({"pad_token_id": "<pad>", "eos_token_id": "</s>", "bos_token_id": 1.5}, {}),
    "a cache that is no more": ({"cache_implementation": "hybrid_chunked_2", "max_new_tokens": 9}, {"max_new_tokens": 9}),
    "no tokens at all": ({"max_new_tokens": 0, "max_length": 4096}, {"max_length": 4096}),
    "beams without beams": ({"length_penalty": 0.5, "early_stopping": True, "num_beams": 1}, {"num_beams": 1}),
    "early stopping": ({"num_beams": 4, "early_stopping": "sometimes"}, {"num_beams": 4}),
    "many answers": ({"num_return_sequences": 4}, {}),
    "fewer beams than answers": ({"num_return_sequences": 4, "num_beams": 2}, {"num_beams": 2}),
    "numbers as text": (
        {"do_sample": "True", "temperature": "0.7", "top_k": 20.0, "top_p": "most", "max_new_tokens": "12"},
        {"do_sample": True, "temperature": 0.7, "top_k": 20, "max_new_tokens": 12},
    ),
    "no temperature": ({"do_sample": True, "temperature": 0.0, "top_p": 0.9}, {}),
    "out of bounds": (
        {"do_sample": True, "temperature": -1.0, "top_p": 7.0, "top_k": -1, "repetition_penalty": -2.0, "min_p": 3.0},
        {"do_sample": True},
    ),
    "no number": ({"do_sample": True, "temperature": float("nan"), "top_p": float("inf")}, {"do_sample": True}),
    "arguments of generate": ({"streamer": "x", "assistant_model": None, "do_sample": True}, {"do_sample": True}),
    "outputs": ({"output_scores": True, "output_attentions": True}, {}),
    "a cache unused": ({"use_cache": False, "cache_implementation": "static"}, {"use_cache": False}),
    "watermark": ({"watermarking_config": {"seeding_scheme": "x"}}, {}),
    "forced and suppressed": (
        {"forced_eos_token_id": 2, "suppress_tokens": [2, 3]}, {"suppress_tokens": [2, 3]},
    ),
    "lists that are none": ({"suppress_tokens": 7, "bad_words_ids": [[1]]}, {"bad_words_ids": [[1]]}),
}  # fmt: skip
NAMED = pytest.mark.parametrize("name", SICK)


@NAMED
def test_what_is_refused_is_left_out_and_the_rest_stays(tmp_path: Path, name: str) -> None:
    settings, expected = SICK[name]
    found, changed = mended(settings)
    assert found == expected
    assert set(changed) == {
        key for key, value in settings.items() if value is not None and repr(found.get(key)) != repr(value)
    }
    GenerationConfig(**found).save_pretrained(tmp_path)
    assert mended(found) == (found, [])


def test_settings_that_are_taken_stay_as_they_are() -> None:
    assert mended(SAMPLING) == (SAMPLING, [])
    assert mended({"do_sample": True, "top_k": 0, "my_own": {"a": [1]}}) == (
        {"do_sample": True, "top_k": 0, "my_own": {"a": [1]}},
        [],
    )


def test_ends_of_answers_replace_those_of_the_base(tmp_path: Path) -> None:
    base, target = tmp_path / "base", tmp_path / "target"
    base.mkdir()
    target.mkdir()
    (base / "config.json").write_text(json.dumps({"text_config": {"eos_token_id": 9}, "pad_token_id": -1, "top_k": 7}))
    assert write_generation(base, target, []) == ["pad_token_id", "top_k"]
    assert json.loads((target / "generation_config.json").read_text()) == {"eos_token_id": 9}
    (base / "generation_config.json").write_text(json.dumps(SAMPLING | {"transformers_version": "4.0"}))
    (target / "generation_config.json").unlink()
    (target / "generation_config.json").hardlink_to(base / "generation_config.json")
    assert write_generation(base, target, [5, 6]) == []
    assert json.loads((target / "generation_config.json").read_text()) == SAMPLING | {"eos_token_id": [5, 6]}
    assert json.loads((base / "generation_config.json").read_text())["eos_token_id"] == [1, 2], (
        "a link was not followed"
    )


@NAMED
@pytest.mark.parametrize("place", ["generation_config.json", "config.json"])
def test_a_base_with_such_settings_is_loaded_trained_and_saved(
    zoo: ZooKeeper, tmp_path: Path, name: str, place: str
) -> None:
    """Also where config.json holds them, as those of old models do; of a few there transformers refuses the model as such."""
    folder = zoo.copy("llama-3", tmp_path / "base")
    settings = dict(SICK[name][0])
    if place == "config.json":
        for key in ("eos_token_id", "bos_token_id", "output_attentions"):
            settings.pop(key, None)
        if settings.get("pad_token_id") == "<pad>":
            settings.pop("pad_token_id")
        (folder / "generation_config.json").unlink()
        settings = json.loads((folder / place).read_text()) | settings
    (folder / place).write_text(json.dumps(settings))
    full = method_of("full")
    _values, training = methods.settings_of(full)
    model = load_base(folder, full, training, cpu(), precision_for(cpu()))
    save_result(model, full, tmp_path / "tuned", RunContext(1, training, tmp_path, folder), stored_format(folder))
    write_generation(folder, tmp_path / "tuned", [2])
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "tuned")
    assert plain.generation_config.eos_token_id == [2]
    ids = torch.tensor([[1, 5]])
    mine = load_model(folder, "fp32", "cpu").generate(input_ids=ids, max_new_tokens=3, do_sample=False)
    assert mine[0, :2].tolist() == [1, 5]
