"""One model of base and result, which stands alone, with proof that it answers as before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ExportSizes, ExportSource, Values
from engine.exports.model_card import stands_alone
from engine.exports.result_files import add_tokenizer, verified
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

_FP32_BYTES = 4
_MB = 1_000_000  # as pages show it
_RUNTIME_MB = 600


def _write(source: ExportSource, _values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.data.templates.template import ChatTemplate
    from engine.exports.merging import Sources, merge
    from engine.exports.proof import proof_inputs

    settings = source.ctx.settings
    progress.phase("checking")
    verified(source, progress)
    weights = intact_weights(settings, source.base, whole=True, on_bytes=progress.more)
    template = ChatTemplate.load(tokenizer_folder(settings, source.base))
    inputs = proof_inputs(source.ctx, source.tuned, template)
    method = method_of(source.tuned.method)
    proof = merge(Sources(source.base, weights, source.folder, template.eos_ids, inputs, method), draft, progress)
    add_tokenizer(source, draft)
    return proof


def _folder_bytes(sizes: ExportSizes) -> int:
    return _FP32_BYTES * sizes.base_parameters


def _memory_mb(sizes: ExportSizes) -> int:
    """The base in fp32, whatever precision it is stored in afterwards."""
    return _FP32_BYTES * sizes.base_parameters // _MB + _RUNTIME_MB


def _why_not(method: Method) -> Text | None:
    return None if method.capabilities.merge else method.capabilities.why_not["merge"]


MERGED = ExportFormat(
    key="merged",
    label=Text("exports.merged.label"),
    help=Text("exports.merged.help"),
    made_of=("adapter", "delta", "shots"),
    suffix="merged",
    write=_write,
    readme=stands_alone,
    folder_bytes=_folder_bytes,
    proof=Text("exports.merged.proof"),
    memory_mb=_memory_mb,
    why_not=_why_not,
    stands_alone=True,
)
