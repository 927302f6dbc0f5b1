"""Lessons as they ship, on the starter model: `python -m benchmarks.lessons` teaches all of them and judges each by its own rule.

Real jobs in real worker processes, one after the other in one home. The table goes into docs/alignment.md of each language between its
two markers; with `--kept FILE` each row is written there as soon as it is known, and what stands there is not taught again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.methods import ROOT, home
from benchmarks.objectives import page
from engine.core.context import Context
from engine.core.process import new_nonce, this_boot
from engine.core.text import LANGUAGES
from engine.services.app.lesson_runs import LessonOutcome, judge, scorer_of, start
from engine.services.app.lessons import LESSONS, lesson_of
from engine.services.app.lessons.declaration import Lesson
from engine.services.jobs.lifecycle import job_view
from engine.services.models import base_models
from storage.queries.jobs import claim_next

BEGIN, END = "<!-- lessons: begin -->", "<!-- lessons: end -->"
_HEADS = {
    "en": ("Lesson", "Data", "Seed", "Better than before (95 %)", "Gain of the reward (95 %)", "Judged right", "From the start", "Characters", "Time", "Keeps its promise"),
    "zh": ("课程", "数据", "种子", "比之前好（95 %）", "奖励的增加（95 %）", "判对", "离起点", "字符数", "用时", "做到所说"),
}  # fmt: skip
_YES = {"en": ("no", "yes"), "zh": ("否", "是")}

Row = Mapping[str, Any]


def wanted(keys: Sequence[str], languages: Sequence[str], seeds: int) -> Iterator[tuple[str, str, int]]:
    """What is taught: lessons that learn from a reward with several seeds, since chance has more to say there; others with one."""
    for lesson in LESSONS:
        if not keys or lesson.key in keys:
            for language in languages:
                for seed in range(1, 1 + (seeds if lesson.gains else 1)):
                    yield lesson.key, language, seed


def taught(ctx: Context, key: str, language: str, seed: int, threads: int) -> dict[str, Any]:
    """A row of the table, or {"error"}."""
    model, first = base_models.ensure_starter(ctx, say=lambda _view: None), lesson_of(key).scored_by
    if first and scorer_of(ctx, first, language, model) is None:
        start(ctx, first, language, model, once=uuid.uuid4().hex)
        _work(ctx, threads)
    job_id = start(ctx, key, language, model, once=uuid.uuid4().hex, seed=seed)
    began = time.monotonic()
    _work(ctx, threads)
    job, seconds = job_view(ctx, job_id), time.monotonic() - began
    named = {"lesson": key, "language": language, "seed": seed, "seconds": seconds}
    if job["status"] != "succeeded":
        return named | {"error": str(job["error"])}
    return named | _told(judge(ctx, job_id, key), lesson_of(key))


def _work(ctx: Context, threads: int) -> None:
    environment = os.environ | ctx.settings.child_environment() | {"OMP_NUM_THREADS": str(threads)}
    while True:
        with ctx.db.write() as s:
            claimed = claim_next(s, nonce=new_nonce(), boot_id=this_boot())
        if claimed is None:
            return
        worker = [sys.executable, "-m", "engine.jobs.worker", *map(str, claimed)]
        subprocess.run(worker, cwd=ROOT, env=environment, check=True)


def _told(outcome: LessonOutcome, lesson: Lesson) -> dict[str, Any]:
    return {
        "wins": outcome.wins, "asked": outcome.asked, "interval": outcome.interval, "gain": outcome.gain,
        "gain_interval": outcome.gain_interval if outcome.gains else None, "right": outcome.right, "distance": outcome.distance,
        "before": outcome.before, "after": outcome.after, "passes": outcome.passes(lesson), "answers": outcome.answers[:6],
    }  # fmt: skip


def table(rows: Sequence[Row], language: str) -> str:
    """The rows in Markdown."""
    heads = _HEADS[language]
    lines = [heads, ("---", "---", *["---:"] * (len(heads) - 2))]
    lines += [tuple(_cells(row, language)) for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cells(row: Row, language: str) -> Iterator[str]:
    yield from (f"`{row['lesson']}`", str(row["language"]), str(row["seed"]))
    if "error" in row:
        yield from (*["–"] * 6, str(row["error"]))
        return
    low, high = row["interval"]
    yield f"{row['wins']:g} / {row['asked']} ({low:.0%} – {high:.0%})" if row["asked"] else "–"
    yield (
        "–"
        if row["gain"] is None
        else f"{row['gain']:+.2f} ({row['gain_interval'][0]:+.2f} – {row['gain_interval'][1]:+.2f})"
    )
    yield "–" if row["right"] is None else f"{row['right']:.0%}"
    yield "–" if row["distance"] is None else f"{row['distance']:.2f}"
    yield f"{row['before']:.0f} → {row['after']:.0f}" if row["asked"] else "–"
    yield f"{row['seconds']:.0f} s"
    yield _YES[language][int(row["passes"])]


def write_pages(rows: Sequence[Row]) -> None:
    """Put the table between the markers of each language's page."""
    for language in LANGUAGES:
        before, rest = page(language).read_text(encoding="utf-8").split(BEGIN)
        text = f"{before}{BEGIN}\n\n{table(rows, language)}\n\n{END}{rest.split(END)[1]}"
        page(language).write_text(text, encoding="utf-8")


def main() -> None:
    """Teach what is asked for, then write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="keys (default: all)")
    parser.add_argument("--languages", nargs="*", choices=list(LANGUAGES), default=list(LANGUAGES))
    parser.add_argument("--seeds", type=int, default=3, help="of lessons that learn from a reward")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="file of the rows, which a later call goes on with")
    asked = parser.parse_args()
    ctx = home()
    rows: list[dict[str, Any]] = json.loads(asked.kept.read_text()) if asked.kept and asked.kept.is_file() else []
    known = {(row["lesson"], row["language"], row["seed"]) for row in rows if "error" not in row}
    for one in wanted(asked.lessons, asked.languages, asked.seeds):
        if one in known:
            continue
        rows.append(taught(ctx, *one, asked.threads))
        print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
        if asked.kept:
            asked.kept.write_text(json.dumps(rows, ensure_ascii=False, indent=1))
    write_pages(rows)


if __name__ == "__main__":
    main()
