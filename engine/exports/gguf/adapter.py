"""What was learnt as a GGUF file of its own, which llama.cpp puts on the base: a pair of small matrices for each large one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.exports.gguf.families import family_of
from engine.exports.gguf.tensors import TensorNames
from engine.models.tuned.results import ADAPTER_WEIGHTS, adapter_config

if TYPE_CHECKING:
    from torch import Tensor

    from engine.exports.gguf.common.family import Config, GgufFamily

_PREFIX = "base_model.model."
_PROBED = 8  # columns of a matrix that are looked at


@dataclass(frozen=True)
class Pair:
    """What is added to one matrix: `b @ a` times `strength / rank`.

    Attributes:
        name: of the matrix's module.
        a, b: (rank, inputs) and (outputs, rank).
        strength: LoRA's alpha, whatever the adapter calls it.
    """

    name: str
    a: Tensor
    b: Tensor
    strength: float


def write_adapter(folder: Path, config: Config, name: str, file: Path) -> dict[str, int]:
    """Write the adapter of a folder, in fp32; how many matrices it changes, and its strength.

    Raises:
        Fault: "export.gguf_adapter_kind" for what is no such pair, "export.gguf_tensor" for a matrix that llama.cpp does not have.
    """
    from gguf import GGUFWriter

    family = family_of(config.model_type)
    assert family is not None, "forms ask before"
    pairs = pairs_of(folder)
    strength = Counter(pair.strength for pair in pairs).most_common(1)[0][0]
    turned = bool(adapter_config(folder).get("fan_in_fan_out"))
    names = TensorNames(family, config)
    writer = GGUFWriter(file, family.arch)
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", strength)
    for pair in pairs:
        for moved, b in _moved(pair, family, config, turned=turned):
            stored = names.of(moved)
            writer.add_tensor(f"{stored}.lora_a", pair.a.contiguous().numpy())
            writer.add_tensor(f"{stored}.lora_b", (b * (pair.strength / strength)).contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {"matrices": len(pairs)}


def _moved(pair: Pair, family: GgufFamily, config: Config, *, turned: bool) -> Iterator[tuple[str, Tensor]]:
    """The larger matrix as the family's file has the rows of the matrix that it changes."""
    import torch

    name = f"{pair.name}.weight"
    few = pair.a[:, :_PROBED]
    change = pair.b @ few
    parts = list(family.move(name, pair.b.t() if turned else pair.b, config))
    whole = [its for _name, its in family.move(name, change.t() if turned else change, config)]
    for (moved, b), expected in zip(parts, whole, strict=True):
        if b.shape[-1] != few.shape[0] or not torch.allclose(b @ few, expected, rtol=1e-4, atol=1e-6):
            raise Fault("export.gguf_adapter_kind", part=pair.name)
        yield moved, b


def pairs_of(folder: Path) -> list[Pair]:
    """All that an adapter changes. Raises Fault("export.gguf_adapter_kind") where that is no pair of matrices for each."""
    from safetensors.torch import load_file

    config = adapter_config(folder)
    kind = str(config["peft_type"])
    tensors = {name: one.float() for name, one in load_file(folder / ADAPTER_WEIGHTS).items()}
    if kind not in _KINDS or config.get("use_dora") or config.get("target_parameters"):
        raise Fault("export.gguf_adapter_kind", part="DoRA" if config.get("use_dora") else kind)
    used: set[str] = set()
    pairs = list(_KINDS[kind](tensors, config, used))
    others = sorted(set(tensors) - used)
    if others or not pairs:
        raise Fault("export.gguf_adapter_kind", part=others[0] if others else kind)
    return pairs


def _lora(tensors: Mapping[str, Tensor], config: Mapping[str, Any], used: set[str]) -> Iterator[Pair]:
    for name in _modules(tensors, ".lora_A.weight"):
        a, b = tensors[f"{name}.lora_A.weight"], tensors[f"{name}.lora_B.weight"]
        used |= {f"{name}.lora_A.weight", f"{name}.lora_B.weight"}
        alpha = float(_by_pattern(name, config.get("alpha_pattern"), config["lora_alpha"]))
        rank = a.shape[0]
        yield Pair(_plain(name), a, b, alpha * rank**0.5 if config.get("use_rslora") else alpha)


def _adalora(tensors: Mapping[str, Tensor], config: Mapping[str, Any], used: set[str]) -> Iterator[Pair]:
    """Singular values are put into the smaller matrix; PEFT divides by how many are left."""
    for name in _modules(tensors, ".lora_A"):
        parts = {part: f"{name}.{part}" for part in ("lora_A", "lora_B", "lora_E")}
        used |= {*parts.values(), f"{name}.ranknum"} & tensors.keys()
        a, b = tensors[parts["lora_A"]] * tensors[parts["lora_E"]], tensors[parts["lora_B"]]
        left = float(tensors[f"{name}.ranknum"]) if f"{name}.ranknum" in tensors else float(a.shape[0])
        yield Pair(_plain(name), a, b, float(config["lora_alpha"]) * a.shape[0] / (left + 1e-5))


_KINDS = {"LORA": _lora, "ADALORA": _adalora}


def _modules(tensors: Mapping[str, Tensor], ending: str) -> list[str]:
    return sorted(name.removesuffix(ending) for name in tensors if name.endswith(ending))


def _plain(name: str) -> str:
    """As the model itself calls the module."""
    return name.removeprefix(_PREFIX)


def _by_pattern(name: str, patterns: Mapping[str, Any] | None, usual: Any) -> Any:
    """What PEFT takes for a module: the first pattern that is its name's end, or matches it."""
    plain = _plain(name)
    found = (value for pattern, value in (patterns or {}).items() if re.match(rf"(.*\.)?({pattern})$", plain))
    return next(found, usual)
