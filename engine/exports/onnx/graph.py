"""What is done to a traced graph before it is written: simplified, its axes named, its weights left out and listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import onnx_ir as ir
import onnxscript.optimizer
from onnx_ir.passes.common import ClearMetadataAndDocStringPass

_PREFIX = "model."  # of parameters, in the traced call
_TOTAL = "total_sequence_length"
GRAPH, WEIGHTS = "graph.onnx", "weights.json"


@dataclass(frozen=True)
class GraphWeight:
    """A weight that the graph names and does not hold.

    Attributes:
        name: in the graph.
        parameter: in the model.
        transposed: whether the graph wants it the other way round, as a matrix that is multiplied from the right.
        type: its number format, as ONNX numbers them.
    """

    name: str
    parameter: str
    transposed: bool
    type: int


def write_graph(model: ir.Model, folder: Path) -> None:
    """Write `graph.onnx`, which is small, and `weights.json`, the list of `GraphWeight` that belong into it, to `folder`."""
    values = [value for value in model.graph.initializers.values() if _is_parameter(value)]
    for value in values:
        value.const_value = None  # else it would be taken for a constant
    parameters = {id(value): str(value.name).removeprefix(_PREFIX) for value in values}
    onnxscript.optimizer.optimize_ir(model, onnx_shape_inference=False)
    used = [value for value in model.graph.initializers.values() if id(value) in parameters]
    weights = [_told(model.graph, value, parameters[id(value)]) for value in used]
    _name_axes(model.graph)
    for value in used:
        model.graph.initializers.pop(str(value.name))
    ClearMetadataAndDocStringPass()(model)  # places of files on this machine
    ir.save(model, folder / GRAPH)
    (folder / WEIGHTS).write_text(json.dumps([asdict(one) for one in weights]), encoding="utf-8")


def _told(graph: ir.Graph, value: ir.Value, parameter: str) -> GraphWeight:
    assert value.dtype is not None, f"{value.name} has no type"
    return GraphWeight(str(value.name), parameter, _turned(graph, value), value.dtype.value)


def read_weights(folder: Path) -> list[GraphWeight]:
    """What `write_graph` has listed."""
    return [GraphWeight(**one) for one in json.loads((folder / WEIGHTS).read_text(encoding="utf-8"))]


def _is_parameter(value: ir.Value) -> bool:
    import torch

    raw = getattr(value.const_value, "raw", None)
    return isinstance(raw, torch.nn.Parameter)


def _turned(graph: ir.Graph, weight: ir.Value) -> bool:
    """Take the transpositions off a matrix that is only ever used transposed; whether that was so.

    Every reader would do that when it loads the file, and hold both; the quantiser would not find the weight at all.
    """
    users = [use.node for use in weight.uses()]
    if not users or not all(_swaps(node) for node in users) or any(out.is_graph_output() for out in _outputs(users)):
        return False
    for node in users:
        ir.convenience.replace_all_uses_with(node.outputs[0], weight)
        graph.remove(node, safe=True)
    weight.shape = ir.Shape(list(reversed(list(weight.shape or []))))
    return True


def _swaps(node: ir.Node) -> bool:
    permutation = node.attributes.get("perm")
    return node.op_type == "Transpose" and permutation is not None and list(permutation.as_ints()) == [1, 0]


def _outputs(nodes: list[ir.Node]) -> Iterator[ir.Value]:
    for node in nodes:
        yield from node.outputs


def _name_axes(graph: ir.Graph) -> None:
    """Free axes by the names that Optimum gives them; what the tracer called them elsewhere in the graph is dropped."""
    ends = [*graph.inputs, *graph.outputs]
    for value in ends:
        value.shape = ir.Shape(_axes(str(value.name), value))
    for value in _outputs(list(graph.all_nodes())):
        if value not in ends:
            value.shape = None


def _axes(name: str, value: ir.Value) -> list[str | int]:
    lengths = {"attention_mask": _TOTAL, "past_key_values": "past_sequence_length", "present": _TOTAL}
    found: list[str | int] = [size for size in value.shape or [] if isinstance(size, int)]
    length = lengths.get(name.split(".")[0], "sequence_length")
    return ["batch_size", *found[:-1], length, *found[-1:]]
