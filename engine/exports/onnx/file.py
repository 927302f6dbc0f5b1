"""ONNX files written a tensor at a time, so that the weights are never in memory twice. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import onnx

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL, DATA = "model.onnx", "model.onnx_data"  # as Optimum and transformers.js look for them
_MOST = 1_900_000_000  # bytes of one file: no protobuf has 2 GB
_ALIGNED = 4096  # so that readers map the numbers from the disk as they lie there
_GRAPH_OF_MODEL, _INITIALIZER_OF_GRAPH, _RAW_OF_TENSOR = 7, 5, 9  # numbers of these fields in onnx.proto
_BLOCK = 16 << 20
OnBytes = Callable[[int], None]


@dataclass(frozen=True)
class StreamedTensor:
    """A tensor that is made when its turn comes.

    Attributes:
        name: in the graph.
        type: its number format, as ONNX numbers them.
        shape: its sizes.
        read: makes it.
    """

    name: str
    type: int
    shape: tuple[int, ...]
    read: Callable[[], NDArray[np.generic]]

    @property
    def bytes(self) -> int:
        """How many it takes."""
        size: int = onnx.helper.tensor_dtype_to_np_dtype(self.type).itemsize
        return size * int(np.prod(self.shape, dtype=np.int64))


def write_onnx(
    graph: onnx.ModelProto, tensors: Sequence[StreamedTensor], folder: Path, on_bytes: OnBytes, most: int = _MOST
) -> None:
    """Write `graph` with `tensors` to `folder`: as one file, or with its numbers beside it where they are more than `most` bytes."""
    if sum(tensor.bytes for tensor in tensors) + graph.ByteSize() > most:
        _write_beside(graph, tensors, folder, on_bytes)
    else:
        _write_within(graph, tensors, folder / MODEL, on_bytes)


def _write_within(graph: onnx.ModelProto, tensors: Sequence[StreamedTensor], file: Path, on_bytes: OnBytes) -> None:
    """One message in another: each begins with its length, so lengths are summed before anything is written."""
    inner = graph.graph.SerializeToString()
    heads = [_head(tensor) for tensor in tensors]
    length = len(inner) + sum(len(head) + tensor.bytes for head, tensor in zip(heads, tensors, strict=True))
    outer = onnx.ModelProto()
    outer.CopyFrom(graph)
    outer.ClearField("graph")
    with file.open("wb") as stream:
        stream.write(outer.SerializeToString() + _tag(_GRAPH_OF_MODEL, length) + inner)
        for head, tensor in zip(heads, tensors, strict=True):
            stream.write(head)
            _stream(tensor, stream, on_bytes)


def _head(tensor: StreamedTensor) -> bytes:
    """All of a tensor in a graph that comes before its numbers."""
    told = _proto(tensor).SerializeToString() + _tag(_RAW_OF_TENSOR, tensor.bytes)
    return _tag(_INITIALIZER_OF_GRAPH, len(told) + tensor.bytes) + told


def _proto(tensor: StreamedTensor) -> onnx.TensorProto:
    return onnx.TensorProto(name=tensor.name, data_type=tensor.type, dims=tensor.shape)


def _tag(field: int, length: int) -> bytes:
    """How a field of so many bytes begins in a protobuf."""
    found = bytearray([field << 3 | 2])
    while length > 127:
        found.append(length & 127 | 128)
        length >>= 7
    return bytes([*found, length])


def _write_beside(graph: onnx.ModelProto, tensors: Sequence[StreamedTensor], folder: Path, on_bytes: OnBytes) -> None:
    with (folder / DATA).open("wb") as stream:
        for tensor in tensors:
            stream.write(b"\0" * (-stream.tell() % _ALIGNED))
            place = {"location": DATA, "offset": str(stream.tell()), "length": str(tensor.bytes)}
            told = _proto(tensor)
            told.data_location = onnx.TensorProto.EXTERNAL
            told.external_data.extend(onnx.StringStringEntryProto(key=key, value=value) for key, value in place.items())
            graph.graph.initializer.append(told)
            _stream(tensor, stream, on_bytes)
    (folder / MODEL).write_bytes(graph.SerializeToString())


def _stream(tensor: StreamedTensor, stream: BinaryIO, on_bytes: OnBytes) -> None:
    numbers = np.ascontiguousarray(tensor.read())
    assert (numbers.nbytes, numbers.shape) == (tensor.bytes, tensor.shape), f"{tensor.name} is not what was told of it"
    flat = numbers.reshape(-1).view(np.uint8)
    for start in range(0, flat.size, _BLOCK):
        block = flat[start : start + _BLOCK]
        stream.write(block.data)
        on_bytes(block.size)
