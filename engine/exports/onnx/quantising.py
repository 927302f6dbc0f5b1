"""Weights in 8 bits, activations rounded while it runs, as onnxruntime's `quantize_dynamic` does it, without a model in memory.

Unlike there, activations have a scale for each token: with one for all, the large numbers that language models have at some tokens
take the steps of all others (SmolLM2-135M: a divergence of 0.44 by one scale, of 0.02 by one a token). And the table of tokens gets
8 bits too; where it is the head as well, both read the same bytes. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.helper import make_node

from engine.exports.onnx.file import StreamedTensor

if TYPE_CHECKING:
    Numbers = NDArray[np.float32]

_STEPS = 255
_FLOAT, _BYTE = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8
_NONE, _TOP, _TINY, _LAST = (f"eight_bits_{name}" for name in ("none", "top", "tiny", "last"))
_CONSTANTS: dict[str, NDArray[np.generic]] = {
    _NONE: np.array(0, dtype=np.float32),
    _TOP: np.array(_STEPS, dtype=np.float32),
    _TINY: np.array(1e-30, dtype=np.float32),  # of a token that is all zeros
    _LAST: np.array([-1], dtype=np.int64),
}
Nodes = list[onnx.NodeProto]


class Quantiser:
    """Rewrites one graph; each weight that it meets in a place that can have 8 bits gets them."""

    def __init__(self, graph: onnx.ModelProto, tensors: Sequence[StreamedTensor]) -> None:
        self._graph = graph.graph
        self._floats = {one.name: one for one in tensors if len(one.shape) == 2 and one.type == _FLOAT}
        self._others = [one for one in tensors if one.name not in self._floats]
        self._turned: dict[str, str] = {}  # results of transpositions: of which weight
        self._rounded: dict[str, tuple[str, str, str]] = {}  # activations: names of numbers, scale and zero
        self._made: dict[str, list[StreamedTensor]] = {}  # weights that have 8 bits
        self._heads = {name for name, users in _users(self._graph, self._floats).items() if _is_head(users)}

    def run(self) -> list[StreamedTensor]:
        """Change the graph; the tensors that it has now."""
        nodes = [new for node in self._graph.node for new in self._replaced(node)]
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        self._graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in _CONSTANTS.items())
        named = {name for node in nodes for name in node.input}
        made = [tensor for parts in self._made.values() for tensor in parts]
        return [one for one in (*self._others, *self._floats.values(), *made) if one.name in named]

    def _replaced(self, node: onnx.NodeProto) -> Nodes:
        inputs = list(node.input)
        if node.op_type == "Transpose" and inputs[0] in self._heads:
            self._turned[node.output[0]] = inputs[0]
            return []
        if node.op_type == "MatMul" and (weight := self._turned.get(inputs[1], inputs[1])) in self._floats:
            return self._multiplied(inputs[0], weight, node.output[0], turned=inputs[1] in self._turned)
        if node.op_type == "Gemm" and inputs[1] in self._floats and _is_plain(node):
            product = node.output[0] + "_product"
            return [
                *self._multiplied(inputs[0], inputs[1], product, turned=False),
                make_node("Add", [product, inputs[2]], [node.output[0]]),
            ]
        if node.op_type == "Gather" and inputs[0] in self._floats and not _whole(node, "axis"):
            return self._looked_up(inputs[0], inputs[1], node.output[0])
        return [node]

    def _multiplied(self, activation: str, weight: str, result: str, *, turned: bool) -> Nodes:
        """A product of whole numbers, less what the zeros of its tokens add to it, scaled."""
        begin, (numbers, scale, zero) = self._activation(activation)
        held, scales, zeros, sums = self._weight(weight, turned=turned)
        total, real, added, less, both = (f"{result}_{part}" for part in ("total", "real", "added", "less", "scale"))
        return [
            *begin,
            make_node("MatMulInteger", [numbers, held, "", zeros], [total]),
            make_node("Cast", [total], [real], to=_FLOAT),
            make_node("Mul", [zero, sums], [added]),
            make_node("Sub", [real, added], [less]),
            make_node("Mul", [scale, scales], [both]),
            make_node("Mul", [less, both], [result]),
        ]

    def _activation(self, name: str) -> tuple[Nodes, tuple[str, str, str]]:
        """Bytes with a scale and a zero for each token: the large numbers of some leave the others their steps."""
        if name in self._rounded:
            return [], self._rounded[name]
        names = (
            "most",
            "high",
            "least",
            "low",
            "range",
            "wide",
            "scale",
            "down",
            "zero",
            "share",
            "raised",
            "whole",
            "held",
            "bytes",
        )
        part = {one: f"{name}_levels_{one}" for one in names}
        self._rounded[name] = (part["bytes"], part["scale"], part["zero"])
        return [
            make_node("ReduceMax", [name, _LAST], [part["most"]]),
            make_node("Max", [part["most"], _NONE], [part["high"]]),
            make_node("ReduceMin", [name, _LAST], [part["least"]]),
            make_node("Min", [part["least"], _NONE], [part["low"]]),
            make_node("Sub", [part["high"], part["low"]], [part["range"]]),
            make_node("Max", [part["range"], _TINY], [part["wide"]]),
            make_node("Div", [part["wide"], _TOP], [part["scale"]]),
            make_node("Div", [part["low"], part["scale"]], [part["down"]]),
            make_node("Round", [part["down"]], [part["whole"]]),
            make_node("Neg", [part["whole"]], [part["zero"]]),
            make_node("Div", [name, part["scale"]], [part["share"]]),
            make_node("Add", [part["share"], part["zero"]], [part["raised"]]),
            make_node("Round", [part["raised"]], [part["held"]]),
            make_node("Clip", [part["held"], _NONE, _TOP], [part["held"] + "_within"]),
            make_node("Cast", [part["held"] + "_within"], [part["bytes"]], to=_BYTE),
        ], self._rounded[name]

    def _looked_up(self, weight: str, places: str, result: str) -> Nodes:
        """Rows of a table, each with a scale of its own; a head has its tokens as columns."""
        head = weight in self._heads
        held, scales, zeros, _sums = self._weight(weight, turned=head)
        names = ("bytes", "turned", "real", "scale", "zero", "width", "shift", "level", "wide")
        part = {name: f"{result}_row_{name}" for name in names}
        nodes = [make_node("Gather", [held, places], [part["bytes"]], axis=1 if head else 0)]
        if head:  # (width, batch, length)
            nodes.append(make_node("Transpose", [part["bytes"]], [part["turned"]], perm=[1, 2, 0]))
        return [
            *nodes,
            make_node("Cast", [part["turned" if head else "bytes"]], [part["real"]], to=_FLOAT),
            make_node("Gather", [zeros, places], [part["zero"]], axis=0),
            make_node("Cast", [part["zero"]], [part["shift"]], to=_FLOAT),
            make_node("Unsqueeze", [part["shift"], _LAST], [part["wide"]]),
            make_node("Sub", [part["real"], part["wide"]], [part["level"]]),
            make_node("Gather", [scales, places], [part["scale"]], axis=0),
            make_node("Unsqueeze", [part["scale"], _LAST], [part["width"]]),
            make_node("Mul", [part["level"], part["width"]], [result]),
        ]

    def _weight(self, name: str, *, turned: bool) -> list[str]:
        """Names of its bytes, its scales, its zeros and the sums of its levels: one a column, of a table one a row."""
        if name not in self._made:
            tensor = self._floats[name]
            self._made[name] = list(_in_bytes(tensor, turned=turned, rows=not turned and self._is_table(name)))
        return [tensor.name for tensor in self._made[name]]

    def _is_table(self, name: str) -> bool:
        return any(node.op_type == "Gather" and node.input[0] == name for node in self._graph.node)


def _users(graph: onnx.GraphProto, names: dict[str, StreamedTensor]) -> dict[str, list[onnx.NodeProto]]:
    found: dict[str, list[onnx.NodeProto]] = {name: [] for name in names}
    for node in graph.node:
        for name in node.input:
            if name in found:
                found[name].append(node)
    return found


def _is_head(users: list[onnx.NodeProto]) -> bool:
    """A table of tokens that is multiplied with as well, transposed."""
    return sorted(node.op_type for node in users) == ["Gather", "Transpose"]


def _is_plain(node: onnx.NodeProto) -> bool:
    told = {one.name: one.f if one.type == onnx.AttributeProto.FLOAT else one.i for one in node.attribute}
    return len(node.input) == 3 and all(
        told.get(name, usual) == usual for name, usual in (("alpha", 1.0), ("beta", 1.0), ("transA", 0), ("transB", 0))
    )


def _whole(node: onnx.NodeProto, name: str) -> int:
    return next((one.i for one in node.attribute if one.name == name), 0)


def _in_bytes(tensor: StreamedTensor, *, turned: bool, rows: bool) -> Iterator[StreamedTensor]:
    """A matrix as bytes, with a scale and a zero for each column, or each row."""
    axis = 1 if rows else 0
    shape = tensor.shape[::-1] if turned else tensor.shape

    def numbers() -> Numbers:
        found = tensor.read().astype(np.float32, copy=False)
        return found.T if turned else found

    def levels() -> NDArray[np.generic]:
        read = numbers()
        scales, zeros = measured(read, axis)
        scaled = read / np.expand_dims(scales, axis)
        scaled += np.expand_dims(zeros, axis)
        return np.clip(np.rint(scaled, out=scaled), 0, _STEPS, out=scaled).astype(np.uint8)

    def sums() -> NDArray[np.generic]:
        found = levels().sum(axis, dtype=np.float64) - shape[axis] * measured(numbers(), axis)[1]
        return found.astype(np.float32)

    each = (shape[1 - axis],)
    yield StreamedTensor(f"{tensor.name}_bytes", _BYTE, shape, levels)
    yield StreamedTensor(f"{tensor.name}_scales", _FLOAT, each, lambda: measured(numbers(), axis)[0])
    yield StreamedTensor(f"{tensor.name}_zeros", _BYTE, each, lambda: measured(numbers(), axis)[1].astype(np.uint8))
    yield StreamedTensor(f"{tensor.name}_sums", _FLOAT, each, sums)


def measured(numbers: Numbers, axis: int) -> tuple[Numbers, Numbers]:
    """Scale and zero of each part along the other axis: 256 steps from the least to the largest number, and 0 is one of them."""
    least, most = np.minimum(numbers.min(axis), 0), np.maximum(numbers.max(axis), 0)
    scales = ((most - least) / _STEPS).astype(np.float32)
    scales[scales == 0] = 1.0
    return scales, np.rint(-least / scales).astype(np.float32)
