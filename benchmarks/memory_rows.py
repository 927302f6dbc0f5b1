"""Random training jobs for `benchmarks.memory`: drawn by a seed, so that nobody chose the settings that the plan is judged by."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.methods.adalora import LEAST_STEPS
from tests.methods import Case, cases

ROOT = Path(__file__).resolve().parents[1]
STARTER = "starter"
SHAPES: Mapping[str, Mapping[str, Any]] = {  # grouped heads and tied; biases, grouped heads, a head of its own; neither
    "llama": {
        "model_type": "llama", "vocab_size": 4096, "hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 16,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 2048, "tie_word_embeddings": True,
    },
    "qwen2": {
        "model_type": "qwen2", "vocab_size": 8192, "hidden_size": 192, "intermediate_size": 512, "num_hidden_layers": 12,
        "num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 2048, "tie_word_embeddings": False,
    },
    "gpt2": {
        "model_type": "gpt2", "vocab_size": 6144, "n_embd": 128, "n_layer": 12, "n_head": 4, "n_positions": 2048,
        "tie_word_embeddings": True,
    },
}  # fmt: skip
_SHARE = {"llama": 0.32, "qwen2": 0.32, "gpt2": 0.26, STARTER: 0.1}
_BATCHES = (1, 2, 3, 5, 8)
_LENGTHS = (64, 129, 200, 256, 333, 512, 640, 777)
_RANKS = (2, 5, 8, 16, 33, 64)
_FORMATS = ("nf4", "fp4", "int8")
_MOST = {STARTER: 512}  # tokens of a step: a small processor works on it for a quarter of a minute
_MOST_TOKENS = 2000


def drawn(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many different jobs: {"model", "spec": {"method", "method_params", "training"}, "compared", "lengths"}."""
    numbers, known = random.Random(seed), cases()
    found = 0
    while found < count:
        row = _row(numbers, known)
        if row is not None:
            found += 1
            yield row


def _row(numbers: random.Random, known: list[Case]) -> dict[str, Any] | None:
    """One job; None where its parts do not go together."""
    model = numbers.choices([*_SHARE], [*_SHARE.values()])[0]
    case = numbers.choice(known)
    batch, length = numbers.choice(_BATCHES), numbers.choice(_LENGTHS)
    values, training = dict(case.values), dict(case.training)
    rank, dropped, held = numbers.choice(_RANKS), numbers.random() < 0.35, numbers.random() < 0.3
    packing, recompute = numbers.choice(_FORMATS), numbers.random() < 0.35
    compared = numbers.random() < 0.2
    keys = {param.key for param in case.method.params}
    values |= {key: rank for key in ("rank",) if key in keys and key not in case.values}
    values |= {"dropout": 0.1} if dropped and "dropout" in keys else {}
    if held and case.method.capabilities.quantised_base:
        training["quantisation"] = packing
    if case.method.capabilities.checkpointing:
        training["checkpointing"] = "on" if recompute else "off"
    training |= {"batch_size": batch, "max_length": length, "evaluations": 1 if compared else 0}
    training["scored_answers"] = 20 if compared else 0
    if batch * length > _MOST.get(model, _MOST_TOKENS) or _wrong(model, case, values, training):
        return None
    steps = LEAST_STEPS if "target_rank" in keys else 2
    training["epochs"] = steps / 2
    lengths = [length] + [round(length * numbers.uniform(0.6, 1.0)) for _ in range(2 * batch - 1)]
    spec = {"method": case.method.key, "method_params": values, "training": training}
    return {"model": model, "name": str(case), "spec": spec, "compared": compared, "lengths": lengths}


def _wrong(model: str, case: Case, values: dict[str, Any], training: dict[str, Any]) -> bool:
    folder = folder_of(model)
    return bool(Case(case.method, values).refused(folder, {"quantisation": training.get("quantisation", "none")}))


# ---------------------------------------------------------------- models


def folder_of(model: str) -> Path:
    """Where the model's config and weights are; those of random models are made once."""
    if model == STARTER:
        from tests.starter import prepared_starter

        return prepared_starter() / "weights"
    folder = ROOT / "build" / "memory-models" / model
    if not (folder / "config.json").is_file():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM

        torch.manual_seed(0)
        AutoModelForCausalLM.from_config(AutoConfig.for_model(**SHAPES[model])).save_pretrained(folder)
    return folder


def config_of(model: str) -> dict[str, Any]:
    """Its config.json."""
    config: dict[str, Any] = json.loads((folder_of(model) / "config.json").read_text())
    return config
