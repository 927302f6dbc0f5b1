"""Writes a model as one GGUF file, tensor by tensor; the model itself stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.exports.gguf.common.family import GgufFamily
from engine.exports.gguf.number_formats import NumberFormat, format_of
from engine.exports.gguf.tensors import FileTensor, tensors_of

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter
    from numpy.typing import NDArray

_EMBEDDINGS = ("token_embd.weight", "output.weight", "output.bias")
_LARGEST_F16 = 65_504.0


@dataclass(frozen=True)
class GgufParts:
    """What goes into the file.

    Attributes:
        model: of transformers, in fp32.
        family: what it is to llama.cpp.
        wanted: number format of its matrices.
        words: writes tokenizer and chat template.
        rows: how many tokens `words` has; the embeddings have as many rows in the file.
        name: of the model, for people.
    """

    model: Any
    family: GgufFamily
    wanted: NumberFormat
    words: Callable[[GGUFWriter], None]
    rows: int
    name: str


def write_file(parts: GgufParts, file: Path, tell: Callable[[int], None]) -> dict[str, int]:
    """Write it; bytes of the tensors by number format.

    Args:
        tell: hears of each tensor's bytes once they are written.

    Raises:
        Fault: "export.gguf_tensor", "export.overflow".
    """
    from gguf import GGUFWriter, LlamaFileType

    writer = GGUFWriter(file, parts.family.arch)
    writer.add_name(parts.name)
    writer.add_file_type(LlamaFileType[f"MOSTLY_{parts.wanted.matrices}"])
    writer.add_quantization_version(2)
    parts.family.settings(writer, parts.model.config)
    writer.add_vocab_size(parts.rows)
    parts.words(writer)
    tensors = list(tensors_of(parts.model, parts.family))
    kinds = [format_of(one.name, one.shape, parts.wanted) for one in tensors]
    told: dict[str, int] = defaultdict(int)
    try:
        for one, kind in zip(tensors, kinds, strict=True):
            told[kind.name] += _announce(writer, one, kind, parts.rows)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for one, kind in zip(tensors, kinds, strict=True):
            data = _numbers(one, kind, parts.rows)
            writer.write_tensor_data(data)
            tell(data.nbytes)
    finally:
        writer.close()
    return dict(told)


def _shape(one: FileTensor, rows: int) -> tuple[int, ...]:
    return (rows, *one.shape[1:]) if one.name in _EMBEDDINGS else one.shape


def _announce(writer: GGUFWriter, one: FileTensor, kind: GGMLQuantizationType, rows: int) -> int:
    import numpy as np
    from gguf import GGML_QUANT_SIZES

    shape = _shape(one, rows)
    block, width = GGML_QUANT_SIZES[kind]
    count = int(np.prod(shape)) * width // block
    writer.add_tensor_info(one.name, shape, np.dtype(np.float32), count, raw_dtype=kind)
    return count


def _numbers(one: FileTensor, kind: GGMLQuantizationType, rows: int) -> NDArray[Any]:
    """A tensor's bytes: its rows cut, or filled up with zeros, to the tokens that there are."""
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    its: NDArray[np.float32] = one.make().numpy()
    if one.name in _EMBEDDINGS:
        its = its[:rows]
        if len(its) < rows:
            its = np.concatenate([its, np.zeros((rows - len(its), *its.shape[1:]), dtype=np.float32)])
    if kind == GGMLQuantizationType.F16 and (largest := float(np.abs(its).max())) > _LARGEST_F16:
        raise Fault("export.overflow", name=one.name, largest=largest, dtype="f16", most=_LARGEST_F16)
    return quantize(np.ascontiguousarray(its), kind)
