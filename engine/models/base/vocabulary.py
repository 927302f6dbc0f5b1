"""A model's tokenizer against its embedding: looked into at preparation, or on first need for models of earlier versions."""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import Fault
from engine.core.shapes import CodedMessage
from engine.core.small_files import read_object
from engine.data.templates.token_rows import TokenRows, named
from engine.models.base.embedding import TokenTables, find_tables, tables_among
from engine.models.base.inspect import weight_files
from engine.models.base.tensors import StoredTensor

if TYPE_CHECKING:
    pass

RESIZED = "resized.json"  # beside the weights of a copy with more rows: how many the original had
VOCABULARY_KEYS = ("vocab_size", "padded_vocab_size")
_TALK = ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hi"})
_MOST_KEPT = 1_000  # tokens without a row whose texts are kept
_log = logging.getLogger(__name__)


def look_into(weights: Path, config: Mapping[str, Any], tokenizer: Path) -> TokenRows:
    """What the tokenizer of a folder needs of the embedding in `weights`, by headers and a few rows.

    Raises:
        Fault: "model.*" where the weights cannot be read, "template.*" where the tokenizer cannot.
    """
    tables = find_tables(weight_files(weights))
    if tables is None:
        return TokenRows()
    old = _rows_before(weights)
    return _needs(tables, config, tokenizer, old, lambda ids: _blank(tables.embedding, ids))


def look_ahead(tensors: Iterable[StoredTensor], config: Mapping[str, Any], tokenizer: Path) -> TokenRows:
    """As `look_into`, of weights that are not here yet: which of the rows were never trained is seen when they are.

    Raises:
        Fault: "template.*" where the tokenizer cannot be read.
    """
    tables = tables_among(tensors)
    return TokenRows() if tables is None else _needs(tables, config, tokenizer, None, lambda _ids: [])


def _needs(
    tables: TokenTables,
    config: Mapping[str, Any],
    tokenizer: Path,
    old: int | None,
    blank: Callable[[Sequence[int]], list[int]],
) -> TokenRows:
    rows, said = tables.rows, configured_rows(config)
    known = _vocabulary(tokenizer, rows, rows if old is None else old)
    return TokenRows(
        rows,
        said if said != rows else None,
        known["lacking"],
        known["beyond"],
        tuple(known["used"]),
        {i: known["added"][i] for i in blank(sorted(known["added"]))} | known["new"],
        not tables.strange,
    )


def rows_needed(tokenizer: Path) -> int:
    """Rows that an embedding needs for every token of a tokenizer folder. Raises Fault("template.no_tokenizer")."""
    return int(_vocabulary(tokenizer, 0, 0)["size"])


def _vocabulary(tokenizer: Path, rows: int, old: int) -> Any:
    from engine.data.templates.isolated.isolated_template import isolated  # slow, and the command line need not wait

    return isolated(tokenizer).vocabulary(rows, old)


def text_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config.json that describes the language model."""
    part = config.get("text_config")
    return part if isinstance(part, Mapping) else config


def configured_rows(config: Mapping[str, Any]) -> int | None:
    """How many rows the embedding has by config.json; None where it does not say."""
    part = text_part(config)
    found = (part.get(key) for key in reversed(VOCABULARY_KEYS))
    return next((value for value in found if isinstance(value, int)), None)


def known_rows(weights: Path, tokenizer: Path) -> TokenRows:
    """What is known of a prepared model; looked into now, and kept, where that was not done yet."""
    if (found := TokenRows.read(tokenizer)) is not None:
        return found
    try:
        config = read_object(weights / "config.json")
        found = look_into(weights, config, tokenizer)
    except (Fault, OSError, ValueError):  # those who load it say so
        return TokenRows()
    try:
        found.write(tokenizer)
    except OSError as error:  # a full disk, a home that cannot be written to: looked into again the next time
        _log.warning("What is known of the embedding could not be kept: %s", error)
    return found


def finding_of(rows: TokenRows) -> CodedMessage | None:
    """What a page or a terminal says of a model whose tokenizer and embedding do not fit; None where they do."""
    if rows.configured is not None:
        return {"code": "model.rows_differ", "params": {"configured": rows.configured, "rows": rows.rows}}
    if not rows.lacking:
        return None
    params = {"n": rows.lacking, "rows": rows.rows}
    if rows.used:
        used = {token: rows.beyond.get(token, "?") for token in rows.used}
        return {"code": "model.template_beyond", "params": params | {"tokens": named(used)}}
    return {"code": "model.tokens_beyond", "params": params | {"tokens": named(rows.beyond)}}


# ------------------------------------------------------------------ inside


def _rows_before(weights: Path) -> int | None:
    """How many rows the original of a copy with more rows had."""
    try:
        return int(read_object(weights / RESIZED)["rows"])
    except (Fault, OSError, ValueError, KeyError, TypeError):
        return None


def _blank(embedding: StoredTensor, ids: Sequence[int]) -> list[int]:
    """Those of the rows that are all zeros, or the very same as another of them."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    with embedding.file.open("rb") as file:
        for token in ids:
            file.seek(embedding.start + token * embedding.row_bytes)
            row = file.read(embedding.row_bytes)
            alike[b"" if not any(row) else hashlib.sha256(row).digest()].append(token)
    return sorted(token for row, same in alike.items() if not row or len(same) > 1 for token in same)
