"""Rows as a model reads them: the tokens with the mask. The same template code as in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.templates.encoded import Encoded
from engine.data.templates.masking import IGNORED
from engine.data.templates.preview import readable
from engine.data.templates.template import ChatTemplate
from engine.services.data.row_lengths import encode_rows, model_of, template_of
from engine.services.data.rows import rows_with_ids
from engine.shapes.rows import RowAsTokens

_MOST_SHOWN = 1_500  # tokens of one row


def row_tokens(ctx: Context, dataset: int, ids: Sequence[int], model: int) -> list[RowAsTokens]:
    """Rows as tokens: [{"id", "tokens": [{"text", "trained"}], "length", "trained", "weights", "more": tokens that are not shown,
    "skipped_turns", "lost_thoughts", "open_ends", "cropped", "controls", "over": the model's context where the row is
    longer, "error"}].

    Raises:
        NotFound: there is no such data set, row or model.
        Fault: "job.model_not_ready" or "template.no_tokenizer".
    """
    base = model_of(ctx, model)
    template = template_of(ctx, base)
    rows = rows_with_ids(ctx, dataset, list(ids))
    found = zip(rows, encode_rows(rows, template), strict=True)
    return [_tokens(row, encoded, template, base.context_length) for row, encoded in found]


def _weights(encoded: Encoded) -> list[float]:
    """How much the learnt tokens count, each number once; empty where each counts once."""
    if encoded.weights is None:
        return []
    found = {w for w, label in zip(encoded.weights[1:], encoded.labels[1:], strict=True) if label != IGNORED}
    return [] if found <= {1} else sorted(found)


def _tokens(
    row: Mapping[str, Any], encoded: Encoded | Fault, template: ChatTemplate, context: int | None
) -> RowAsTokens:
    if isinstance(encoded, Fault):
        return {"id": row["id"], "error": encoded.as_dict()}
    shown = encoded.cut(_MOST_SHOWN)
    length = len(encoded.ids)
    return {
        "id": row["id"],
        "tokens": readable(shown, template),
        "length": length,
        "trained": encoded.trained,
        "weights": _weights(encoded),
        "more": max(0, length - _MOST_SHOWN),
        "skipped_turns": encoded.skipped_turns,
        "lost_thoughts": encoded.lost_thoughts,
        "open_ends": encoded.open_ends,
        "cropped": encoded.cropped,
        "controls": encoded.controls,
        "over": context if context is not None and length > context else None,
        "error": None,
    }
