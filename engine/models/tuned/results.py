"""What a result folder holds, by the files that lie in it. Imports no torch: pages ask this too.

| file | kind |
|---|---|
| adapter_config.json of a prompt-learning type | "virtual": vectors in front of every prompt |
| adapter_config.json | "adapter": modules of PEFT, or registered with it, on top of the base's |
| delta.safetensors | "delta": replaced numbers of the base (`engine.models.tuned.deltas`) |
| ladder.json | "side": a network that reads the base's activations (`engine.training.tuners`) |
| shots.json | "shots": examples to put before a conversation |
| config.json | "model": stands alone |
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from engine.core.errors import Fault
from engine.core.small_files import read_object

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
DELTA, SIDE, SHOTS, MODEL = "delta.safetensors", "ladder.json", "shots.json", "config.json"
HEAD = "head.safetensors"  # beside any of them: the result says one number of a text
_VIRTUAL = frozenset({"PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"})
Kind = Literal["virtual", "adapter", "delta", "side", "shots", "model"]


def kind_of(folder: Path) -> Kind:
    """What the folder holds. Raises Fault("chat.no_safetensors") when it is nothing that may be opened."""
    if (folder / ADAPTER_CONFIG).is_file():
        if not (folder / ADAPTER_WEIGHTS).is_file():  # PEFT would fall back on a pickle
            raise Fault("chat.no_safetensors")
        return "virtual" if adapter_config(folder)["peft_type"] in _VIRTUAL else "adapter"
    kinds: tuple[tuple[str, Kind], ...] = ((DELTA, "delta"), (SIDE, "side"), (SHOTS, "shots"), (MODEL, "model"))
    for name, kind in kinds:
        if (folder / name).is_file():
            return kind
    raise Fault("chat.no_safetensors")


def adapter_config(folder: Path) -> dict[str, Any]:
    """PEFT's own description of the adapter. Raises Fault("model.file_broken") and its like where it is none."""
    return read_object(folder / ADAPTER_CONFIG)


def virtual_tokens(folder: Path) -> int:
    """How many places of the context the result takes up before the first word."""
    if not (folder / ADAPTER_CONFIG).is_file():
        return 0
    return int(adapter_config(folder).get("num_virtual_tokens") or 0)
