"""The number format that a model's weights are stored in, as far as it is told: no file of weights is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}  # of a number
NAMES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}  # as configs and torch call them


def told_format(config: Mapping[str, Any]) -> str:
    """The format that the model's row tells of: as it was found when the model was prepared, else as config.json says."""
    found = config.get("_tunesmith", {}).get("stored")
    text = config.get("text_config")
    every = [config, text if isinstance(text, Mapping) else {}]
    said = next((str(part[key]) for part in every for key in ("dtype", "torch_dtype") if part.get(key)), "")
    return found or next((name for name, word in NAMES.items() if word == said.removeprefix("torch.")), "fp32")
