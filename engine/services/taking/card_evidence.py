"""What votes and comparisons found of a tuned model, for its card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.context import Context
from engine.exports.card.facts import CardEvidence
from engine.services.arena.evidence import against_base
from engine.services.comparisons.views import comparison_view
from storage.queries import comparisons
from storage.tables import TunedModel


def evidence_of(ctx: Context, tuned: TunedModel) -> CardEvidence:
    """Its blind votes against its base, and its row of the comparison that made it."""
    return CardEvidence(against_base(ctx, tuned.id), _row(ctx, tuned))


def _row(ctx: Context, tuned: TunedModel) -> Mapping[str, Any] | None:
    with ctx.db.read() as s:
        found = comparisons.of_jobs(s, [tuned.job_id]).get(tuned.job_id)
    if found is None:
        return None
    seen = comparison_view(ctx, found)
    mine = [row for row in seen["rows"] if any(run["job_id"] == tuned.job_id for run in row["runs"])]
    return {"name": seen["name"], "cells": mine[0]["cells"]} if mine else None
