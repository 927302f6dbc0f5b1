"""Every family of the zoo with every method: it trains a step with the numbers that the plan counted, or is refused before."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from peft import PeftModel
from transformers import AutoConfig, AutoModelForCausalLM

from engine.core.text import catalogue
from engine.methods import METHODS, method_of
from engine.methods.common.declaration import Method, RunContext
from engine.methods.common.refusals import refused
from engine.methods.common.shape import ModelShape
from engine.models.architecture.shape import shape_of
from engine.training.batches.tokenized_dataset import Example
from engine.training.forward import choice as forward_module
from engine.training.forward.choice import choose_forward
from engine.training.forward.fast_lora import speed_up
from engine.training.forward.forward import Packed, Padded
from engine.training.loop.weights import save_result
from tests import methods, tiny
from tests.zoo import representatives
from tests.zoo.keeper import ZooKeeper

_SIZES: dict[str, Any] = {
    "vocab_size": tiny.VOCABULARY, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2,
}  # fmt: skip
_SPACE = {"mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 16, "mamba_chunk_size": 8, "mamba_n_groups": 1}
_ROUTED = {"num_experts_per_tok": 2}
HYBRIDS: dict[str, dict[str, Any]] = {
    "bamba": {**_SIZES, **_SPACE, "attn_layer_indices": [1]},
    "jamba": {
        **_SIZES, "num_experts": 4, **_ROUTED, "expert_layer_offset": 1, "expert_layer_period": 2, "attn_layer_offset": 1,
        "attn_layer_period": 2, "mamba_dt_rank": 8,
    },
    "granitemoehybrid": {
        **_SIZES, **_SPACE, "layer_types": ["mamba", "attention"], "num_local_experts": 4, **_ROUTED,
        "shared_intermediate_size": 64,
    },
    "zamba2": {
        **_SIZES, "num_hidden_layers": 4, "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"], "mamba_d_state": 16,
        "n_mamba_heads": 8, "mamba_headdim": 16, "chunk_size": 8, "num_mem_blocks": 1, "adapter_rank": 8,
    },
}  # fmt: skip
_ALWAYS = (
    "llama-3",
    "gpt-2",
    "opt",
    "qwen-3-moe",
    "deepseek-r1",
    "falcon-h1",
    "lfm-2",
    "jamba",
    "llama-4",
)  # one of each build
FAMILIES = tuple(
    key if key in _ALWAYS else pytest.param(key, marks=pytest.mark.zoo)
    for key in (*(model.key for model in representatives()), *HYBRIDS)
)
_MIXTURES = (
    "qwen-3-moe",
    "deepseek-r1",
    *(pytest.param(key, marks=pytest.mark.zoo) for key in ("mixtral", "gpt-oss", "llama-4")),
)


@cache
def _hybrid(family: str) -> Any:
    """With weights as far from one another as the zoo's: as initialised, little is heard of anything."""
    torch.manual_seed(0)
    model: Any = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **HYBRIDS[family]))
    with torch.no_grad():
        for parameter in (one for name, one in model.named_parameters() if one.ndim >= 2 and "A_log" not in name):
            parameter.normal_(std=0.08)
    return model


def _model(zoo: ZooKeeper, family: str) -> Any:
    if family not in HYBRIDS:
        return AutoModelForCausalLM.from_pretrained(zoo.folder(family), dtype=torch.float32)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **HYBRIDS[family]))
    model.load_state_dict(_hybrid(family).state_dict())
    return model


def _shape(model: Any) -> ModelShape:
    return shape_of(model.config.to_dict())


def _examples(model: Any) -> list[Example]:
    words = model.config.get_text_config(decoder=True).vocab_size
    rows = np.random.default_rng(0).integers(3, words, (2, 12), dtype=np.int32)
    return [Example(ids, np.append(ids[1:], np.int32(-100)).astype(np.int32), 11) for ids in rows]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_tokenizer(tmp_path_factory.mktemp("tokenizer"))


@pytest.mark.parametrize("family", FAMILIES)
def test_its_numbers_are_counted_from_the_config_alone(zoo: ZooKeeper, family: str) -> None:
    model = _model(zoo, family)
    assert _shape(model).parameters == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_each_method_trains_a_step_or_says_before_why_it_cannot(
    zoo: ZooKeeper, family: str, tmp_path: Path, tokenizer: Path
) -> None:
    """The trained numbers are those that the plan counts; all of them are heard."""
    trained = []
    for method in (method for method in METHODS if method.capabilities.trains):
        model = _model(zoo, family)
        values, training = methods.settings_of(method)
        if reasons := refused(method, _shape(model), values, training, 24):
            assert all(_sentence(fault) for fault in reasons.values())
            continue
        _trains(model, method, tmp_path, tokenizer)
        trained.append(method.key)
    assert {"lora", "full", "freeze", "prompt_tuning", "ln_tuning"} <= set(trained)


def _trains(model: Any, method: Method, folder: Path, tokenizer: Path, **raw: Any) -> Any:
    values, training = methods.settings_of(method, **raw)
    counted = method.trainable(_shape(model), values)
    tuned = method.apply(model, values, RunContext(24, training, folder, tokenizer)).train()
    speed_up(tuned)  # as jobs do on a processor
    asked = [(name, one) for name, one in tuned.named_parameters() if one.requires_grad]
    assert sum(one.numel() for _, one in asked) == counted, method.key
    Padded(tuned).cross_entropy(_examples(model)).backward()
    missed = [name for name, one in asked if one.grad is None]
    assert not missed, (method.key, missed[:3])
    return tuned


def _sentence(fault: Any) -> str:
    sentence = catalogue("en")[f"error.{fault['code']}"].format(**fault["params"])
    assert "{" not in sentence
    return sentence


# ---------------------------------------------------------------- LoRA's ways


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("start", ["pissa", "olora"])
def test_a_start_within_the_weights_is_the_base_or_is_refused(
    zoo: ZooKeeper, family: str, start: str, tmp_path: Path, tokenizer: Path
) -> None:
    model, lora = _model(zoo, family).eval(), method_of("lora")
    values, training = methods.settings_of(lora, rank=4, start=start)
    ids = torch.arange(3, 15)[None]
    with torch.no_grad():
        before = model(input_ids=ids).logits
        if reasons := refused(lora, _shape(model), values, training, 24):
            assert all(_sentence(fault) for fault in reasons.values())
            return
        tuned = lora.apply(model, values, RunContext(24, training, tmp_path, tokenizer)).eval()
        after = tuned(input_ids=ids).logits
    assert (after - before).abs().max() <= 1e-4 * before.abs().max()


def test_olora_is_refused_where_weights_are_turned_and_pissa_is_not(zoo: ZooKeeper) -> None:
    lora, shape = method_of("lora"), _shape(_model(zoo, "gpt-2"))
    assert (
        refused(lora, shape, *methods.settings_of(lora, start="olora"))["method.start"]["code"] == "lora.start_turned"
    )
    assert not refused(lora, shape, *methods.settings_of(lora, start="pissa"))


@pytest.mark.parametrize("family", _MIXTURES)
def test_experts_learn_when_asked_and_the_result_is_plain_pefts(
    zoo: ZooKeeper, family: str, tmp_path: Path, tokenizer: Path
) -> None:
    """Trained, saved, read by plain PEFT and merged, the model says the same."""
    lora = method_of("lora")
    model = _model(zoo, family)
    tuned = _trains(model, lora, tmp_path, tokenizer, experts=True, rank=4)
    torch.manual_seed(1)
    with torch.no_grad():
        for name, one in tuned.named_parameters():
            if ".lora_B." in name:
                one.normal_(std=0.05)
        ids = torch.arange(3, 15)[None]
        said = tuned.eval()(input_ids=ids).logits
        values, training = methods.settings_of(lora, experts=True, rank=4)
        save_result(tuned, lora, tmp_path / "result", RunContext(24, training, tmp_path, tokenizer))
        fresh = PeftModel.from_pretrained(_model(zoo, family), tmp_path / "result").eval()
        assert torch.allclose(fresh(input_ids=ids).logits, said, atol=1e-4)
        assert not torch.allclose(_model(zoo, family).eval()(input_ids=ids).logits, said, atol=1e-2)
        assert torch.allclose(fresh.merge_and_unload()(input_ids=ids).logits, said, atol=1e-3)
    assert "experts" in lora.reach(_shape(model), values)[0]


def test_a_quantised_mixture_of_experts_trains(zoo: ZooKeeper, tmp_path: Path) -> None:
    """Quantised linear modules are of a class of their own; all of them are adapted none the less."""
    qlora, shape = method_of("qlora"), _shape(_model(zoo, "qwen-3-moe"))
    values, _training = methods.settings_of(qlora)
    tuned = methods.applied(zoo.folder("qwen-3-moe"), qlora, tmp_path)
    trained = sum(parameter.numel() for parameter in tuned.parameters() if parameter.requires_grad)
    assert trained == qlora.trainable(shape, values)


_REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("llama-3", {}, {}, "method.experts", "lora.experts_none"),
    ("mixtral", {"dora": True}, {}, "method.dora", "lora.experts_dora"),
    ("mixtral", {"dropout": 0.1}, {}, "method.dropout", "lora.experts_dropout"),
    ("mixtral", {"start": "pissa"}, {}, "method.start", "lora.experts_start"),
    ("mixtral", {"updates": "plus"}, {}, "method.updates", "lora.experts_updates"),
    ("mixtral", {}, {"quantisation": "nf4"}, "training.quantisation", "lora.experts_quantised"),
]


@pytest.mark.parametrize(("family", "values", "training", "place", "code"), _REFUSED)
def test_what_experts_cannot_do_is_refused_where_it_was_chosen(
    zoo: ZooKeeper, family: str, values: dict[str, Any], training: dict[str, Any], place: str, code: str
) -> None:
    lora, shape = method_of("lora"), _shape(_model(zoo, family))
    faults = refused(lora, shape, *methods.settings_of(lora, training, experts=True, rank=8, **values))
    assert {where: fault["code"] for where, fault in faults.items()} == {place: code}
    assert _sentence(faults[place])


@pytest.mark.parametrize("key", ["prompt_tuning", "p_tuning"])
def test_virtual_tokens_are_refused_where_words_alone_are_multiplied(zoo: ZooKeeper, key: str) -> None:
    config, method = _model(zoo, "falcon-h1").config.to_dict(), method_of(key)
    assert not refused(method, shape_of(config), *methods.settings_of(method))
    faults = refused(method, shape_of({**config, "embedding_multiplier": 5.65}), *methods.settings_of(method))
    assert faults["method"]["code"] == "prompt_tuning.scaled_words"
    assert _sentence(faults["method"])


# ---------------------------------------------------------------- what is said of it


def test_what_stays_as_it_is_is_said_by_the_models_own_names(zoo: ZooKeeper) -> None:
    lora = method_of("lora")
    values, _ = methods.settings_of(lora)
    adapted, kept = lora.reach(_shape(_model(zoo, "falcon-h1")), values)
    assert "mamba.in_proj" in adapted
    assert kept == ["mamba.out_proj"]
    adapted, kept = lora.reach(_shape(_model(zoo, "phi-3")), values)
    assert "qkv_proj" in adapted
    assert not kept
    _adapted, kept = lora.reach(_shape(_model(zoo, "qwen-3-moe")), values)
    assert kept == ["experts"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_chosen_forward_is_right_for_it(zoo: ZooKeeper, family: str) -> None:
    """Packed or not: each example's loss is what it is alone."""
    model = _model(zoo, family).eval()
    forward = choose_forward(model, model.config.get_text_config(decoder=True).vocab_size, nullcontext(), pack=True)
    group, padded = _examples(model), Padded(model)
    with torch.no_grad():
        with forward.session(group):
            together = float(forward.cross_entropy(group))
        alone = sum(float(padded.cross_entropy([example])) for example in group)
    assert together == pytest.approx(alone, rel=1e-4)
    assert (forward.name == "packed") == _shape(model).keeps.packs  # the plan counts with the same


@pytest.mark.parametrize("family", ["falcon-h1", "lfm-2", "jamba"])
def test_states_that_run_on_from_example_to_example_are_found_however_coarse_the_numbers(
    zoo: ZooKeeper, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = _model(zoo, family).eval()
    monkeypatch.setattr(forward_module, "_may_pack", lambda _model: True)
    assert not forward_module._keeps_apart(model, Packed(model), model.config.vocab_size)
    monkeypatch.setattr(forward_module, "_tolerance", lambda _model: 0.02)
    assert choose_forward(model, model.config.vocab_size, nullcontext(), pack=True).name == "padded"
