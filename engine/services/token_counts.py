"""How long the rows of a data set are in a model's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.context import Context
from engine.errors import Fault, NotFound
from engine.planner.cache import lengths_of
from engine.planner.lengths import Table
from storage.queries import base_models as model_queries
from storage.queries import datasets as queries

LIMITS = (256, 512, 1024, 2048, 4096, 8192)
_BARS = 24


def token_report(ctx: Context, dataset_id: int, model_id: int) -> dict[str, Any]:
    """Counts under a model's own template and tokenizer, measured once for each model and content.

    `estimated` is true where a large data set was measured on evenly spread rows.

    Raises:
        Fault: "data.not_imported", "data.tokens.refused".
    """
    with ctx.db.read() as session:
        dataset, model = queries.get(session, dataset_id), model_queries.get_model(session, model_id)
    if dataset is None or model is None:
        raise NotFound()
    if dataset.rows_path is None:
        raise Fault("data.not_imported", name=dataset.name)
    table = lengths_of(ctx.settings, model, dataset, "assistant")
    rows = [*table.train, *table.val]
    if not rows:
        raise Fault("data.tokens.refused", model=model.name)
    return _report(table, [length for length, _ in rows])


def _report(table: Table, lengths: Sequence[int]) -> dict[str, Any]:
    trained = sum(end - start for _, runs in [*table.train, *table.val] for start, end in runs)
    scale = table.scale
    return {
        "tokens": round(sum(lengths) * scale),
        "trained_tokens": round(trained * scale),
        "mean": round(sum(lengths) / len(lengths), 1),
        "longest": max(lengths),
        "rows": round(len(lengths) * scale),
        "refused": table.refused,
        "estimated": scale > 1,
        "over": {str(limit): round(sum(length > limit for length in lengths) * scale) for limit in LIMITS},
        "histogram": _histogram(lengths, scale),
    }


def _histogram(lengths: Sequence[int], scale: float) -> list[list[int]]:
    """Bars [from, to, rows], `to` not included."""
    low = min(lengths)
    width = max(1, -(-(max(lengths) + 1 - low) // _BARS))
    counts = [0] * (-(-(max(lengths) + 1 - low) // width))
    for length in lengths:
        counts[(length - low) // width] += 1
    return [[low + i * width, low + (i + 1) * width, round(count * scale)] for i, count in enumerate(counts)]
