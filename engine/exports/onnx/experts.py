"""Weights of experts, which a model keeps in one block: the graph gets each as a matrix of its own. Imports no torch.

Every reader would cut the block when it loads the file, and hold both; and a quantiser finds matrices alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.exports.onnx.file import StreamedTensor

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    Nodes = list[onnx.NodeProto]

_TURN = [0, 2, 1]


@dataclass(frozen=True)
class ExpertBlock:
    """How a graph takes a block apart.

    Attributes:
        turned: whether it turns the matrices.
        parts: what it calls the matrices, in order.
        nodes: that do it, and are not needed where the matrices are there.
    """

    turned: bool
    parts: list[str]
    nodes: Nodes


def apart(graph: onnx.ModelProto, tensors: Sequence[StreamedTensor]) -> list[StreamedTensor]:
    """Change the graph so that it takes no block apart; the tensors that it has now."""
    found: list[StreamedTensor] = []
    for tensor in tensors:
        block = _block(graph, tensor) if len(tensor.shape) == 3 else None
        if block is None:
            found.append(tensor)
            continue
        found += [_matrix(tensor, block, number) for number in range(tensor.shape[0])]
        for node in block.nodes:
            graph.graph.node.remove(node)
    return found


def _block(graph: onnx.ModelProto, tensor: StreamedTensor) -> ExpertBlock | None:
    """Turned or not, cut along its first axis, each cut then a matrix; nothing where the graph does anything else with it."""
    nodes = _users(graph, tensor.name)
    turned = len(nodes) == 1 and nodes[0].op_type == "Transpose" and list(nodes[0].attribute[0].ints) == _TURN
    cuts = _users(graph, nodes[0].output[0]) if turned else nodes
    if len(cuts) != 1 or cuts[0].op_type != "Split" or len(cuts[0].output) != tensor.shape[0]:
        return None
    if any(one.name == "axis" and one.i for one in cuts[0].attribute):
        return None
    slim = [_users(graph, cut) for cut in cuts[0].output]
    if any(len(users) != 1 or users[0].op_type != "Squeeze" for users in slim):
        return None
    return ExpertBlock(
        turned,
        [users[0].output[0] for users in slim],
        [*(nodes if turned else []), *cuts, *(users[0] for users in slim)],
    )


def _users(graph: onnx.ModelProto, name: str) -> Nodes:
    return [node for node in graph.graph.node if name in node.input]


def _matrix(tensor: StreamedTensor, block: ExpertBlock, number: int) -> StreamedTensor:
    def read() -> NDArray[np.generic]:
        found = tensor.read()[number]
        return np.ascontiguousarray(found.T) if block.turned else found

    height, width = tensor.shape[1:]
    shape = (width, height) if block.turned else (height, width)
    return StreamedTensor(block.parts[number], tensor.type, shape, read)
