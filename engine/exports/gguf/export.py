"""A tuned model as a GGUF file: what an export job does."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.exports.common.declaration import ExportSource
from engine.exports.gguf.families import family_of, why_not_written
from engine.exports.gguf.file import GgufParts, write_file
from engine.exports.gguf.number_formats import NumberFormat
from engine.exports.gguf.words.choice import chosen
from engine.exports.gguf.words.vocabulary import read_vocabulary
from engine.exports.gguf.words.writing import name_for, write_vocabulary
from engine.models.base.download_progress import ByteProgress
from engine.models.base.paths import tokenizer_folder

_FP32 = 4


def write_gguf(source: ExportSource, wanted: NumberFormat, file: Path, progress: ByteProgress) -> dict[str, Any]:
    """Write it; facts for the proof.

    Raises:
        Fault: "export.gguf_unfit", "export.gguf_tokenizer", "export.gguf_words", "export.gguf_tensor", "export.overflow".
        Cancelled: nobody wants it any more.
    """
    progress.phase("merging")
    return write_model(
        source.shop.plain(),
        tokenizer_folder(source.ctx.settings, source.base),
        source.tuned.name,
        wanted,
        file,
        progress,
    )


def write_model(
    model: Any, tokenizer: Path, name: str, wanted: NumberFormat, file: Path, progress: ByteProgress
) -> dict[str, Any]:
    """The same, of a plain model and a tokenizer folder. Raises Fault("export.gguf_unfit")."""
    config = model.config.to_dict()
    if reason := why_not_written(config):
        raise Fault("export.gguf_unfit", reason=reason.as_dict())
    family = family_of(config["model_type"])
    assert family is not None, "otherwise there is a reason"
    rows = int(model.get_input_embeddings().weight.shape[0])
    vocabulary = read_vocabulary(tokenizer, rows)
    work = file.with_name(file.name + "-words")
    try:
        work.mkdir()
        manner, everywhere = chosen(vocabulary, tokenizer / "tokenizer.json", work, progress)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    progress.phase("saving", sum(tensor.numel() * _FP32 for tensor in model.state_dict().values()))
    parts = GgufParts(
        model=model,
        family=family,
        wanted=wanted,
        words=partial(write_vocabulary, vocabulary=vocabulary, manner=manner),
        rows=rows,
        name=name_for(manner, name),
    )
    stored = write_file(parts, file, progress.more)
    return {
        "dtype": wanted.key,
        "stored_bytes_by_dtype": stored,
        "words": {"model": manner.model, "pre": manner.pre, "same_everywhere": everywhere},
    }
