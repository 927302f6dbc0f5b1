"""A model that ONNX Runtime runs: in Python without torch, in a browser, in other languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.exports.common.declaration import (
    EXACT,
    ROUNDED,
    ExportFormat,
    ExportSizes,
    ExportSource,
    ReadmePart,
    Values,
)
from engine.exports.forms.merged import why_not_plain
from engine.exports.onnx.code import code
from engine.exports.onnx.unfit import unfit
from engine.exports.proof.declaration import ForeignReader, ProofLimits
from engine.exports.writing.result_files import add_generation, add_tokenizer
from engine.models.architecture.told_format import BYTES
from engine.models.base.paths import tokenizer_folder

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

_MB = 1_000_000
_RUNTIME_MB = 600  # this process, without the weights
_TRACING_MB = 1_000  # the process that draws the graph: measured 0.7 GB, however large the model is
_GRAPH_BYTES = 2_000_000  # without the weights; the tokenizer lies beside it
_EIGHT_BITS = "int8"
_BYTES = {"fp32": 4.0, "fp16": 2.0, _EIGHT_BITS: 1.05}  # of a number; scales, norms and biases stay in fp32
_READER = ForeignReader(Text("exports.onnx.reader"), "engine.exports.proof.readers.onnx_runtime")
_DTYPE = Param(
    key="dtype",
    kind="choice",
    default="fp32",
    label=Text("exports.onnx.dtype.label"),
    help=Text("exports.onnx.dtype.help"),
    choices={
        "fp32": Text("exports.onnx.dtype.fp32"),
        "fp16": Text("exports.onnx.dtype.fp16"),
        _EIGHT_BITS: Text("exports.onnx.dtype.int8"),
    },
    advanced=False,
)
_LIMITS = {
    "fp32": EXACT,
    "fp16": ROUNDED,
    _EIGHT_BITS: ProofLimits(divergence=0.05, divergence_99=0.5, agreement=0.85, flips=0.2),
}


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.onnx import writing

    progress.phase("merging")
    model, work = source.shop.plain(), draft.with_name(draft.name + "-onnx")
    dtype = str(values[_DTYPE.key])
    writing.write_model(model, dtype, draft, work, progress)
    writing.add_config(model, draft)
    add_tokenizer(source, draft)
    add_generation(source, draft, progress)
    return {"dtype": dtype}


def _readme(source: ExportSource) -> ReadmePart:
    talks = (tokenizer_folder(source.ctx.settings, source.base) / "chat_template.jinja").is_file()
    return ReadmePart(Text("exports.onnx.about"), code(talks=talks))


def _folder_bytes(sizes: ExportSizes, values: Values) -> int:
    return int(_BYTES[str(values[_DTYPE.key])] * sizes.numbers) + _GRAPH_BYTES


def _memory_mb(sizes: ExportSizes, _values: Values) -> int:
    """The weights in fp32; while the graph is drawn, a process more; while it is written, a tensor more."""
    return BYTES["fp32"] * sizes.numbers // _MB + _RUNTIME_MB + _TRACING_MB


ONNX = ExportFormat(
    key="onnx",
    label=Text("exports.onnx.label"),
    help=Text("exports.onnx.help"),
    made_of=("adapter", "delta", "full"),
    suffix="onnx",
    write=_write,
    readme=_readme,
    folder_bytes=_folder_bytes,
    proof=Text("exports.onnx.proof"),
    reader=lambda _source: _READER,
    limits=lambda values: _LIMITS[str(values[_DTYPE.key])],
    name_part=lambda values: str(values[_DTYPE.key]),
    memory_mb=_memory_mb,
    params=(_DTYPE,),
    why_not=why_not_plain,
    unfit=unfit,
    stands_alone=True,
)
