"""The number format that weights are stored in: what the files hold counts, not what a config says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from engine.core.errors import Fault
from engine.models.architecture.shape import shape_of
from engine.models.architecture.told_format import BYTES, told_format
from engine.models.base.number_formats import stored_bytes, stored_format, tell_config
from engine.models.tuned.rounding import cast_to, check_range, fitting, round_to, save_as
from tests.zoo import ZOO
from tests.zoo.keeper import ZooKeeper

FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@pytest.mark.parametrize("model", ZOO, ids=str)
def test_the_format_is_found_whatever_the_config_says(zoo: ZooKeeper, model: object) -> None:
    key, stored = str(model), next(one.stored for one in ZOO if str(one) == str(model))
    assert stored_format(zoo.folder(key)) == stored


def test_most_of_the_bytes_decide_and_a_config_that_says_otherwise_does_not(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"dtype": "float32"}))
    tensors = {"large": torch.ones(64, 64, dtype=torch.bfloat16), "norm": torch.ones(64)}
    save_file(tensors, tmp_path / "model.safetensors")
    save_file({"consolidated": torch.ones(9_999)}, tmp_path / "consolidated.safetensors")
    assert stored_bytes(tmp_path) == {"BF16": 8192, "F32": 256}
    assert stored_format(tmp_path) == "bf16"
    save_file({"large": torch.ones(64, 64, dtype=torch.float16)}, tmp_path / "model.safetensors")
    assert stored_format(tmp_path) == "fp16", "a file that was written anew is read anew"


@pytest.mark.parametrize("content", [b"", b"\xff" * 9, b"\x02\0\0\0\0\0\0\0{}", b"\x02\0\0\0\0\0\0\0[]"])
def test_folders_that_tell_nothing_count_as_fp32(tmp_path: Path, content: bytes) -> None:
    assert stored_format(tmp_path) == "fp32"
    (tmp_path / "model.safetensors").write_bytes(content)
    assert stored_format(tmp_path) == "fp32"


def test_a_config_is_told_its_format_in_every_part(tmp_path: Path) -> None:
    config = {"architectures": ["Gemma3ForConditionalGeneration"], "torch_dtype": "float32", "text_config": {"dtype": "float32"}, "rope": {"a": 1}}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    tell_config(tmp_path, "bfloat16", None)
    told = {"architectures": [], "dtype": "bfloat16", "text_config": {"dtype": "bfloat16"}, "rope": {"a": 1}}
    assert json.loads((tmp_path / "config.json").read_text()) == told


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, "fp32"), ({"dtype": "bfloat16"}, "bf16"), ({"torch_dtype": "torch.float16"}, "fp16"), ({"dtype": "auto"}, "fp32"),
        ({"dtype": None, "text_config": {"torch_dtype": "bfloat16"}}, "bf16"), ({"dtype": "float32", "_tunesmith": {"stored": "fp16"}}, "fp16"),
        ({"torch_dtype": "bfloat16", "_tunesmith": {"default_template": True}}, "bf16"),
    ],
)  # fmt: skip
def test_plans_go_by_what_was_found_at_preparation_or_else_by_the_config(config: dict[str, Any], told: str) -> None:
    """Models of earlier versions have only the config."""
    assert told_format(config) == told
    llama = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 512}
    inner = {"text_config": llama | config["text_config"]} if "text_config" in config else {}
    assert shape_of(llama | config | inner, 1_000).number_bytes == BYTES[told]


# ---------------------------------------------------------------- rounding


@pytest.mark.parametrize("format", ["bf16", "fp16"])
@pytest.mark.parametrize("key", ["llama-3", "gemma-3", "gpt-oss", "deepseek-r1", "falcon-h1", "gpt-2", "mixtral"])
def test_rounded_weights_are_those_that_a_load_in_that_format_has(
    zoo: ZooKeeper, tmp_path: Path, key: str, format: str
) -> None:
    """Buffers are left alone, and what loading keeps in fp32 stays."""
    model = AutoModelForCausalLM.from_pretrained(zoo.folder(key), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.000123)
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    save_as(model, format, tmp_path)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}, "the model itself stays as it is"
    fresh = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=FORMATS[format])
    round_to(model, format)
    cast_to(model, format)
    mine, theirs = model.state_dict(), fresh.state_dict()
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if mine[name].dtype != theirs[name].dtype] == []
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    kept = [name for name, buffer in model.named_buffers() if name not in mine]
    assert all(torch.equal(buffers[name], dict(model.named_buffers())[name]) for name in kept)
    assert (key in ("gpt-2",)) or kept, "rotary frequencies"
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == str(FORMATS[format]).removeprefix("torch.")


def test_numbers_beyond_a_format_are_found_by_name(zoo: ZooKeeper, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(zoo.folder("llama-3"), dtype=torch.float32)
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[3, 4] = -70_000.0
    assert [fitting(model, format) for format in ("fp32", "bf16", "fp16")] == ["fp32", "bf16", "fp32"]
    check_range(model, "bf16")
    with pytest.raises(Fault, match=r"export\.overflow") as refused:
        save_as(model, "fp16", tmp_path / "no")
    assert refused.value.params == {
        "name": "model.layers.1.mlp.up_proj.weight", "largest": "7e+04", "dtype": "fp16", "most": "65,504",
    }  # fmt: skip
    assert not (tmp_path / "no").exists()
