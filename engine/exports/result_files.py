"""The files of a tuned model as training left them, with what plain libraries need beside them. Imports no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.exports.declaration import ExportSizes, ExportSource, Values
from engine.models.base.paths import tokenizer_folder, weights_folder
from engine.models.tuned.integrity import intact_result

if TYPE_CHECKING:
    from engine.models.base.download_progress import ByteProgress

_TOKENIZER_FILES = ("tokenizer.json", "chat_template.jinja")
_FROM_BASE = ("tokenizer_config.json", "special_tokens_map.json")


def write_as_it_is(source: ExportSource, _values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    """Copy the result, whose hash is checked; the proof are the hashes. Raises Fault("chat.damaged")."""
    digest = lay_out(source, draft, progress, shutil.copyfile)
    return {"weights_hash": digest, "base_weights_hash": source.base.weights_hash}


def as_large_as_it_is(sizes: ExportSizes) -> int:
    """Bytes of such a copy."""
    return sizes.result_bytes


def lay_out(source: ExportSource, draft: Path, progress: ByteProgress, copy: Callable[[Path, Path], Any]) -> str:
    """Put the result's files and the tokenizer into `draft`; the weights' sha256. Raises Fault("chat.damaged")."""
    progress.phase("checking")
    digest = verified(source, progress)
    for file in source.folder.iterdir():
        if file.is_file() and file.name != "README.md":
            copy(file, draft / file.name)
    add_tokenizer(source, draft)
    return digest


def verified(source: ExportSource, progress: ByteProgress) -> str:
    """The weights' hash, after checking that they are what training stored. Raises Fault("chat.damaged")."""
    intact_result(source.ctx.settings, source.tuned, whole=True, on_bytes=progress.more)
    return source.tuned.weights_hash


def add_tokenizer(source: ExportSource, draft: Path) -> None:
    """Tokenizer and chat template, as training and chat use them, in a form that transformers reads."""
    settings, base = source.ctx.settings, source.base
    tokenizer = tokenizer_folder(settings, base)
    for name in _TOKENIZER_FILES:
        _copy_missing(tokenizer / name, draft / name)
    for name in _FROM_BASE:
        _copy_missing(weights_folder(settings, base) / name, draft / name)
    if not (draft / "tokenizer_config.json").exists():
        special = json.loads((tokenizer / "special.json").read_text(encoding="utf-8"))
        tokens = {name: value for name, value in special.items() if isinstance(value, str)}
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **tokens}
        (draft / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False, indent=2), encoding="utf-8")


def _copy_missing(source: Path, target: Path) -> None:
    if source.is_file() and not target.exists():
        shutil.copyfile(source, target)
