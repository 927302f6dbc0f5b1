"""A whole tuned model, as training left it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.text import Text
from engine.exports.declaration import ExportFormat, ExportSource, Values
from engine.exports.model_card import stands_alone
from engine.exports.result_files import as_large_as_it_is, lay_out

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress


def _write(source: ExportSource, _values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    from engine.exports.proof import stored_dtypes

    digest = lay_out(source, draft, progress, _link)
    dtypes = stored_dtypes(draft)
    main = max(dtypes, key=lambda name: dtypes[name], default="")
    return {"weights_hash": digest, "dtype": main, "stored_bytes_by_dtype": dtypes}


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk cannot do that."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


WHOLE = ExportFormat(
    key="whole",
    label=Text("exports.whole.label"),
    help=Text("exports.whole.help"),
    made_of=("full",),
    suffix="full",
    write=_write,
    readme=stands_alone,
    folder_bytes=as_large_as_it_is,
    proof=Text("exports.whole.proof"),
    also=("merged",),
    stands_alone=True,
)
