"""The process that stores weights in 8 bits: `python -m engine.exports.onnx.quantising MODEL FOLDER`; it prints {} when it is done."""

from __future__ import annotations

import sys
from pathlib import Path

from onnxruntime.quantization import QuantType, quantize_dynamic

from engine.exports.onnx.file import MODEL

_MOST = 1_900_000_000  # bytes of one file


def main() -> None:
    """Weights of matrices get 8 bits and a scale a column; activations are rounded while it runs.

    Weights have no sign: with one, processors without VNNI add two products in 16 bits, which run over.
    """
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    size = sum(file.stat().st_size for file in source.parent.iterdir())
    quantize_dynamic(
        source,
        target / MODEL,
        op_types_to_quantize=["MatMul", "Gemm"],
        per_channel=True,
        weight_type=QuantType.QUInt8,
        use_external_data_format=size // 2 > _MOST,
        extra_options={"MatMulConstBOnly": True},
    )
    print("\n{}")


if __name__ == "__main__":
    main()
