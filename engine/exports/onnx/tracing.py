"""The process that draws a model's graph: `python -m engine.exports.onnx.tracing FOLDER FORMAT`, FOLDER by `hollow.tell_model`.

It holds no weights, so a large model takes no more memory than a small one, and it can be ended at any time. It writes `graph.onnx`
and `weights.json` (`engine.exports.onnx.graph`) to FOLDER and prints {"code", "params"} as its last line where it cannot.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache
from transformers.exporters.exporter_onnx import _ONNX_TRANSLATION_TABLE
from transformers.exporters.utils import apply_patches

from engine.core.errors import Fault
from engine.core.obstacles import obstacle
from engine.exports.onnx.graph import write_graph
from engine.exports.onnx.hollow import hollow_model
from engine.models.architecture.told_format import NAMES

_OPSET = 18
_BATCH, _PAST, _NEW = 2, 3, 4  # of the traced call; each is free in the graph
_REASON = 300
Past = list[tuple[torch.Tensor, torch.Tensor]]


class WithPast(torch.nn.Module):
    """A model whose cache goes in and out as plain tensors, whole even where a layer sees a window of it alone: the mask cuts it."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, position_ids: torch.Tensor, past: Past
    ) -> tuple[torch.Tensor, Past]:
        """Logits in fp32, and the longer cache."""
        placed = {"position_ids": position_ids} if takes_positions(self.model) else {}
        found = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            past_key_values=DynamicCache(past),
            use_cache=True,
            **placed,
        )
        return found.logits.float(), [(layer.keys, layer.values) for layer in found.past_key_values.layers]


def takes_positions(model: Any) -> bool:
    """Whether its places can be told; others count them by the mask."""
    from inspect import signature

    return "position_ids" in signature(model.forward).parameters


def main() -> None:
    """Draw the graph, or say why not."""
    folder, format = Path(sys.argv[1]), sys.argv[2]
    try:
        dtype = getattr(torch, NAMES[format])
        model, sizes = hollow_model(folder, dtype)
        past = [
            (
                torch.zeros(_BATCH, one.heads, _PAST, one.keys, dtype=dtype),
                torch.zeros(_BATCH, one.heads, _PAST, one.values, dtype=dtype),
            )
            for one in sizes
        ]
        write_graph(_traced(WithPast(model), past), folder)
        told: Any = {}
    except Exception as error:  # whatever the tracer of another library does not understand of a model
        told = (obstacle(error, folder) or _no_graph(_first(error))).as_dict()
    print("\n" + json.dumps(told, ensure_ascii=False))


def _no_graph(cause: BaseException) -> Fault:
    return Fault("export.no_graph", reason=f"{type(cause).__name__}: {cause}".strip()[:_REASON])


def _first(error: BaseException) -> BaseException:
    """What it all began with; the libraries wrap it in pages of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _traced(model: WithPast, past: Past) -> Any:
    """The graph, as a model of onnx_ir; not yet simplified, as constants would be folded that are none."""
    ids = torch.ones(_BATCH, _NEW, dtype=torch.long)
    mask = torch.ones(_BATCH, _PAST + _NEW, dtype=torch.long)
    places = torch.arange(_PAST, _PAST + _NEW).repeat(_BATCH, 1)
    free = torch.export.Dim.DYNAMIC
    grid, kept = {0: free, 1: free}, {0: free, 2: free}
    names = [f"{number}.{part}" for number in range(len(past)) for part in ("key", "value")]
    with apply_patches(
        "onnx"
    ):  # those of transformers for what the tracer of torch does not know: experts, complex numbers
        program = torch.onnx.export(
            model,
            (ids, mask, places, past),
            dynamo=True,
            dynamic_shapes=(grid, grid, grid, [(kept, kept) for _layer in past]),
            input_names=["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{name}" for name in names)],
            output_names=["logits", *(f"present.{name}" for name in names)],
            custom_translation_table=_ONNX_TRANSLATION_TABLE,
            opset_version=_OPSET,
            optimize=False,
            verbose=False,
        )
    assert program is not None, "the newer of the two exporters returns its program"
    return program.model


if __name__ == "__main__":
    main()
