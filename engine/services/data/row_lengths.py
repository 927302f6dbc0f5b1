"""How many tokens of a model every row of a data set has: counted in slices, kept on disk."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.index import Column, RowIndex
from engine.data.templates.encoded import Encoded
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_overview import one_text
from engine.models.base.paths import tokenizer_folder
from engine.services.data.versions.version_files import version_file
from engine.shapes.rows import MeasuredTokens
from storage.queries.base_models import get_model
from storage.tables import LanguageModel

SLICE_SECONDS = 0.2
_VERSION = 3  # of what is counted
_AT_ONCE = 50  # rows read at once while they are measured
_MOST_UNKEPT = 4
_UNKEPT: dict[Path, Column] = {}  # counts that the disk would not take, by the files that they are meant for
_log = logging.getLogger(__name__)


def model_of(ctx: Context, model: int) -> LanguageModel:
    """A base model. Raises NotFound."""
    with ctx.db.read() as s:
        base = get_model(s, model)
    if base is None:
        raise NotFound(model=model)
    return base


def template_of(ctx: Context, base: LanguageModel) -> ChatTemplate:
    """Its tokenizer with its chat template. Raises Fault("job.model_not_ready") or Fault("template.no_tokenizer")."""
    return open_template(tokenizer_folder(ctx.settings, base), base.name)


def encode_rows(
    rows: Sequence[Mapping[str, Any]], template: ChatTemplate, seconds: float | None = None
) -> list[Encoded | Fault]:
    """The rows as they would be trained; of pairs and judged answers, the question with the wanted answer.

    Args:
        seconds: only the first rows where so much time is over.
    """
    return template.encode_many([one_text(dict(row)) for row in rows], seconds)


def measure_tokens(ctx: Context, dataset: int, model: int) -> MeasuredTokens:
    """Go on counting the tokens of every row, for a short time: {"measured", "total"}. What was counted is kept on disk.

    A row that the model's template refuses counts as 0. Raises as `row_tokens`.
    """
    base = model_of(ctx, model)
    template = template_of(ctx, base)
    _version, path = version_file(ctx, dataset)
    template.ready()
    index, file = RowIndex.open(path), _lengths_file(ctx, path, base)
    measured, deadline = _measured(file), time.monotonic() + SLICE_SECONDS
    found: list[int] = []
    while measured + len(found) < len(index) and time.monotonic() < deadline:
        start = measured + len(found)
        rows = index.rows(range(start, min(start + _AT_ONCE, len(index))))
        encoded = encode_rows(rows, template, max(0.0, deadline - time.monotonic()))
        found += [0 if isinstance(one, Fault) else len(one.ids) for one in encoded]
    if found:  # at its own place: another tab that counts as well writes the very same there
        _keep(file, measured, np.asarray(found, dtype="<u4"))
    return {"measured": min(_measured(file), len(index)), "total": len(index)}


def _keep(file: Path, place: int, lengths: Column) -> None:
    """Write on from a place; what the disk does not take stays in memory."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_at(file, 4 * place, lengths.tobytes())
    except OSError as error:
        _log.warning("Counted tokens could not be kept: %s", error)
        before = _counted(file, place)
        while len(_UNKEPT) >= _MOST_UNKEPT:
            _UNKEPT.pop(next(iter(_UNKEPT)), None)
        _UNKEPT[file] = np.concatenate([before, lengths])


def _counted(file: Path, count: int) -> Column:
    """The first so many counts, from memory or from the file."""
    unkept = _UNKEPT.get(file)
    if unkept is not None and len(unkept) >= count:
        return unkept[:count]
    return np.fromfile(file, dtype="<u4", count=count) if count else np.zeros(0, dtype="<u4")


def _write_at(file: Path, offset: int, data: bytes) -> None:
    out = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.pwrite(out, data, offset)
        os.fsync(out)
    finally:
        os.close(out)


def _measured(file: Path) -> int:
    return max(file.stat().st_size // 4 if file.is_file() else 0, len(_UNKEPT.get(file, ())))


def _lengths_file(ctx: Context, rows: Path, base: LanguageModel) -> Path:
    stamp = (tokenizer_folder(ctx.settings, base) / "tokenizer.json").stat().st_mtime_ns
    return ctx.settings.home / "cache" / "row_tokens" / f"{rows.stem}-{base.id}-{stamp}-{_VERSION}.u4"


def token_lengths(ctx: Context, rows: Path, model: int) -> Column:
    """Tokens of every row of a file, in its order. Raises Fault("data.rows.not_measured") before they are all counted."""
    file = _lengths_file(ctx, rows, model_of(ctx, model))
    count = len(RowIndex.open(rows))
    if _measured(file) < count:
        raise Fault("data.rows.not_measured")
    return _counted(file, count)
