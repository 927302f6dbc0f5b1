"""What a model folder holds, and whether it may be loaded. Reads JSON and headers only: no weights, no code of the model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.models.base.tensors import read_header

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
_PRIVATE_KEY = re.compile(r"^_.*_implementation_internal$")
_LONGEST_JSON = 64 * 1024 * 1024
_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "seq_length")
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
    return Inspection(config, weights, sum(count_parameters(file) for file in weights), _context_length(config))


def read_config(folder: Path) -> dict[str, Any]:
    """config.json, after every check that needs no weights. Raises Fault("model.*")."""
    config = _read_json(folder / "config.json")
    _refuse_code(config, "config.json")
    for name in ("tokenizer_config.json", "generation_config.json"):
        if (folder / name).is_file():
            _refuse_code(_read_json(folder / name), name)
    if "quantization_config" in config:
        method = config["quantization_config"]
        raise Fault("model.quantised", method=str(method.get("quant_method", "?") if isinstance(method, dict) else "?"))
    kinds = [str(kind) for kind in config.get("architectures") or ()]
    if kinds and not any(kind.endswith(("ForCausalLM", "LMHeadModel")) for kind in kinds):
        raise Fault("model.not_a_language_model", architecture=", ".join(kinds))
    return config


def _read_json(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LONGEST_JSON:
            raise Fault("model.file_broken", file=file.name)
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Fault("model.file_missing", file=file.name) from None
    except (OSError, ValueError, RecursionError):
        raise Fault("model.file_broken", file=file.name) from None
    if not isinstance(content, dict):
        raise Fault("model.file_broken", file=file.name)
    return content


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _refuse_code(content: dict[str, Any], name: str) -> None:
    """Refuse settings that make a loader run or fetch code."""
    for key in _keys(content):
        if key == "auto_map":
            raise Fault("model.own_code", file=name)
        if _PRIVATE_KEY.match(key):
            raise Fault("model.private_key", file=name, key=key[:80])


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that a folder is loaded from. Raises Fault("model.*")."""
    index = folder / "model.safetensors.index.json"
    if (folder / "model.safetensors").is_file():
        return (folder / "model.safetensors",)
    if index.is_file():
        names = _read_json(index).get("weight_map")
        if not isinstance(names, dict) or not names:
            raise Fault("model.file_broken", file=index.name)
        return tuple(_part(folder, str(name)) for name in sorted(set(names.values())))
    if any(next(folder.glob(pattern), None) for pattern in _PICKLES):
        raise Fault("model.pickle_only")
    raise Fault("model.no_weights")


def _part(folder: Path, name: str) -> Path:
    if Path(name).name != name:
        raise Fault("model.file_broken", file="model.safetensors.index.json")
    if not (folder / name).is_file():
        raise Fault("model.file_missing", file=name)
    return folder / name


def count_parameters(file: Path) -> int:
    """Numbers in a safetensors file, by its header. Raises Fault("model.file_broken") also for a truncated file."""
    tensors, _metadata = read_header(file)
    return sum(tensor.numbers for tensor in tensors)


def _context_length(config: dict[str, Any]) -> int | None:
    found = (config.get(key) for key in _CONTEXT_KEYS)
    return next((value for value in found if isinstance(value, int) and value > 0), None)


def hash_file(file: Path, on_bytes: Callable[[int], None] = lambda _count: None) -> str:
    """sha256 of a file; `on_bytes` hears of each block."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


def hash_weights(files: tuple[Path, ...], on_bytes: Callable[[int], None] = lambda _count: None) -> str:
    """sha256 of one weights file; of several, the sha256 over their names and hashes."""
    hashes = [(file.name, hash_file(file, on_bytes)) for file in files]
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256("".join(f"{name}:{value}\n" for name, value in hashes).encode()).hexdigest()
