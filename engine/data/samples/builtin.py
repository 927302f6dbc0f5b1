"""The data sets that ship with the product."""

from __future__ import annotations

from pathlib import Path

from engine.core.text import Text

SAMPLES = {
    "en": Text("Pip of Fennick Lamps", "芬尼克灯具店的 Pip"),
    "zh": Text("Xiaoman of the moon lamp", "月灯店的小满"),
}
_FOLDER = Path(__file__).parent


def sample_file(key: str) -> Path:
    """The rows of one sample."""
    return _FOLDER / f"{key}.jsonl"
