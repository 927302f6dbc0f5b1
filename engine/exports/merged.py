"""One model of base and result, which stands alone, with proof that it answers as before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ExportSource, Values
from engine.exports.model_card import stands_alone
from engine.exports.number_format import DTYPE, asked, folder_bytes, format_of_base, memory_mb
from engine.exports.result_files import add_generation, add_tokenizer, template_of, verified
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.models.base.integrity import intact_weights

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.merging import Sources, merge
    from engine.exports.proof import proof_inputs

    settings = source.ctx.settings
    progress.phase("checking")
    verified(source, progress)
    weights = intact_weights(settings, source.base, whole=True, on_bytes=progress.more)
    inputs = proof_inputs(source.ctx, source.tuned, template_of(source))
    dtype, method = asked(values, format_of_base(settings, source.base)), method_of(source.tuned.method)
    proof = merge(Sources(weights, source.folder, dtype, inputs, method), draft, progress)
    add_tokenizer(source, draft)
    add_generation(source, draft, progress)
    return proof


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
    folder_bytes=folder_bytes,
    proof=Text("exports.merged.proof"),
    memory_mb=memory_mb,
    params=(DTYPE,),
    why_not=_why_not,
    stands_alone=True,
)
