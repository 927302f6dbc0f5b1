"""The files of a tuned model as training left them, with what plain libraries need beside them. Imports no torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.exports.common.declaration import ExportSizes, ExportSource, Values
from engine.models.base.integrity import intact_settings
from engine.models.base.paths import tokenizer_folder
from engine.models.tuned.integrity import intact_result

if TYPE_CHECKING:
    from engine.data.templates.template import ChatTemplate
    from engine.models.base.download_progress import ByteProgress

_TOKENIZER_FILES = ("tokenizer.json", "chat_template.jinja")
_WRITTEN_ANEW = ("README.md", "generation_config.json")
_FROM_BASE = ("tokenizer_config.json", "special_tokens_map.json")


def write_as_it_is(source: ExportSource, _values: Values, draft: Path, progress: ByteProgress) -> dict[str, Any]:
    """Copy the result, whose hash is checked; the proof are the hashes. Raises Fault("chat.damaged")."""
    digest = lay_out(source, draft, progress, shutil.copyfile)
    return {"weights_hash": digest, "base_weights_hash": source.base.weights_hash}


def as_large_as_it_is(sizes: ExportSizes, _values: Values) -> int:
    """Bytes of such a copy."""
    return sizes.result_bytes


def lay_out(source: ExportSource, draft: Path, progress: ByteProgress, copy: Callable[[Path, Path], Any]) -> str:
    """Put the result's files and the tokenizer into `draft`; the weights' sha256. Raises Fault("chat.damaged")."""
    progress.phase("checking")
    digest = verified(source, progress)
    for file in source.folder.iterdir():
        if file.is_file() and file.name not in _WRITTEN_ANEW:
            copy(file, draft / file.name)
    add_tokenizer(source, draft)
    add_generation(source, draft, progress)
    return digest


def verified(source: ExportSource, progress: ByteProgress) -> str:
    """The weights' hash, after checking that they are what training stored. Raises Fault("chat.damaged")."""
    intact_result(source.ctx.settings, source.tuned, whole=True, on_bytes=progress.more)
    return source.tuned.weights_hash


def add_generation(source: ExportSource, draft: Path, progress: ByteProgress) -> None:
    """What ends an answer in chat ends it elsewhere; settings that transformers refuses are mended, and said."""
    from engine.models.base.generation_settings import write_generation

    changed = write_generation(intact_settings(source.ctx.settings, source.base), draft, template_of(source).eos_ids)
    if changed:
        progress.reporter.event("info", "generation_mended", names=", ".join(changed))


def template_of(source: ExportSource) -> ChatTemplate:
    """Tokenizer and chat template, as chat has them."""
    from engine.data.templates.isolated.isolated_template import open_template

    return open_template(tokenizer_folder(source.ctx.settings, source.base), source.base.name)


def add_tokenizer(source: ExportSource, draft: Path) -> None:
    """Tokenizer and chat template, as training and chat use them, in a form that transformers reads."""
    settings, base = source.ctx.settings, source.base
    tokenizer = tokenizer_folder(settings, base)
    for name in _TOKENIZER_FILES:
        _copy_missing(tokenizer / name, draft / name)
    beside = intact_settings(settings, base)
    for name in _FROM_BASE:
        _copy_missing(beside / name, draft / name)
    config = draft / "tokenizer_config.json"
    if not config.exists():
        special = json.loads((tokenizer / "special.json").read_text(encoding="utf-8"))
        config.write_text(json.dumps({name: value for name, value in special.items() if isinstance(value, str)}))
    _name_class(config)


def _name_class(file: Path) -> None:
    """Let the tokenizer be read from tokenizer.json as it stands there, which chat does too.

    Classes of families build it anew, from its words alone and otherwise where no config.json names the family, as beside an
    adapter: Mistral's and Phi-3's then have other tokens behind special ones.
    """
    config = json.loads(file.read_text(encoding="utf-8")) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    for name in ("add_bos_token", "add_eos_token", "add_prefix_space", "legacy"):
        config.pop(name, None)  # for those classes; tokenizer.json has it all
    file.unlink()  # it may be the tuned model's own file under a second name
    file.write_text(json.dumps(config, ensure_ascii=False, indent=2), encoding="utf-8")


def _copy_missing(source: Path, target: Path) -> None:
    if source.is_file() and not target.exists():
        shutil.copyfile(source, target)
