"""One file that llama.cpp runs, and with it Ollama, LM Studio and many others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.params import Param
from engine.core.text import Text
from engine.exports.common.declaration import ROUNDED, ExportFormat, ExportSizes, ExportSource, ReadmePart, Values
from engine.exports.forms.merged import why_not_plain
from engine.exports.gguf.families import why_not_written
from engine.exports.gguf.number_formats import BY_KEY
from engine.exports.proof.declaration import ProofLimits
from engine.exports.proof.llama_cpp import LLAMA_CPP
from engine.models.architecture.told_format import BYTES

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

FILE = "model.gguf"
_MB = 1_000_000
_RUNTIME_MB = 600
_LARGEST_PART = 0.5  # of a model's numbers, that its largest tensor can be: it is calculated with beside the model
_BITS = 8
_WORDS_SHARE = 0.3  # of a small model's numbers, that are embeddings and stay in 8 bits
DTYPE = Param(
    key="dtype",
    kind="choice",
    default="q8_0",
    label=Text("exports.gguf.dtype.label"),
    help=Text("exports.gguf.dtype.help"),
    choices={
        "f16": Text("exports.gguf.dtype.f16"),
        "bf16": Text("exports.gguf.dtype.bf16"),
        "q8_0": Text("exports.gguf.dtype.q8_0"),
        "q5_0": Text("exports.gguf.dtype.q5_0"),
        "q4_1": Text("exports.gguf.dtype.q4_1"),
        "q4_0": Text("exports.gguf.dtype.q4_0"),
    },
    advanced=False,
)
# Measured on the starter and tuned ones of it (135 million numbers), mean divergence: Q8_0 0.002, Q5_0 0.07 to 0.11, Q4_0 0.25 to 0.36.
# Q4_1 is exact for the starter, whose numbers lie on its grid, and rounds away what training moved (0.6): that is to fail.
_LIMITS = {
    "f16": ROUNDED,
    "bf16": ROUNDED,
    "q8_0": ProofLimits(divergence=0.02, divergence_99=0.2, agreement=0.93),
    "q5_0": ProofLimits(divergence=0.15, divergence_99=1.5, agreement=0.8, flips=0.2),
    "q4_1": ProofLimits(divergence=0.3, divergence_99=3.0, agreement=0.75, flips=0.25),
    "q4_0": ProofLimits(divergence=0.3, divergence_99=3.0, agreement=0.75, flips=0.25),
}
_CODE = """
```sh
llama-server -m model.gguf                 # llama.cpp: a page to chat and an API at http://127.0.0.1:8080
ollama create tuned -f Modelfile           # Ollama, once a file Modelfile holds the one line: FROM ./model.gguf
ollama run tuned
lms import model.gguf                      # LM Studio, or drag the file into its window
```
"""


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.gguf.export import write_gguf

    return write_gguf(source, BY_KEY[str(values[DTYPE.key])], draft / FILE, progress)


def _folder_bytes(sizes: ExportSizes, values: Values) -> int:
    form = BY_KEY[str(values[DTYPE.key])]
    bits = form.bits + _WORDS_SHARE * max(0.0, _BITS - form.bits)
    return int(bits / _BITS * sizes.numbers)


def _memory_mb(sizes: ExportSizes, _values: Values) -> int:
    return int((1 + _LARGEST_PART) * BYTES["fp32"] * sizes.numbers) // _MB + _RUNTIME_MB


GGUF = ExportFormat(
    key="gguf",
    label=Text("exports.gguf.label"),
    help=Text("exports.gguf.help"),
    made_of=("adapter", "delta", "full"),
    suffix="gguf",
    write=_write,
    readme=lambda _source: ReadmePart(Text("exports.gguf.about"), _CODE),
    folder_bytes=_folder_bytes,
    proof=Text("exports.gguf.proof"),
    reader=lambda _source: LLAMA_CPP,
    limits=lambda values: _LIMITS[str(values[DTYPE.key])],
    name_part=lambda values: str(values[DTYPE.key]),
    memory_mb=_memory_mb,
    params=(DTYPE,),
    why_not=why_not_plain,
    unfit=why_not_written,
    stands_alone=True,
)
