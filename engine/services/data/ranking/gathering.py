"""Rows out of rankings: pairs, rankings or thumbs, with the prompts of the held-out part apart from those that are learnt."""

from __future__ import annotations

import json
import math
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.importing.names import clean_name
from engine.data.rows.ranking import pair_of, pairs_in, thumbs_of
from engine.data.rows.row import Row, kind_of
from engine.data.writers.layout import columns_of
from engine.services.data import datasets, imports, sources
from engine.services.data.ranking.agreement import agreements, together
from engine.services.data.versions.versions import append_rows
from engine.shapes.annotation import GatheredRows, GatherWish, RankedView
from storage.queries import datasets as dataset_queries
from storage.queries.ranked import rankings
from storage.ranking_tables import RankedPrompt

Form = Literal["pairs", "ranking", "thumbs"]
FORMS: tuple[Form, ...] = ("pairs", "ranking", "thumbs")
OPERATION = "rank"  # as the lineage of versions names it
_KINDS = {"pairs": "preference", "ranking": "ranking", "thumbs": "kto"}
_SEED = 42
_SPLITS = {"train": "train", "val": "validation"}
Judged = dict[str, dict[int, tuple[list[int], str | None]]]  # name -> prompt -> (ranks, best)


def ranked_view(ctx: Context, job: int | None) -> RankedView:
    """Who ranked what, how far they agree, and how many rows that makes."""
    prompts, judged = _judged(ctx, job)
    counts = sorted(((name, len(one)) for name, one in judged.items()), key=lambda one: -one[1])
    ranks = {name: {prompt: said[0] for prompt, said in one.items()} for name, one in judged.items()}
    whole = [row for _place, row in _rows(prompts, judged, "")]
    made = {form: sum(len(_formed(row, form, "adjacent")) for row in whole) for form in FORMS}
    raters = [{"rater": name, "ranked": many} for name, many in counts if many]
    return {"raters": raters, "agreements": agreements(ranks), "rows": made}  # type: ignore[typeddict-item]


def _judged(ctx: Context, job: int | None) -> tuple[list[RankedPrompt], Judged]:
    """The prompts, and what each person thinks of them; what was passed over is left out."""
    with ctx.db.read() as s:
        prompts, found = rankings.prompts_of(s, job), rankings.rankings_of(s, job)
    judged: Judged = {}
    counts = {one.id: len(one.answers) for one in prompts}
    for one in found:
        if one.ranks and len(one.ranks) == counts[one.prompt_id]:
            judged.setdefault(one.rater, {})[one.prompt_id] = (list(one.ranks), one.best)
    return prompts, judged


def _rows(prompts: Sequence[RankedPrompt], judged: Judged, rater: str) -> Iterator[tuple[int, Row]]:
    """A ranking of each prompt that somebody (or that person) ranked; several people's are put together."""
    names = [rater] if rater else sorted(judged)
    for prompt in prompts:
        said = [judged[name][prompt.id] for name in names if prompt.id in judged.get(name, {})]
        if said:
            yield (
                prompt.id,
                _row(
                    prompt,
                    together([ranks for ranks, _ in said]),
                    next((b for _, b in reversed(said) if b), None),
                    len(said),
                ),
            )


def _row(prompt: RankedPrompt, ranks: list[int], best: str | None, people: int) -> Row:
    """The ranking as a row. A rewritten answer is better than all others."""
    texts = [str(one["text"]) for one in prompt.answers]
    if best and best.strip() not in {text.strip() for text in texts}:
        texts, ranks = [best, *texts], [1, *(rank + 1 for rank in ranks)]
    answers = [[{"role": "assistant", "content": text}] for text in texts]
    labels = Counter(str(one.get("label", "")) for one in prompt.answers)
    extra = {"answered_by": ", ".join(sorted(labels)), "raters": people, "source": prompt.source}
    return {"prompt": list(prompt.prompt), "answers": answers, "ranks": ranks, "extra": extra}


def _formed(row: Row, form: str, which: str) -> list[Row]:
    """The rows that a ranking gives in one form. Raises Fault("rank.form")."""
    if form == "pairs":
        return [pair_of(row, better, worse) for better, worse in pairs_in(row["ranks"], which)]
    if form == "thumbs":
        return thumbs_of(row)
    if form != "ranking":
        raise Fault("rank.form")
    return [row] if len(set(row["ranks"])) > 1 else []


def gather(ctx: Context, job: int | None, wish: GatherWish) -> GatheredRows:
    """Make the rows, in a new data set or behind the rows of one that is there.

    All rows of one prompt are learnt, or all are held out.

    Raises:
        NotFound: there is no such data set.
        Fault: "rank.form", "rank.nothing", "rank.no_name", "rank.other_kind", or why no version can be made now.
    """
    prompts, judged = _judged(ctx, job)
    if wish["which"] not in ("adjacent", "all", "best_worst"):
        raise Fault("rank.form")
    formed = [
        (prompt, _formed(row, wish["form"], wish["which"])) for prompt, row in _rows(prompts, judged, wish["rater"])
    ]
    formed = [one for one in formed if one[1]]
    if not formed:
        raise Fault("rank.nothing")
    held = _held_out([prompt for prompt, _ in formed], wish["held_out"])
    rows = [{**row, "split": "val" if prompt in held else "train"} for prompt, several in formed for row in several]
    if wish["dataset"] is not None:
        return _added(ctx, wish["dataset"], rows, wish)
    return {"dataset": _new(ctx, wish["name"], rows), "rows": len(rows), "job": None}


def _held_out(prompts: Sequence[int], percent: float) -> set[int]:
    """Which prompts are held out: at least one where any are wanted and two are there."""
    share = min(max(percent, 0.0), 90.0) / 100 if math.isfinite(percent) else 0.0
    many = min(len(prompts) - 1, max(1, round(share * len(prompts)))) if share else 0
    return set(random.Random(_SEED).sample(sorted(prompts), max(0, many)))


def _added(ctx: Context, target: int, rows: list[Row], wish: Mapping[str, Any]) -> GatheredRows:
    with ctx.db.read() as s:
        found = dataset_queries.get(s, target)
    if found is None:
        raise NotFound(dataset=target)
    if found.kind != _KINDS[wish["form"]]:
        raise Fault("rank.other_kind", name=found.name)
    origin = {"code": OPERATION}
    made = append_rows(ctx, target, [{**row, "origin": origin} for row in rows], OPERATION, {"rows": len(rows)})
    return {"dataset": target, "rows": len(rows), "job": made.get("job")}


def _new(ctx: Context, name: str, rows: Sequence[Row]) -> int:
    """A data set of its own, imported from a file as any other is."""
    name = clean_name(name, "")
    if not name:
        raise Fault("rank.no_name")
    path = ctx.settings.folder("uploads") / f"{uuid.uuid4().hex}.part"
    try:
        path.write_text("".join(json.dumps(_flat(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        made = sources.add_upload(ctx, path, f"{name}.jsonl")
    finally:
        path.unlink(missing_ok=True)
    shape = {"preference": "preference", "kto": "kto", "ranking": "ranking"}[kind_of(rows[0])]
    fields = {
        "preference": ("prompt", "chosen", "rejected"),
        "kto": ("prompt", "completion", "label"),
        "ranking": ("prompt", "answers", "ranks"),
    }
    mapping = {field: field for field in fields[shape]}
    splits = datasets.dataset_view(ctx, made)["splits"]["proposed"]
    try:
        imports.import_dataset(ctx, made, name=name, shape=shape, mapping=mapping, splits=splits, val_fraction=0.0)
    except Fault:
        datasets.delete_dataset(ctx, made)
        raise
    return made


def _flat(row: Row) -> dict[str, Any]:
    return {**columns_of(row), **row["extra"], "split": _SPLITS[row["split"]]}
