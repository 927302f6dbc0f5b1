"""The data sets that ship with the product."""

from __future__ import annotations

from pathlib import Path

from engine.core.text import Text

SAMPLES = {
    "en": Text("data.samples.builtin.samples.en"),
    "zh": Text("data.samples.builtin.samples.zh"),
}
_FOLDER = Path(__file__).parent


def sample_file(key: str) -> Path:
    """The rows of one sample."""
    return _FOLDER / f"{key}.jsonl"
