"""Adapters as GGUF files, and what Ollama needs beside one: from the tuned model to files that llama.cpp has proved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.core.errors import Fault
from engine.data.templates.template import ChatTemplate
from engine.exports.forms.gguf import FILE
from engine.exports.gguf.adapter import pairs_of, write_adapter
from engine.exports.gguf.export import write_model
from engine.exports.gguf.number_formats import BY_KEY
from engine.exports.ollama.go_reading import rendered
from engine.exports.ollama.modelfile import Instruction, read_modelfile
from engine.exports.proof.declaration import ProofLimits
from engine.exports.proof.llama_cpp import LLAMA_CPP
from engine.exports.proof.proving import prove
from engine.exports.proof.truth import write_truth
from engine.models.base.tokenizer import save_tokenizer
from engine.services.models import tuned as service
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.integration.chat_models import write_adapter as write_lora
from tests.integration.test_export import World
from tests.integration.test_export_gguf import Nobody, questions
from tests.tiny import add_dataset
from tests.tiny import write_model as write_tiny
from tests.zoo import named, tokenizers
from tests.zoo.build import fresh, template_of

NEAR = ProofLimits(divergence=1e-5, divergence_99=1e-4, agreement=0.97)
_PATTERNS = {"rank_pattern": {"q_proj": 4, "layers.1.mlp.up_proj": 2}, "alpha_pattern": {"v_proj": 3, "down_proj": 7}}


def _config(kind: str, **options: Any) -> Any:
    import peft

    return getattr(peft, kind)(
        task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj", "up_proj", "down_proj"], **options
    )


def _random(model: Any) -> Any:
    """As training leaves it, but of any numbers."""
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and "ranknum" not in name:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(lambda: _config("LoraConfig", r=8, lora_alpha=16), id="lora"),
        pytest.param(
            lambda: _config("LoraConfig", r=8, lora_alpha=16, use_rslora=True, **_PATTERNS), id="rslora, patterns"
        ),
        pytest.param(lambda: _config("LoraConfig", r=8, lora_alpha=16, **_PATTERNS), id="patterns"),
        pytest.param(lambda: _config("AdaLoraConfig", init_r=6, target_r=3, lora_alpha=5, total_step=9), id="adalora"),
    ],
)
def test_pairs_are_what_peft_adds(config: Any, tmp_path: Path) -> None:
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(write_tiny(tmp_path / "base"))
    tuned = _random(get_peft_model(model, config()))
    tuned.save_pretrained(tmp_path / "tuned")
    layers = {name: one for name, one in tuned.base_model.model.named_modules() if hasattr(one, "get_delta_weight")}
    pairs = pairs_of(tmp_path / "tuned")
    assert {pair.name for pair in pairs} == layers.keys()
    for pair in pairs:
        found = pair.b @ pair.a * (pair.strength / pair.a.shape[0])
        torch.testing.assert_close(found, layers[pair.name].get_delta_weight("default").detach(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("config", "part"),
    [
        pytest.param(lambda: _config("LoraConfig", use_dora=True), "DoRA", id="dora"),
        pytest.param(lambda: _config("LoraConfig", modules_to_save=["lm_head"]), "lm_head", id="whole modules too"),
        pytest.param(lambda: _config("LoraConfig", bias="all"), "bias", id="biases too"),
        pytest.param(lambda: _config("OFTConfig"), "OFT", id="oft"),
        pytest.param(lambda: _config("VeraConfig"), "VERA", id="one pair for all"),
    ],
)
def test_what_is_no_pair_is_refused(config: Any, part: str, tmp_path: Path) -> None:
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(write_tiny(tmp_path / "base", family="qwen2", tied=False))
    get_peft_model(model, config()).save_pretrained(tmp_path / "tuned")
    with pytest.raises(Fault) as caught:
        pairs_of(tmp_path / "tuned")
    assert caught.value.code == "export.gguf_adapter_kind"
    assert part in caught.value.params["part"]


@pytest.mark.parametrize(
    "key",
    [
        "llama-2",
        *(
            pytest.param(key, marks=pytest.mark.zoo)
            for key in ("gpt-2", "pythia", "bloom", "gemma-2", "phi-4", "qwen-3")
        ),
    ],
)
def test_llama_cpp_puts_it_on_the_base(key: str, tmp_path: Path) -> None:
    """Rows are moved as those of the matrices are; its sibling without that fails."""
    from peft import LoraConfig, get_peft_model

    told = named(key)
    (tmp_path / "source").mkdir()
    model = fresh(told, tokenizers.write(told.tokens, tmp_path / "source", template_of(told)))
    save_tokenizer(tmp_path / "source", tmp_path / "tokenizer")
    (tmp_path / "base").mkdir()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    nobody: Any = Nobody()
    write_model(model, tmp_path / "tokenizer", "Base", BY_KEY["f16"], tmp_path / "base" / "base.gguf", nobody)
    tuned = _random(
        get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    )
    tuned.save_pretrained(tmp_path / "tuned")
    template = ChatTemplate.load(tmp_path / "tokenizer")
    truth = write_truth(tuned, template, questions(template, model.config.vocab_size), tmp_path / "truth", nobody)
    (tmp_path / "made").mkdir()
    file = tmp_path / "made" / "adapter.gguf"
    write_adapter(tmp_path / "tuned", model.config, "Tuned", file)
    proof = prove(LLAMA_CPP, tmp_path / "made", tmp_path / "base", truth, NEAR, tmp_path / "work", nobody)
    assert proof["failed"] == [], {name: proof[name] for name in ("divergence", "divergence_99", "agreement")}
    assert proof["formats"].keys() == {"F32"}
    raw = file.read_bytes()
    file.write_bytes(raw[: len(raw) // 2] + bytes(2048) + raw[len(raw) // 2 + 2048 :])
    broken = prove(LLAMA_CPP, tmp_path / "made", tmp_path / "base", truth, NEAR, tmp_path / "work", nobody)
    assert "divergence" in broken["failed"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    yield World(ctx, base, dataset, ctx.settings.home / "models" / "tiny" / "weights")
    ctx.db.close()


SYSTEM = 'Say "你好" in one word,\nC:\\path, {{ .System }}.'


@pytest.fixture(scope="module")
def taken(world: World) -> dict[str, dict[str, Any]]:
    """One job of both forms: what its result says of each."""
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Colours", seed=4)
    forms = [
        {"format": "ollama", "params": {"system": SYSTEM, "temperature": 0.7, "seed": 5, "dtype": "f16"}},
        {"format": "gguf_adapter", "params": {}},
    ]
    told = world.work_all(service.make_export(world.ctx, tuned, forms, "folder"))
    return {one["format"]: one for one in told}


def test_ollamas_folder_is_proved_and_says_what_was_asked(world: World, taken: dict[str, dict[str, Any]]) -> None:
    told = taken["ollama"]
    assert told["error"] is None
    assert told["proof"]["passed"]
    folder = world.ctx.settings.absolute(told["path"])
    assert {file.name for file in folder.iterdir()} == {FILE, "Modelfile", "README.md"}
    found = read_modelfile((folder / "Modelfile").read_text(encoding="utf-8"))
    assert found[0] == Instruction("from", f"./{FILE}")
    assert Instruction("system", SYSTEM) in found
    settings = {one.about: one.value for one in found if one.name == "parameter"}
    assert settings == {
        "temperature": "0.7", "top_p": "0.95", "num_predict": "256", "seed": "5", "top_k": "0", "min_p": "0", "repeat_penalty": "1",
        "num_ctx": "512", "stop": "<|im_end|>",
    }  # fmt: skip
    template = next(one.value for one in found if one.name == "template")
    asked = [{"role": "user", "content": "Hello!"}]
    own = ChatTemplate.load(world.ctx.settings.home / "models" / "tiny" / "tokenizer")
    assert rendered(template, asked) == own.render(asked, add_generation_prompt=True)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "ollama create tuned -f Modelfile" in readme
    assert "三行命令" in readme


def test_an_adapter_alone_is_proved_on_its_base(world: World, taken: dict[str, dict[str, Any]]) -> None:
    told = taken["gguf_adapter"]
    assert told["error"] is None
    assert told["proof"]["passed"]
    folder = world.ctx.settings.absolute(told["path"])
    assert {file.name for file in folder.iterdir()} == {"adapter.gguf", "chat_template.jinja", "README.md"}
    assert "--lora adapter.gguf" in (folder / "README.md").read_text(encoding="utf-8")
    assert json.dumps(told)


def test_a_tuned_model_of_dora_says_so_and_others_are_made_all_the_same(world: World) -> None:
    tuned = add_tuned(world.ctx, world.base, world.dataset, name="Dora", seed=5, use_dora=True)
    forms = [{"format": "gguf_adapter", "params": {}}, {"format": "adapter", "params": {}}]
    one, other = world.work_all(service.make_export(world.ctx, tuned, forms, "folder"))
    assert one["error"]["code"] == "export.gguf_adapter_kind"
    assert other["error"] is None


def test_the_writer_of_loras_in_tests_is_one_that_counts(tmp_path: Path) -> None:
    base = write_tiny(tmp_path / "base")
    assert len(pairs_of(write_lora(base, tmp_path / "tuned"))) == 14
