"""One model of base and result, which stands alone, with proof that it answers as before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ExportSource, Values
from engine.exports.common.model_card import stands_alone
from engine.exports.common.number_format import (
    DTYPE,
    asked,
    folder_bytes,
    format_of_base,
    limits_of,
    memory_mb,
    name_part,
)
from engine.exports.proof.plain import PLAIN
from engine.exports.writing.result_files import add_generation, add_tokenizer
from engine.methods.common.declaration import Method

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.writing.rounded import write_rounded

    progress.phase("merging")
    model = source.shop.plain()
    told = write_rounded(model, asked(values, format_of_base(source.ctx.settings, source.base)), draft, progress)
    add_tokenizer(source, draft)
    add_generation(source, draft, progress)
    return told


def why_not_merged(method: Method) -> Text | None:
    """Why results of a method have no plain model of their own; None where they have."""
    return None if method.capabilities.merge else method.capabilities.why_not["merge"]


def why_not_plain(method: Method) -> Text | None:
    """Why there is no plain model of a result, whole ones included; None where there is."""
    return None if method.saves == "full" else why_not_merged(method)


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
    reader=lambda _source: PLAIN,
    limits=limits_of,
    name_part=name_part,
    memory_mb=memory_mb,
    params=(DTYPE,),
    why_not=why_not_merged,
    stands_alone=True,
)
