"""The number format that weights are stored in, by the headers of their files: what a config says of it may be missing or wrong.

Imports no torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from engine.core.errors import Fault
from engine.core.small_files import read_object
from engine.models.base.inspect import LANGUAGE_MODELS
from engine.models.base.tensors import StoredTensor, read_header

_HEADERS = {"F32": "fp32", "BF16": "bf16", "F16": "fp16"}
_WEIGHTS = "model*.safetensors"


def stored_bytes(folder: Path) -> dict[str, int]:
    """Number formats of a folder's weights, as safetensors names them, by the number of their bytes. Raises Fault("model.file_broken")."""
    return _bytes_of(tensor for file in sorted(folder.glob(_WEIGHTS)) for tensor in read_header(file)[0])


def _bytes_of(tensors: Iterable[StoredTensor]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tensor in tensors:
        found[tensor.dtype] = found.get(tensor.dtype, 0) + tensor.bytes
    return found


def format_of(tensors: Iterable[StoredTensor]) -> str:
    """The format of most of the bytes of some tensors: "bf16" or "fp16", else "fp32"."""
    return _most(_bytes_of(tensors))


def stored_format(folder: Path) -> str:
    """The format of most of the bytes: "bf16" or "fp16", else "fp32", which is also the answer where no file can be read."""
    stamps = tuple((file.name, file.stat().st_mtime_ns) for file in sorted(folder.glob(_WEIGHTS)) if file.exists())
    return _format(folder, stamps)


@lru_cache(maxsize=64)
def _format(folder: Path, _stamps: tuple[tuple[str, int], ...]) -> str:
    try:
        found = stored_bytes(folder)
    except (OSError, Fault):
        return "fp32"
    return _most(found)


def _most(found: Mapping[str, int]) -> str:
    return _HEADERS.get(max(found, key=lambda name: found[name], default=""), "fp32")


def tell_config(folder: Path, dtype: str, architectures: Sequence[str] | None) -> None:
    """Let the config.json of `folder` say that its weights are in that format (in nested parts too), and what it is called."""
    file = folder / "config.json"
    config = read_object(file)
    for part in [config, *(value for value in config.values() if isinstance(value, dict))]:
        if part is config or {"dtype", "torch_dtype"} & part.keys():
            part.pop("torch_dtype", None)
            part["dtype"] = dtype
    written = [name for name in config["architectures"] if name.endswith(LANGUAGE_MODELS)]
    config["architectures"] = list(architectures or written)
    file.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
