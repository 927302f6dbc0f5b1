"""Rows out of rankings: pairs, rankings or thumbs, with the prompts of the held-out part apart from those that are learnt."""

from __future__ import annotations

import json
import math
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.importing.names import clean_name
from engine.data.rows.ranking import pair_of, pairs_in, thumbs_down, thumbs_of
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
KINDS = {"pairs": "preference", "ranking": "ranking", "thumbs": "kto"}
_SEED = 42
_SPLITS = {"train": "train", "val": "validation"}


@dataclass(frozen=True)
class Opinion:
    """What one person thinks of the answers to one prompt."""

    ranks: list[int]  # of the answers as they were drawn
    best: str | None  # the best one as they rewrote it
    bad: bool  # none of them was good


Judged = dict[str, dict[int, Opinion]]  # name -> prompt -> opinion


@dataclass(frozen=True)
class _Ranked:
    """A prompt's answers as people ranked them."""

    prompt: int  # its row
    row: Row  # of a ranking
    bad: bool  # most of them found no answer good

    def formed(self, form: str, which: str) -> list[Row]:
        """The rows that it gives in one form. Raises Fault("rank.form")."""
        if form == "pairs":
            return [pair_of(self.row, better, worse) for better, worse in pairs_in(self.row["ranks"], which)]
        alike = len(set(self.row["ranks"])) == 1
        if form == "thumbs":
            return thumbs_down(self.row) if self.bad and alike else thumbs_of(self.row)
        if form != "ranking":
            raise Fault("rank.form")
        return [] if alike or not self.row["ranks"] else [self.row]


def ranked_view(ctx: Context, job: int | None, conversation: int | None = None) -> RankedView:
    """Who ranked what, how far they agree, and how many rows that makes.

    Args:
        job: that drew the answers; None: the playground's votes.
        conversation: of these votes, those in one conversation.
    """
    prompts, judged = _judged(ctx, job, conversation)
    counts = sorted(((name, len(one)) for name, one in judged.items()), key=lambda one: -one[1])
    ranks = {name: {prompt: said.ranks for prompt, said in one.items()} for name, one in judged.items()}
    whole = list(_rows(prompts, judged, ""))
    made = {form: sum(len(one.formed(form, "adjacent")) for one in whole) for form in FORMS}
    raters = [{"rater": name, "ranked": many} for name, many in counts if many]
    return {"raters": raters, "agreements": agreements(ranks), "rows": made}  # type: ignore[typeddict-item]


def _judged(ctx: Context, job: int | None, conversation: int | None) -> tuple[list[RankedPrompt], Judged]:
    """The prompts, and what each person thinks of them; what was passed over is left out."""
    with ctx.db.read() as s:
        prompts = rankings.prompts_of(s, job, conversation)
        found = rankings.rankings_of(s, job, conversation)
    judged: Judged = {}
    counts = {one.id: len(one.answers) for one in prompts}
    for one in found:
        if one.ranks and len(one.ranks) == counts[one.prompt_id]:
            opinion = Opinion(list(one.ranks), one.best, one.verdict == rankings.BAD)
            judged.setdefault(one.rater, {})[one.prompt_id] = opinion
    return prompts, judged


def _rows(prompts: Sequence[RankedPrompt], judged: Judged, rater: str) -> Iterator[_Ranked]:
    """A ranking of each prompt that somebody (or that person) ranked; several people's are put together."""
    names = [rater] if rater else sorted(judged)
    for prompt in prompts:
        said = [judged[name][prompt.id] for name in names if prompt.id in judged.get(name, {})]
        if said:
            bad = 2 * sum(one.bad for one in said) > len(said)
            ranks = [1] * len(prompt.answers) if bad else together([one.ranks for one in said])
            best = next((one.best for one in reversed(said) if one.best), None)
            yield _Ranked(prompt.id, _row(prompt, ranks, best, len(said)), bad)


def _row(prompt: RankedPrompt, ranks: list[int], best: str | None, people: int) -> Row:
    """The ranking as a row. A rewritten answer is better than all others; empty ones teach nothing."""
    told = [(text, rank) for one, rank in zip(prompt.answers, ranks, strict=True) if (text := str(one["text"])).strip()]
    texts, ranks = [text for text, _ in told], [rank for _, rank in told]
    if best and best.strip() not in {text.strip() for text in texts}:
        texts, ranks = [best, *texts], [1, *(rank + 1 for rank in ranks)]
    answers = [[{"role": "assistant", "content": text}] for text in texts]
    labels = Counter(str(one.get("label", "")) for one in prompt.answers)
    extra = {"answered_by": ", ".join(sorted(labels)), "raters": people, "source": prompt.source}
    return {"prompt": list(prompt.prompt), "answers": answers, "ranks": ranks, "extra": extra}


def gather(ctx: Context, job: int | None, wish: GatherWish, conversation: int | None = None) -> GatheredRows:
    """Make the rows, in a new data set or behind the rows of one that is there.

    All rows of one prompt are learnt, or all are held out.

    Args:
        job: that drew the answers; None: the playground's votes.
        conversation: of these votes, those in one conversation.

    Raises:
        NotFound: there is no such data set.
        Fault: "rank.form", "rank.nothing", "rank.no_name", "rank.other_kind", or why no version can be made now.
    """
    prompts, judged = _judged(ctx, job, conversation)
    if wish["which"] not in ("adjacent", "all", "best_worst"):
        raise Fault("rank.form")
    ranked = _rows(prompts, judged, wish["rater"])
    formed = [(one.prompt, one.formed(wish["form"], wish["which"])) for one in ranked]
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
    if found.kind != KINDS[wish["form"]]:
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
