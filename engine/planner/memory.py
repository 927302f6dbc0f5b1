"""The memory bill: what a job holds at its peak, item by item.

The first formula was measured with SmolLM2-135M on a CPU (436 MB + 4 bytes a weight + 16 or 12 a trained one + 2.26 MB for
each token of the largest micro-batch); here each part is derived from the architecture and only two factors are calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.hardware import Device, Precision
from engine.methods import Method, ModelShape
from engine.planner.shape import body_parameters

MB = 1e6  # as pages show it
_RUNTIME_CPU = 436e6  # Python, torch and the libraries, resident
_RUNTIME_GPU = 620e6  # CUDA context, kernels and cuBLAS workspaces on the device
_BACKWARD = (
    1.66  # peak over what the layers keep: gradients in flight and allocator slack; measured 2.26 MB against 1.36
)
_RECOMPUTED_CPU = (
    1.25 / 2.26
)  # measured on a CPU, where the allocator keeps freed pieces; a GPU comes close to the count
# 4 bits and, with double quantisation, 0.127 for the scales; 8 bits and a scale a row
_BYTES_QUANTISED = {"nf4": 0.516, "fp4": 0.516, "int8": 1.002}
_HEAD_TOKENS = 256  # label positions whose logits exist at a time
_WIDTH = {"fp32": 4, "bf16": 2, "fp16": 2}
_OPTIMIZER_SAVES = {"adafactor": 8, "sgd": 8}  # bytes of AdamW's two moments that are not needed


@dataclass(frozen=True)
class Workload:
    """Everything that memory depends on.

    Attributes:
        tokens: padded tokens in the largest micro-batch.
        recompute: activation checkpointing.
        quantisation: how the frozen base is squeezed ("nf4", "fp4", "int8").
    """

    shape: ModelShape
    method: Method
    values: Mapping[str, Any]
    precision: Precision
    device: Device
    tokens: int
    recompute: bool = False
    optimizer: str = "adamw_torch_fused"
    quantisation: str | None = None

    @property
    def trained(self) -> int:
        """Number of trained parameters."""
        return self.method.trainable(self.shape, self.values)

    @property
    def width(self) -> int:
        """Bytes of one number in the chosen precision."""
        return _WIDTH[self.precision.dtype]


@dataclass(frozen=True)
class Item:
    """One line of the bill; text key `plan.memory.<key>`."""

    key: str
    bytes: float


def bill(work: Workload) -> list[Item]:
    """The lines of the memory bill."""
    per_trained = work.method.bytes_per_trained - _OPTIMIZER_SAVES.get(work.optimizer, 0)
    extra = work.method.extra_bytes(work.shape, work.values, work.tokens)
    return [
        Item("runtime", _RUNTIME_GPU if work.device.is_gpu else _RUNTIME_CPU),
        Item("weights", weight_bytes(work)),
        Item("trained", per_trained * work.trained + extra),
        Item("activations", activation_bytes(work)),
        Item("head", head_bytes(work)),
    ]


def total_mb(work: Workload) -> int:
    """The whole bill."""
    return round(sum(item.bytes for item in bill(work)) / MB)


def weight_bytes(work: Workload) -> float:
    """The base's weights: squeezed to 4 bits, in half precision while frozen, in fp32 (and a half-precision copy) when trained."""
    shape, body = work.shape, body_parameters(work.shape)
    if work.quantisation:
        return _BYTES_QUANTISED[work.quantisation] * body + work.width * (shape.parameters - body)
    if work.method.trains_base:
        return shape.parameters * (4 + (work.width if work.width < 4 else 0))
    return shape.parameters * work.width


def kept_per_token(work: Workload) -> float:
    """Bytes that one layer keeps of each token until the backward pass."""
    shape = work.shape
    attention = shape.heads * shape.head_dim
    elements = 4 * shape.hidden + 5 * attention + 4 * shape.intermediate
    if work.values.get("dropout"):
        elements += 5 * shape.hidden + attention + shape.intermediate
    in_fp32 = 2 * shape.hidden * (4 if work.width < 4 else 0)  # norms calculate in fp32
    return elements * work.width + in_fp32


def activation_bytes(work: Workload) -> float:
    """What the layers that the gradient goes through keep; with recomputing, each one's input and one layer whole."""
    count = work.method.kept_layers
    layers = work.shape.layers if count is None else count(work.shape, work.values)
    layer = kept_per_token(work) * _BACKWARD
    everything = layer * layers
    if not work.recompute:
        return everything * work.tokens
    inputs = layers * work.shape.hidden * work.width + layer
    return work.tokens * (inputs if work.device.is_gpu else max(inputs, everything * _RECOMPUTED_CPU))


def head_bytes(work: Workload) -> float:
    """Logits and their gradient in fp32, at label positions, a chunk at a time."""
    return 2 * 4.0 * work.shape.vocabulary * min(work.tokens, _HEAD_TOKENS)
