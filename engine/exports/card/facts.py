"""What a card may tell, gathered from the rows of the database: no path, no name of a user, no content of a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from engine.core.errors import Fault
from engine.exports.common.declaration import ExportFormat, ExportSource
from engine.exports.common.plain_names import plain
from engine.methods import method_of
from engine.methods.common.declaration import Method
from engine.models.base.inspect import hash_file
from engine.models.base.paths import known_elsewhere
from engine.objectives import objective_in
from engine.objectives.declaration import Objective
from storage.data_tables import DatasetVersion
from storage.queries.metrics import series_of
from storage.tables import Dataset

_README = "README.md"


@dataclass(frozen=True)
class CardEvidence:
    """What was found of a tuned model besides its own metrics.

    Attributes:
        votes: blind votes against its base: {"wins", "ties", "votes", "low", "high"}; None where there are none.
        bakeoff: its row of a comparison: {"name", "cells": {column: {"mean", "spread", "runs"}}}; None where it was in none.
    """

    votes: Mapping[str, Any] | None = None
    bakeoff: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class CardFacts:
    """All that a card is written from.

    Attributes:
        source: what the export was made of.
        form: its form.
        proof: what is stored of its proof, with the facts of its writer.
        method: of the tuned model; None where this version does not know it.
        objective: what was optimised; None where this version does not know it.
        spec: the settings that it was trained with.
        data: {"name", "hash", "train_rows", "val_rows", "test_rows", "hub"} of its data, as far as they are known.
        losses: training loss at the first and at the last report; empty where there is none.
        files: sha256 by the name of each file of the export.
        evidence: what was found of it in votes and comparisons.
    """

    source: ExportSource
    form: ExportFormat
    proof: Mapping[str, Any]
    method: Method | None
    objective: Objective | None
    spec: Mapping[str, Any]
    data: Mapping[str, Any]
    losses: tuple[float, ...]
    files: Mapping[str, str]
    evidence: CardEvidence = field(default_factory=CardEvidence)

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Numbers of the end of its training."""
        return self.source.tuned.metrics or {}

    @property
    def merged(self) -> Mapping[str, Any] | None:
        """What it was merged from; None for a trained model."""
        found: Mapping[str, Any] | None = (self.source.tuned.lineage or {}).get("merged")
        return found

    @property
    def scores(self) -> bool:
        """Whether it is a reward model."""
        return self.objective is not None and not self.objective.talks

    @property
    def base_ref(self) -> str | None:
        """The base's name on a hub; None where it has none."""
        base = self.source.base
        return base.ref if known_elsewhere(base) else None


def gathered(
    source: ExportSource, form: ExportFormat, proof: Mapping[str, Any], folder: Any, evidence: CardEvidence
) -> CardFacts:
    """The facts of an export whose files lie in `folder`, all but the card itself."""
    spec = (source.tuned.lineage or {}).get("spec") or {}
    files = sorted(one for one in folder.rglob("*") if one.is_file() and one.name != _README)
    return CardFacts(
        source, form, proof, _method(source.tuned.method), _objective(spec), spec, _data(source), _losses(source),
        {one.relative_to(folder).as_posix(): hash_file(one) for one in files}, evidence,
    )  # fmt: skip


def _method(key: str) -> Method | None:
    try:
        return method_of(key)
    except Fault:
        return None


def _objective(spec: Mapping[str, Any]) -> Objective | None:
    try:
        return objective_in(spec)
    except Fault:
        return None


def _data(source: ExportSource) -> dict[str, Any]:
    told = (source.tuned.lineage or {}).get("dataset", {})
    digest = told.get("content_hash")
    with source.ctx.db.read() as s:
        row = s.get(Dataset, source.tuned.dataset_id)
        of_version = select(DatasetVersion).where(DatasetVersion.content_hash == digest).limit(1)
        counted = row if row is not None and row.content_hash == digest else s.scalar(of_version) if digest else None
        rows = {key: getattr(counted, key) for key in ("train_rows", "val_rows", "test_rows")} if counted else {}
        first = (row.sources or [{}])[0] if row is not None else {}
    hub = first.get("hub") if isinstance(first, Mapping) else None
    name = plain(told.get("name") or (row.name if row is not None else ""))
    return {"name": name, "hash": digest, "hub": hub if isinstance(hub, str) else None, **rows}


def _losses(source: ExportSource) -> tuple[float, ...]:
    with source.ctx.db.read() as s:
        found = series_of(s, [source.tuned.job_id], "train_loss").get(source.tuned.job_id) or []
    return (float(found[0][1]), float(found[-1][1])) if found else ()
