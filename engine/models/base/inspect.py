"""What a model folder holds, and whether it may be loaded. Reads JSON and headers only: no weights, no code of the model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.small_files import read_object
from engine.models.base.tensors import StoredTensor, read_header
from engine.models.trust.foreign_files import refuse_foreign
from engine.models.trust.settings_keys import refuse_keys

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
LANGUAGE_MODELS = ("ForCausalLM", "LMHeadModel")  # how the names of architectures end that answer in text
_OTHER_SETTINGS = (
    "tokenizer_config.json", "generation_config.json", "special_tokens_map.json", "processor_config.json",
    "preprocessor_config.json", "video_preprocessor_config.json",
)  # fmt: skip
_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")
_DEPTHS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_WIDTHS = (
    "hidden_size", "n_embd", "d_model", "dim", "intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "head_dim",
    "num_attention_heads", "n_head", "n_heads", "num_heads", "num_key_value_heads", "num_experts", "num_local_experts",
    "n_routed_experts",
)  # fmt: skip
_LONGEST_CONTEXT = 2**53  # tokens; more is no number of any model, and no database holds it
_BLOCK = 4 * 1024 * 1024


@dataclass(frozen=True)
class Inspection:
    """A folder that may be loaded."""

    config: dict[str, Any]  # the model's config.json
    weights: tuple[Path, ...]  # its safetensors files
    parameters: int  # numbers in them
    context_length: int | None  # tokens; None where the config does not say

    @property
    def bytes(self) -> int:
        """Size of the weights."""
        return sum(file.stat().st_size for file in self.weights)


def inspect_folder(folder: Path) -> Inspection:
    """Check a folder with config.json and safetensors.

    Raises:
        Fault: "model.*", with what is wrong and in which file.
    """
    config = read_config(folder)
    weights = weight_files(folder)
    tensors = [one for file in weights for one in read_header(file)[0]]
    parameters = sum(one.numbers for one in tensors)
    _refuse_sizes(config, len(tensors), parameters)
    return Inspection(config, weights, parameters, _context_length(config))


def inspect_ahead(folder: Path, tensors: Sequence[StoredTensor]) -> Inspection:
    """As `inspect_folder`, where the weights are not there yet: `tensors` are what their headers name. Raises Fault("model.*")."""
    config = read_config(folder)
    parameters = sum(one.numbers for one in tensors)
    _refuse_sizes(config, len(tensors), parameters)
    return Inspection(config, (), parameters, _context_length(config))


def _refuse_sizes(config: Mapping[str, Any], tensors: int, parameters: int) -> None:
    """A config.json that speaks of more than the weights can hold would keep whoever builds the model busy for days.

    Raises:
        Fault: "model.size_beyond".
    """
    inner = config.get("text_config")
    for part in (config, inner if isinstance(inner, Mapping) else {}):
        for key, most in (*((key, tensors) for key in _DEPTHS), *((key, parameters) for key in _WIDTHS)):
            value = part.get(key)
            if isinstance(value, int | float) and value > most:
                raise Fault("model.size_beyond", key=key, value=f"{value:,}"[:60], most=most)


def read_config(folder: Path) -> dict[str, Any]:
    """config.json, after every check that needs no weights. Raises Fault("model.*")."""
    refuse_foreign(folder)
    config = read_object(folder / "config.json")
    refuse_keys(config, "config.json")
    for name in _OTHER_SETTINGS:
        if (folder / name).is_file():
            refuse_keys(read_object(folder / name), name)
    kinds = [str(kind) for kind in config.get("architectures") or ()]
    if kinds and not any(kind.endswith(LANGUAGE_MODELS) for kind in kinds):
        raise Fault("model.not_a_language_model", architecture=", ".join(kinds))
    return config


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that a folder is loaded from. Raises Fault("model.*")."""
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file():
        return (folder / "model.safetensors",)
    if index.is_file():
        names = read_object(index).get("weight_map")
        if not isinstance(names, dict) or not names or not all(isinstance(name, str) for name in names.values()):
            raise Fault("model.file_broken", file=index.name)
        return tuple(_part(folder, name) for name in sorted(set(names.values())))
    if any(next(folder.glob(pattern), None) for pattern in _PICKLES):
        raise Fault("model.pickle_only")
    raise Fault("model.no_weights")


def _part(folder: Path, name: str) -> Path:
    if Path(name).name != name or "\\" in name or not name.endswith(".safetensors"):
        raise Fault("model.file_broken", file="model.safetensors.index.json")
    if not (folder / name).is_file():
        raise Fault("model.file_missing", file=name)
    return folder / name


def _context_length(config: dict[str, Any]) -> int | None:
    found = (config.get(key) for key in _CONTEXT_KEYS)
    return next((value for value in found if isinstance(value, int) and 0 < value < _LONGEST_CONTEXT), None)


def hash_file(file: Path, on_bytes: Callable[[int], None] = lambda _count: None) -> str:
    """sha256 of a file; `on_bytes` hears of each block."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def hash_of_parts(hashes: Mapping[str, str]) -> str:
    """sha256 of one weights file; of several, the sha256 over their names and hashes."""
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    return hashlib.sha256("".join(f"{name}:{value}\n" for name, value in hashes.items()).encode()).hexdigest()
