"""ONNX files written a tensor at a time are those that the libraries write and read; 8 bits are no worse than onnxruntime's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from engine.exports.onnx.file import StreamedTensor, write_onnx
from engine.exports.onnx.quantising import Quantiser

RNG = np.random.default_rng(3)
WEIGHTS = {name: RNG.normal(size=shape).astype(np.float32) for name, shape in (("a", (8, 300)), ("b", (300, 5)))}
TABLE = RNG.normal(size=(40, 8)).astype(np.float32)
READ = RNG.normal(size=(2, 3, 8)).astype(np.float32)


def graph(nodes: list[onnx.NodeProto], given: onnx.ValueInfoProto) -> onnx.ModelProto:
    result = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["a", "b", "c"])
    made = helper.make_graph(nodes, "g", [given], [result])
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


def two_products() -> onnx.ModelProto:
    nodes = [helper.make_node("MatMul", ["x", "a"], ["y"]), helper.make_node("MatMul", ["y", "b"], ["z"])]
    return graph(nodes, helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3, 8]))


def streamed(weights: dict[str, Any]) -> list[StreamedTensor]:
    return [
        StreamedTensor(name, TensorProto.FLOAT, value.shape, lambda value=value: value)  # type: ignore[misc]
        for name, value in weights.items()
    ]


def says(folder: Path, asked: dict[str, Any]) -> Any:
    return onnxruntime.InferenceSession(folder / "model.onnx").run(None, asked)[0]


@pytest.mark.parametrize(("most", "files"), [(10**9, ["model.onnx"]), (1000, ["model.onnx", "model.onnx_data"])])
def test_a_file_is_what_the_library_would_write(tmp_path: Path, most: int, files: list[str]) -> None:
    told: list[int] = []
    write_onnx(two_products(), streamed(WEIGHTS), tmp_path, told.append, most)
    assert sorted(file.name for file in tmp_path.iterdir()) == files
    assert sum(told) == sum(value.nbytes for value in WEIGHTS.values())
    onnx.checker.check_model(str(tmp_path / "model.onnx"), full_check=True)
    read = onnx.load(tmp_path / "model.onnx")
    expected = two_products()
    expected.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in WEIGHTS.items())
    assert {one.name: onnx.numpy_helper.to_array(one).tolist() for one in read.graph.initializer} == {
        name: value.tolist() for name, value in WEIGHTS.items()
    }
    assert (read.graph.node, read.opset_import) == (expected.graph.node, expected.opset_import)
    np.testing.assert_allclose(says(tmp_path, {"x": READ}), READ @ WEIGHTS["a"] @ WEIGHTS["b"], rtol=1e-4, atol=1e-4)


def test_a_tensor_that_is_not_what_was_told_is_not_written(tmp_path: Path) -> None:
    wrong = StreamedTensor("a", TensorProto.FLOAT, (8, 299), lambda: WEIGHTS["a"])
    with pytest.raises(AssertionError, match="a is not what was told"):
        write_onnx(two_products(), [wrong], tmp_path, lambda _count: None)


@pytest.mark.parametrize("large", [1.0, 500.0])
def test_eight_bits_are_no_worse_than_those_of_the_library(tmp_path: Path, large: float) -> None:
    """And far better where one token has large numbers: there each has a scale of its own."""
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
    write_onnx(two_products(), streamed(WEIGHTS), tmp_path, lambda _count: None)
    quantize_dynamic(
        tmp_path / "model.onnx", tmp_path / "theirs" / "model.onnx", per_channel=True, weight_type=QuantType.QUInt8
    )
    model = two_products()
    tensors = Quantiser(model, streamed(WEIGHTS)).run()
    write_onnx(model, tensors, tmp_path / "ours", lambda _count: None)
    read = READ.copy()
    read[0, 0] *= large
    expected = read @ WEIGHTS["a"] @ WEIGHTS["b"]
    ours, theirs = (np.abs(says(tmp_path / name, {"x": read}) - expected)[0, 1:].mean() for name in ("ours", "theirs"))
    assert 0 < ours < (1.2 * theirs if large == 1.0 else 0.05 * theirs)
    held = {one.name: one.data_type for one in onnx.load(tmp_path / "ours" / "model.onnx").graph.initializer}
    assert (held["a_bytes"], held["b_bytes"]) == (TensorProto.UINT8, TensorProto.UINT8)
    assert not {"a", "b"} & held.keys()


def test_a_token_of_zeros_and_no_token_at_all_are_read(tmp_path: Path) -> None:
    model = two_products()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "n"
    write_onnx(model, Quantiser(model, streamed(WEIGHTS)).run(), tmp_path, lambda _count: None)
    assert not says(tmp_path, {"x": np.zeros_like(READ)}).any()
    assert says(tmp_path, {"x": READ[:0]}).shape == (0, 3, 5)


@pytest.mark.parametrize("tied", [False, True])
def test_a_table_of_tokens_has_a_scale_a_row_and_is_there_once(tmp_path: Path, tied: bool) -> None:
    nodes = [helper.make_node("Gather", ["table", "i"], ["x"])]
    nodes += [helper.make_node("Transpose", ["table"], ["head"], perm=[1, 0])] if tied else []
    nodes += [helper.make_node("MatMul", ["x", "head"], ["z"]) if tied else helper.make_node("Identity", ["x"], ["z"])]
    model = graph(nodes, helper.make_tensor_value_info("i", TensorProto.INT64, [2, 3]))
    tensors = Quantiser(model, streamed({"table": TABLE})).run()
    assert [(one.type, one.bytes) for one in tensors] == [
        (TensorProto.UINT8, 320), (TensorProto.FLOAT, 160), (TensorProto.UINT8, 40), (TensorProto.FLOAT, 160),
    ][: 4 if tied else 3]  # fmt: skip
    write_onnx(model, tensors, tmp_path, lambda _count: None)
    places = np.array([[0, 39, 7], [7, 1, 2]])
    expected = TABLE[places] @ TABLE.T if tied else TABLE[places]
    assert np.abs(says(tmp_path, {"i": places}) - expected).max() < (0.2 if tied else 0.02)
