"""What a family of models is to GGUF: one frozen value with its name there, its measures and where its tensors go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.text import Text

if TYPE_CHECKING:
    from gguf import GGUFWriter
    from torch import Tensor

    Tensors = Iterable[tuple[str, Tensor]]
Config = Any  # of transformers, whose attributes have the same names in every family


@dataclass(frozen=True)
class GgufFamily:
    """One architecture of llama.cpp, and the models of transformers that are of it.

    Attributes:
        arch: its name in files ("general.architecture").
        model_types: of config.json.
        settings: (file, config) -> writes the measures that llama.cpp reads for it.
        move: (name, tensor, config) -> the tensors that llama.cpp wants in its place, by names that `gguf` knows. It must work on
            tensors without numbers ("meta") as well, and leave the given one as it is.
        further: (config) -> further tensors, by the names that they have in the file.
        why_not: (config.json) -> why a model of the family cannot be written; None where it can.
    """

    arch: str
    model_types: tuple[str, ...]
    settings: Callable[[GGUFWriter, Config], None]
    move: Callable[[str, Tensor, Config], Tensors] = lambda name, tensor, _config: ((name, tensor),)
    further: Callable[[Config], Tensors] = lambda _config: ()
    why_not: Callable[[Mapping[str, Any]], Text | None] = lambda _config: None
