"""The list of models that ships with the product, the quick verdicts on it, other programs' caches, and what a hub may say."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import Fault
from engine.core.hardware import Device
from engine.core.settings import Settings, read_settings
from engine.methods import method_of
from engine.models.architecture.shape import context_length, shape_of
from engine.models.base.hub import check_name
from engine.models.hub_address import address_of, check_address, usual_address
from engine.models.hubs.declaration import whole_number, word, words
from engine.models.hubs.huggingface import _found as found_by_hugging_face
from engine.models.hubs.modelscope import _found as found_by_modelscope
from engine.models.shelf.caches import HUGGING_FACE, MODELSCOPE, cached_in
from engine.models.shelf.curated import KnownModel, known_model, known_models
from engine.planner.budget import catalogue
from engine.planner.memory.verdict import limit_of
from engine.planner.quick_fit import quick_fit
from engine.services.models.fitting import fits_of_list, place_for, quick_parameters
from tests import tiny


@pytest.mark.parametrize("one", known_models(), ids=lambda one: one.ref)
def test_the_measures_of_each_give_its_published_number_of_parameters(one: KnownModel) -> None:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    shape = shape_of(one.config)
    assert abs(shape.parameters / one.parameters - 1) < 0.01
    assert context_length(one.config) == one.context
    assert one.config["model_type"] in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    assert check_name(one.ref) == one.ref
    assert 1.9 < one.bytes / one.parameters < 2.6  # two bytes a number; some files hold a tied head twice
    assert one.languages
    assert one.active is None or one.active < one.parameters
    if one.about:
        assert one.said is not None


def test_each_stands_in_the_list_once() -> None:
    refs = [one.ref for one in known_models()]
    assert len(refs) == len(set(refs)) >= 30
    families = [one.family for one in known_models()]
    assert len(set(families)) == sum(a != b for a, b in zip(families, ["", *families], strict=False))  # side by side
    assert known_model(refs[0]) == known_models()[0]
    assert known_model("no/such") is None


def fit(ref: str, device: str) -> str:
    model, there = known_model(ref), catalogue.device_of(device)
    assert model is not None
    found = quick_fit(model.config, model.parameters, there, limit_of(there, None))
    assert found is not None
    return found.how


def test_the_verdicts_follow_the_size_and_the_device() -> None:
    small, large = "Qwen/Qwen3-0.6B", "meta-llama/Llama-3.3-70B-Instruct"
    gpus = sorted((one for one in catalogue.CATALOGUE if one.tflops and one.bf16), key=lambda one: one.memory_mb)
    assert fit(small, gpus[0].key) == "fits"
    assert fit(large, gpus[0].key) == "not"
    hows = [fit("Qwen/Qwen3-8B", gpu.key) for gpu in gpus]
    assert hows == sorted(hows, key=["not", "quantised", "fits"].index)  # never worse on a larger device
    assert hows[-1] == "fits"


def test_a_config_that_says_nothing_sensible_has_no_verdict() -> None:
    device, limit = place_for("auto")
    for config in (
        {},
        {"hidden_size": 10**9, "num_hidden_layers": "many"},
        {"hidden_size": 1, "num_attention_heads": 7},
    ):
        assert quick_fit(config, None, device, limit) is None
    assert method_of("lora")


def test_the_whole_list_is_judged_while_nobody_notices() -> None:
    device, limit = place_for("auto")
    fits_of_list(device, limit + 1)
    began = time.perf_counter()
    fits_of_list(device, limit + 1)
    assert time.perf_counter() - began < 0.005


# ------------------------------------------------------------------ caches


def test_whole_models_in_the_caches_are_found(tmp_path: Path) -> None:
    place = tmp_path / "hub"
    repository = place / "models--someone--tiny"
    made = tiny.write_model(tmp_path / "made")
    shutil.copytree(made, repository / "snapshots" / "old")
    (repository / "snapshots" / "old" / "model.safetensors").unlink()
    (repository / "blobs").mkdir()
    shutil.copy(made / "model.safetensors", repository / "blobs" / "w")
    shutil.copytree(made, repository / "snapshots" / "now")
    (repository / "snapshots" / "now" / "model.safetensors").unlink()
    (repository / "snapshots" / "now" / "model.safetensors").symlink_to(repository / "blobs" / "w")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("now")
    shutil.copytree(made, place / "models--someone--code" / "snapshots" / "a")
    (place / "models--someone--code" / "snapshots" / "a" / "adapter_config.json").write_text("{}")
    (place / "datasets--someone--rows").mkdir()
    found = cached_in(HUGGING_FACE, place)
    assert [(one.ref, one.folder.name, one.parameters) for one in found] == [("someone/tiny", "now", tiny.parameters())]
    assert found[0].bytes == (made / "model.safetensors").stat().st_size
    assert cached_in(HUGGING_FACE, tmp_path / "nowhere") == []


def test_modelscope_writes_dots_otherwise(tmp_path: Path) -> None:
    made = tiny.write_model(tmp_path / "made")
    shutil.copytree(made, tmp_path / "hub" / "models" / "someone" / "tiny-1___5B")
    shutil.copytree(made, tmp_path / "hub" / "someone" / "older")
    assert [one.ref for one in cached_in(MODELSCOPE, tmp_path / "hub")] == ["someone/older", "someone/tiny-1.5B"]


def test_the_caches_are_where_their_programs_have_them(tmp_path: Path) -> None:
    found = dict(read_settings({"HF_HOME": "/a", "MODELSCOPE_CACHE": "/m"}).hub_caches)
    assert found == {"huggingface": Path("/a/hub"), "modelscope": Path("/m")}
    found = dict(read_settings({"HF_HUB_CACHE": "/h", "XDG_CACHE_HOME": "/x"}).hub_caches)
    assert found == {"huggingface": Path("/h"), "modelscope": Path("/x/modelscope/hub")}


# ------------------------------------------------------------------ addresses, and what a hub says


@pytest.mark.parametrize(
    ("given", "kind", "url"),
    [
        ("", "huggingface", "https://huggingface.co"),
        ("modelscope", "modelscope", "https://modelscope.cn"),
        ("https://hf-mirror.com/", "huggingface", "https://hf-mirror.com"),
        ("modelscope=http://127.0.0.1:8000", "modelscope", "http://127.0.0.1:8000"),
    ],
)
def test_the_environment_names_a_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, kind: str, url: str
) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    found = usual_address(Settings(home=tmp_path, hub=given))
    assert (found.kind, found.url, found.trusted) == (kind, url, True)


def test_a_key_is_not_sent_to_an_address_that_was_typed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    settings = Settings(home=tmp_path)
    assert usual_address(settings).trusted
    assert not address_of(settings, {"kind": "huggingface", "url": "https://typed.example"}).trusted
    assert address_of(settings, {"kind": "modelscope", "url": ""}).trusted
    assert address_of(settings, {"kind": "nobody", "url": "?"}).url == "https://mirror.example"
    assert address_of(settings, "nonsense").url == "https://mirror.example"


@pytest.mark.parametrize(
    "url", ["ftp://host", "https://", "https://a:b@host", "https://host?x=1", "https://host#x", "host", "https://h h",
            "https://host:99999", "https://" + "h" * 400, "https://[::", "file:///etc/passwd"],
)  # fmt: skip
def test_addresses_that_are_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        check_address("huggingface", url)
    assert caught.value.code == "hub.address"
    with pytest.raises(Fault) as caught:
        usual_address(Settings(home=tmp_path, hub=url))
    assert caught.value.code == "settings.bad_hub"


@pytest.mark.parametrize("odd", [None, True, -1, 2**80, 1.5, "12", [], {}, float("nan")])
def test_odd_numbers_of_a_hub_are_none(odd: Any) -> None:
    assert whole_number(odd) is None


def test_odd_answers_of_a_hub_are_left_out() -> None:
    assert word("<script>") is None
    assert word("x" * 500) is None
    assert words(["en", 7, None, {"a": 1}, "en", "zh"]) == ("en", "zh")
    found = found_by_hugging_face({"id": "a/b", "tags": {"x": 1}, "safetensors": [], "downloads": "many"})
    assert (found.downloads, found.parameters, found.licence, found.languages, found.gated) == (
        None,
        None,
        None,
        (),
        False,
    )
    told = {"id": "a/b", "tags": ["license:mit", "en", "region:us"], "safetensors": {"total": 5}, "gated": "auto"}
    found = found_by_hugging_face(told)
    assert (found.parameters, found.licence, found.languages, found.gated) == (5, "mit", ("en",), True)
    assert found_by_modelscope({"Path": ["x"], "Name": "b"}) is None
    assert found_by_modelscope({"Path": "a", "Name": "b", "Libraries": ["gguf"]}) is None


def test_a_name_copied_from_the_address_line_is_a_name() -> None:
    assert check_name(" https://huggingface.co/someone/tiny/tree/main ") == "someone/tiny"
    assert check_name("https://modelscope.cn/models/someone/tiny/summary") == "someone/tiny"


def test_what_takes_over_an_hour_is_slow_there() -> None:
    small = Device("cpu", "Two cores", 16_000, 16_000, bf16=False, cores=2)
    card = quick_parameters(place_for("rtx-4060")[0])
    assert 0 < quick_parameters(small) < quick_parameters(replace(small, cores=32)) < card
    assert 135e6 < quick_parameters(small) < 8e9 < card
