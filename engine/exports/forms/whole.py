"""A whole tuned model: as training left it, or in another number format."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.common.declaration import ExportFormat, ExportSizes, ExportSource, Values
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
from engine.exports.writing.result_files import add_generation, add_tokenizer, lay_out, verified
from engine.models.base.number_formats import stored_bytes, stored_format
from engine.models.tuned.results import HEAD

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress


def _write(source: ExportSource, values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    dtype = asked(values, format_of_base(source.ctx.settings, source.base))
    if dtype != stored_format(source.folder):
        return _written_in(dtype, source, draft, progress)
    digest = lay_out(source, draft, progress, _link)
    return {"weights_hash": digest, "dtype": dtype, "stored_bytes_by_dtype": stored_bytes(draft)}


def _written_in(dtype: str, source: ExportSource, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    """Another format than the one that it is stored in, as results of earlier versions are."""
    from engine.exports.writing.rounded import write_rounded

    digest = verified(source, progress)
    told = write_rounded(source.shop.plain(), dtype, draft, progress)
    for file in source.folder.iterdir():
        weights = "safetensors" in file.name and file.name != HEAD
        if file.is_file() and not (draft / file.name).exists() and not weights:
            shutil.copyfile(file, draft / file.name)
    add_tokenizer(source, draft)
    add_generation(source, draft, progress)
    return {"weights_hash": digest} | told


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk cannot do that."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _as_it_is(sizes: ExportSizes, values: Values) -> bool:
    return asked(values, sizes.base_dtype) == sizes.result_dtype


def _folder_bytes(sizes: ExportSizes, values: Values) -> int:
    return sizes.result_bytes if _as_it_is(sizes, values) else folder_bytes(sizes, values)


WHOLE = ExportFormat(
    key="whole",
    label=Text("exports.whole.label"),
    help=Text("exports.whole.help"),
    made_of=("full",),
    suffix="full",
    write=_write,
    readme=stands_alone,
    folder_bytes=_folder_bytes,
    proof=Text("exports.whole.proof"),
    reader=lambda _source: PLAIN,
    limits=limits_of,
    name_part=name_part,
    memory_mb=memory_mb,
    params=(DTYPE,),
    also=("merged",),
    stands_alone=True,
    keeps_head=True,
)
