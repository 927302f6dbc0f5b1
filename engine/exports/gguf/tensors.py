"""A model's tensors by the names and in the shapes of llama.cpp, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.exports.gguf.common.family import Config, GgufFamily

if TYPE_CHECKING:
    from torch import Tensor

_SUFFIXES = (".weight", ".bias")


@dataclass(frozen=True)
class FileTensor:
    """One tensor of the file.

    Attributes:
        name: in the file.
        shape: rows first.
        make: gives it, in fp32.
    """

    name: str
    shape: tuple[int, ...]
    make: Callable[[], Tensor]


class TensorNames:
    """What llama.cpp calls the tensors of a family."""

    def __init__(self, family: GgufFamily, config: Config) -> None:
        import gguf

        arch = next(one for one, name in gguf.MODEL_ARCH_NAMES.items() if name == family.arch)
        self._map = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
        self._arch = family.arch

    def of(self, name: str) -> str:
        """Of a tensor of transformers. Raises Fault("export.gguf_tensor")."""
        found = self._map.get_name(name, try_suffixes=_SUFFIXES)
        if found is None:
            raise Fault("export.gguf_tensor", name=name, architecture=self._arch)
        return str(found)


def tensors_of(model: Any, family: GgufFamily) -> Iterator[FileTensor]:
    """Each tensor of the file; none is made yet. The head is left out where it is the embeddings. Raises Fault("export.gguf_tensor")."""
    names = TensorNames(family, model.config)
    seen: set[int] = set()
    for name, tensor in model.state_dict().items():
        if tensor.data_ptr() in seen:
            continue
        seen.add(tensor.data_ptr())
        for place, (moved, shape) in enumerate(_shapes(family, name, tensor, model.config)):
            yield FileTensor(names.of(moved), shape, _maker(family, name, tensor, model.config, place))
    for name, tensor in family.further(model.config):
        yield FileTensor(name, tuple(tensor.shape), partial(_given, tensor))


def _shapes(family: GgufFamily, name: str, tensor: Tensor, config: Config) -> list[tuple[str, tuple[int, ...]]]:
    return [(moved, tuple(its.shape)) for moved, its in family.move(name, tensor.to("meta"), config)]


def _given(tensor: Tensor) -> Tensor:
    return tensor


def _maker(family: GgufFamily, name: str, tensor: Tensor, config: Config, place: int) -> Callable[[], Tensor]:
    return lambda: list(family.move(name, tensor, config))[place][1].float()
