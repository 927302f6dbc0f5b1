"""Which adapters can be merged, with the reason for those that cannot. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.models.tuned.results import HEAD, adapter_config, kind_of

FEWEST, MOST = 2, 64
STRONGEST = 4.0  # weight of an adapter, forwards or backwards
_LORA = "LORA"
_FURTHER = ("modules_to_save", "trainable_token_indices")


def rank_in(config: Mapping[str, Any]) -> int:
    """The highest rank that an adapter has anywhere."""
    return max(int(config["r"]), *(int(rank) for rank in (config.get("rank_pattern") or {}).values()), 0)


def refusal(folder: Path, name: str, saved: str) -> Fault | None:
    """Why a tuned model cannot be merged with others of its base; None where it can.

    Args:
        folder: its files.
        name: as people call it.
        saved: how it is saved, as `Method.saves` names it.
    """
    try:
        if saved != "adapter" or kind_of(folder) != "adapter":
            return Fault("merging.no_adapter", name=name)
        config = adapter_config(folder)
    except Fault as fault:
        return fault
    if config.get("peft_type") != _LORA:
        return Fault("merging.other_kind", name=name, kind=str(config.get("peft_type"))[:40])
    if (folder / HEAD).is_file():
        return Fault("merging.scores", name=name)
    return _by_settings(config, name)


def _by_settings(config: Mapping[str, Any], name: str) -> Fault | None:
    if config.get("use_dora"):
        return Fault("merging.dora", name=name)
    if config.get("target_parameters"):
        return Fault("merging.experts", name=name)
    further = [key for key in _FURTHER if config.get(key)]
    if config.get("bias", "none") != "none" or config.get("lora_bias"):
        further.append("bias")
    return Fault("merging.further_weights", name=name, what=", ".join(further)) if further else None


def check_weights(weights: Sequence[Any], names: Sequence[str]) -> list[float]:
    """The weights as numbers.

    Raises:
        Fault: "merging.too_few", "merging.too_many", "merging.bad_weight", "merging.no_weight".
    """
    if len(weights) < FEWEST:
        raise Fault("merging.too_few")
    if len(weights) > MOST:
        raise Fault("merging.too_many", count=len(weights), most=MOST)
    for weight, name in zip(weights, names, strict=True):
        known = isinstance(weight, int | float) and not isinstance(weight, bool) and math.isfinite(weight)
        if not known or abs(weight) > STRONGEST:
            raise Fault("merging.bad_weight", name=name, weight=str(weight)[:20], most=STRONGEST)
        if weight == 0:
            raise Fault("merging.no_weight", name=name)
    return [float(weight) for weight in weights]
