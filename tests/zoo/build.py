"""Writes a model of the zoo to a folder, by transformers' own classes; nothing is fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from tests.zoo import tokenizers
from tests.zoo.declaration import ZooModel

_TEMPLATES = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "unit" / "data" / "templates")
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_SPREAD = 0.08  # of fresh weights: as initialised, a tiny model repeats one token for ever
_NAMES = {"bos_token_id": "bos_token", "eos_token_id": "eos_token", "pad_token_id": "pad_token"}


def write(model: ZooModel, folder: Path, *, seed: int = 0) -> Path:
    """The model's folder, as it would come from a hub; where it lies in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizers.write(model.tokens, folder, template_of(model))
    made = fresh(model, tokenizer, seed)
    save(model, made, folder)
    for change in model.finish:
        folder = change(folder)
    return folder


def template_of(model: ZooModel) -> str | None:
    """Its chat template."""
    if model.template is None:
        return None
    file = next(
        place / f"{model.template}.jinja" for place in _TEMPLATES if (place / f"{model.template}.jinja").is_file()
    )
    return file.read_text(encoding="utf-8").removesuffix("\n")


def fresh(model: ZooModel, tokenizer: Tokenizer, seed: int = 0) -> Any:
    """The model in memory, in fp32, with random weights."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    made: Any = AutoModelForCausalLM.from_config(config_of(model, tokenizer))
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim >= 2:
                nn.init.normal_(parameter, std=_SPREAD)
    return made.eval()


def config_of(model: ZooModel, tokenizer: Tokenizer | None = None) -> Any:
    """Its configuration, for that tokenizer (its own)."""
    from transformers import AutoConfig

    tokenizer = tokenizer or tokenizers.tokenizer_of(model.tokens)
    marks = {key: _number(model, tokenizer, name) for key, name in _NAMES.items()}
    rows = tokenizer.get_vocab_size() + model.spare
    return AutoConfig.for_model(model.family, vocab_size=rows, **{**model.sizes, **marks, **model.config})


def _number(model: ZooModel, tokenizer: Tokenizer, name: str) -> int | None:
    token = model.tokens.named.get(name)
    return None if token is None else int(tokenizer.token_to_id(token))


def save(model: ZooModel, made: Any, folder: Path) -> None:
    """config.json, generation_config.json and the weights, in the format in which the real ones are stored."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.to(_DTYPES[model.stored]).save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    named = config.pop("dtype", None)
    if model.said:
        config[model.said] = named
    _write(folder / "config.json", config)
    ends = [tokenizer.token_to_id(token) for token in model.ends or (model.tokens.named["eos_token"],)]
    marks = {key: config[key] for key in ("bos_token_id", "pad_token_id") if config.get(key) is not None}
    generation = {**marks, "eos_token_id": ends[0] if len(ends) == 1 else ends, **model.generation}
    _write(folder / "generation_config.json", generation)


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
