"""Products with frozen 8-bit weights that keep nothing for the backward pass.

bitsandbytes keeps the input of each such module beside what autograd saves, for gradients of weights that have none; so
recomputing activations would save hardly anything (bitsandbytes 0.50.2, `MatMul8bitLt` and `MatMul8bitFp`).
"""

from __future__ import annotations

from typing import Any

import bitsandbytes
from bitsandbytes.autograd._functions import MatMul8bitFp, MatMul8bitLt, MatmulLtState
from torch import Tensor

PROCESSORS = {"cpu", "xpu"}  # where the library unpacks the weights to train


class _OnGpus(MatMul8bitLt):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Any:
        result = MatMul8bitLt.forward(ctx, *given)
        if not ctx.needs_input_grad[1]:
            ctx.tensors, ctx.tensor_states = (None, None, None), (None, None)
        return result


class _OnProcessors(MatMul8bitFp):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Any:
        result = MatMul8bitFp.forward(ctx, *given)
        if not ctx.needs_input_grad[1]:
            ctx.A = None
        return result


def product(
    A: Tensor,
    B: Tensor,
    out: Tensor | None = None,
    state: Any = None,
    threshold: float = 0.0,
    bias: Tensor | None = None,
) -> Any:
    """What `bitsandbytes.matmul` gives."""
    state = state or MatmulLtState()
    if threshold > 0.0:
        state.threshold = threshold
    kind = _OnProcessors if state.is_training and A.device.type in PROCESSORS else _OnGpus
    return kind.apply(A, B, out, bias, state)


def keep_no_inputs() -> None:
    """From now on 8-bit modules of this process multiply so."""
    bitsandbytes.matmul = product  # type: ignore[assignment]
