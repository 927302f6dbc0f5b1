"""A plain model as an ONNX file: its graph drawn by a process of its own, its numbers streamed into it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch

from engine.core.errors import Fault
from engine.exports.onnx.experts import apart
from engine.exports.onnx.file import StreamedTensor, write_onnx
from engine.exports.onnx.graph import GRAPH, GraphWeight, read_weights
from engine.exports.onnx.hollow import tell_model
from engine.exports.onnx.quantising import Quantiser
from engine.models.architecture.told_format import NAMES
from engine.models.base.download_progress import ByteProgress, run_watched
from engine.models.base.number_formats import tell_config
from engine.models.tuned.rounding import check_range

EIGHT_BITS = "int8"
_TYPES: dict[int, torch.dtype] = {onnx.TensorProto.FLOAT: torch.float32, onnx.TensorProto.FLOAT16: torch.float16}


def write_model(model: Any, dtype: str, folder: Path, work: Path, progress: ByteProgress) -> None:
    """Write it in "fp32", "fp16" or "int8" to `folder`; the model itself stays as it is.

    Args:
        work: an empty folder beside `folder`; gone afterwards.

    Raises:
        Fault: "export.other_state" and "export.no_graph", where ONNX does not have such a model; "export.overflow".
        Cancelled: nobody wants it any more.
    """
    drawn = "fp32" if dtype == EIGHT_BITS else dtype
    check_range(model, drawn)
    try:
        tell_model(model, work)
        progress.phase("tracing")
        _called("engine.exports.onnx.tracing", [str(work), drawn], work, progress)
        tensors = _tensors(read_weights(work), model.state_dict())
        graph = onnx.load(work / GRAPH)
        tensors = apart(graph, tensors)
        if dtype == EIGHT_BITS:
            tensors = Quantiser(graph, tensors).run()
        progress.phase("saving", sum(tensor.bytes for tensor in tensors))
        write_onnx(graph, tensors, folder, progress.more)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def add_config(model: Any, folder: Path) -> None:
    """The config.json that readers know the family and the ends by; its numbers are those of the graph's inputs and outputs."""
    model.config.save_pretrained(folder)
    tell_config(folder, NAMES["fp32"], model.config.architectures)


def _called(module: str, arguments: list[str], work: Path, progress: ByteProgress) -> None:
    """Run a process of ours to its end; a cancel ends it. Raises the fault that it tells."""
    outcome = run_watched([sys.executable, "-m", module, *arguments], work, progress)
    try:
        told = json.loads(outcome.last_line)
    except ValueError:
        told = Fault("export.no_graph", reason=outcome.printed.strip()[-300:] or f"exit {outcome.code}").as_dict()
    if told:
        raise Fault(told["code"], **told["params"])


def _tensors(weights: list[GraphWeight], state: Mapping[str, torch.Tensor]) -> list[StreamedTensor]:
    return [_tensor(weight, state[weight.parameter]) for weight in weights]


def _tensor(weight: GraphWeight, tensor: torch.Tensor) -> StreamedTensor:
    turned = tensor.T if weight.transposed else tensor
    return StreamedTensor(
        weight.name,
        weight.type,
        tuple(turned.shape),
        lambda: turned.detach().to(_TYPES[weight.type]).contiguous().numpy(),
    )
