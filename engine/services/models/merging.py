"""Merging adapters as the user handles it: what can be merged, the wish, and how it is getting on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import LONGEST_NAME, free_name
from engine.core.settings import Settings
from engine.data.importing.names import clean_name
from engine.jobs.kinds.tuned.merge_adapters import MERGE_ADAPTERS
from engine.jobs.queue import enqueue
from engine.models.tuned.integrity import result_change
from engine.models.tuned.results import adapter_config
from engine.serving.scored_texts import talks
from engine.shapes.taking.merging import MergeBase, MergeCandidate, MergeForm, MergeJobView
from engine.training.merging.parents import FEWEST, STRONGEST, check_weights, rank_in, refusal
from engine.training.merging.ways import MERGE_WAYS, way_of
from storage.job_tables import Job
from storage.queries import base_models, tuned_models
from storage.tables import LanguageModel, TunedModel


def merge_bases(ctx: Context) -> list[MergeBase]:
    """Every base model on which at least two tuned models stand, the newest first."""
    with ctx.db.read() as s:
        rows = sorted(tuned_models.list_tuned(s), key=lambda row: (-row.base_model_id, -row.id))
        bases = base_models.by_ids(s, {row.base_model_id for row in rows})
    groups = [(key, list(found)) for key, found in groupby(rows, lambda row: row.base_model_id)]
    return [
        {"id": key, "name": bases[key].name, "models": [_candidate(ctx.settings, row, bases[key]) for row in found]}
        for key, found in groups
        if len(found) >= FEWEST
    ]


def merge_form(ctx: Context) -> MergeForm:
    """What can be merged, and how."""
    ways = [(way.key, way.label.as_dict(), way.help.as_dict(), way.rank) for way in MERGE_WAYS]
    return {
        "bases": merge_bases(ctx),
        "ways": [{"key": key, "label": label, "help": text, "rank": rank} for key, label, text, rank in ways],
        "strongest": STRONGEST,
    }


def start_merge(
    ctx: Context, parents: Sequence[Mapping[str, Any]], way: str, *, rank: int | None = None, name: str = ""
) -> int:
    """Queue a merge; the same one that is under way is used.

    Args:
        parents: {"id", "weight"} of each tuned model.
        way: key of the way.
        rank: of the merged adapter, where the way lets it be chosen.
        name: of the new model; of its parents where it is empty.

    Raises:
        NotFound: one of the tuned models is not there.
        Fault: "merging.*", and how files changed ("chat.damaged" and its like).
    """
    chosen = way_of(way)
    with ctx.db.read() as s:
        rows = [_tuned(s, int(one["id"])) for one in parents]
        bases = base_models.by_ids(s, {row.base_model_id for row in rows})
    weights = check_weights([one["weight"] for one in parents], [row.name for row in rows])
    _one_base(rows, bases)
    for row in rows:
        if fault := _refused(ctx.settings, row, bases[row.base_model_id]):
            raise fault
    spec = {
        "parents": [
            {"tuned_id": row.id, "name": row.name, "weight": weight, "weights_hash": row.weights_hash}
            for row, weight in zip(rows, weights, strict=True)
        ],
        "way": chosen.key,
        "rank": chosen.rank_of([_rank(ctx.settings, row) for row in rows], rank),
    }
    said = clean_name(name.encode("utf-8", "replace").decode(), "") or " + ".join(row.name for row in rows)
    with ctx.db.write() as s:
        free = free_name(said[:LONGEST_NAME], tuned_models.taken_tuned_names(s, beside=0))
        return enqueue(s, MERGE_ADAPTERS, name=free, spec={**spec, "name": free}, method=rows[0].method,
                       dataset_id=rows[0].dataset_id, base_model_id=rows[0].base_model_id)  # fmt: skip


def merge_view(ctx: Context, job_id: int) -> MergeJobView:
    """How a merge job is getting on. Raises NotFound."""
    with ctx.db.read() as s:
        job = s.get(Job, job_id)
        if job is None or job.kind != MERGE_ADAPTERS.key:
            raise NotFound(job=job_id)
        told = job.result or {}
        seen = {"id": job.id, "status": job.status, "phase": job.phase, "error": job.error}
        return cast(MergeJobView, seen | {key: told.get(key) for key in ("tuned_id", "divergence", "agreement")})


def _tuned(s: Session, tuned_id: int) -> TunedModel:
    tuned = tuned_models.get_tuned(s, tuned_id)
    if tuned is None:
        raise NotFound(tuned=tuned_id)
    return tuned


def _one_base(rows: Sequence[TunedModel], bases: Mapping[int, LanguageModel]) -> None:
    """Raises Fault("merging.twice"), Fault("merging.other_base") or Fault("merging.other_weights")."""
    first = rows[0]
    for number, row in enumerate(rows[1:], 1):
        if row.id in {one.id for one in rows[:number]}:
            raise Fault("merging.twice", name=row.name)
        if row.base_model_id != first.base_model_id:
            names = {"base": bases[first.base_model_id].name, "other": bases[row.base_model_id].name}
            raise Fault("merging.other_base", first=first.name, name=row.name, **names)


def _refused(settings: Settings, row: TunedModel, base: LanguageModel) -> Fault | None:
    """Why a model cannot be merged with any other."""
    if not talks(row):
        return Fault("merging.scores", name=row.name)
    learnt_on = (row.lineage or {}).get("base", {}).get("weights_hash")
    if learnt_on and base.weights_hash and learnt_on != base.weights_hash:
        return Fault("merging.other_weights", name=row.name, base=base.name)
    return result_change(settings, row) or refusal(settings.absolute(row.path), row.name, row.format)


def _rank(settings: Settings, row: TunedModel) -> int:
    return rank_in(adapter_config(settings.absolute(row.path)))


def _candidate(settings: Settings, row: TunedModel, base: LanguageModel) -> MergeCandidate:
    fault = _refused(settings, row, base)
    return {
        "id": row.id,
        "name": row.name,
        "rank": None if fault else _rank(settings, row),
        "bytes": row.bytes,
        "refused": fault.as_dict() if fault else None,
    }
