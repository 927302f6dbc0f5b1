"""Objectives on the same pairs: `python -m benchmarks.objectives` compares all that learn from pairs, on the starter model.

One comparison as the Compare page makes it: real jobs in real worker processes, the pairs of the lesson “shorter” (two answers that
the model wrote itself, the shorter one preferred), one method, equal steps, each objective's own rate, and imitation of the better
answers as the control. An answer wins when it is shorter than that of the model before training. The table goes into
docs/alignment.md of each language between its two markers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from benchmarks.methods import BEGIN, END, ROOT, home
from engine.core.context import Context
from engine.core.process import new_nonce, this_boot
from engine.core.text import FALLBACK, LANGUAGES
from engine.evaluation.comparison.spec import offered_objectives, stored_comparison
from engine.services.app.lesson_runs import lesson_dataset
from engine.services.comparisons import comparisons, views
from engine.services.jobs.lifecycle import job_view
from engine.services.models import base_models
from storage.queries.jobs import claim_next

_LESSON, _KIND = "dpo", "preference"  # whose pairs they are
_SHORTER = {"reward": "length", "weight": -1.0, "values": {"unit": "words", "least": 200, "most": None}}
_HEADS = {
    "en": ("Objective", "Rate", "Pairs right", "Shorter than before", "Words", "Loops", "Time"),
    "zh": ("训练目标", "学习率", "答对的对", "比之前短", "词数", "循环", "用时"),
}
_BASE = {"en": "Before training", "zh": "训练前"}
_COLUMNS = ("pairs_right", "win_rate", "words", "loops", "seconds")


def compare(ctx: Context, *, epochs: float, seeds: int, answers: int, threads: int) -> int:
    """Run the whole comparison; its id."""
    raw: Any = {
        "name": "Objectives",
        "base_model": base_models.ensure_starter(ctx, say=lambda _view: None),
        "dataset": lesson_dataset(ctx, _LESSON, FALLBACK),
        "entrants": [{"method": "lora", "objective": one.key} for one in offered_objectives(_KIND)],
        "shared": {
            "epochs": epochs, "batch_size": 8, "max_length": 256, "evaluations": 1, "scored_answers": answers, "seeds": seeds,
        },
        "device": "cpu",
        "judged_by": [_SHORTER],
    }  # fmt: skip
    made = comparisons.start_comparison(ctx, raw, key=uuid.uuid4().hex)
    environment = os.environ | ctx.settings.child_environment() | {"OMP_NUM_THREADS": str(threads)}
    while (claimed := _next(ctx)) is not None:
        worker = [sys.executable, "-m", "engine.jobs.worker", *map(str, claimed)]
        subprocess.run(worker, cwd=ROOT, env=environment, check=True)
        print(f"job {claimed[0]} has ended", flush=True)
    return made


def _next(ctx: Context) -> tuple[int, int] | None:
    with ctx.db.write() as s:
        return claim_next(s, nonce=new_nonce(), boot_id=this_boot())


def table(ctx: Context, comparison: int, language: str) -> str:
    """The results in Markdown: the model before training, then each objective in the order of the comparison."""
    view = views.comparison_view(ctx, comparison)
    entrants = {one.key: one for one in stored_comparison(view["spec"]).entrants}
    lines = [_HEADS[language], ("---", *["---:"] * (len(_HEADS[language]) - 1))]
    for row in view["rows"]:
        entrant = entrants.get(row["key"])
        label = entrant.label(language) if entrant else _BASE[language]
        lines.append((label, _rate(ctx, row), *(_cell(row["cells"].get(key), key) for key in _COLUMNS)))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rate(ctx: Context, row: Any) -> str:
    """The learning rate that the objective's jobs had."""
    if not row["runs"]:
        return "–"
    return f"{job_view(ctx, row['runs'][0]['job_id'])['spec']['training']['learning_rate']:g}"


def _cell(cell: Any, key: str) -> str:
    if cell is None:
        return "–"
    mean, spread = cell["mean"], cell["spread"]
    if key in ("pairs_right", "win_rate", "loops"):
        return f"{mean:.0%}" + ("" if spread is None else f" ± {spread:.0%}")
    unit = " s" if key == "seconds" else ""
    decimals = 0 if key == "seconds" else 1
    return f"{mean:.{decimals}f}{unit}" + ("" if spread is None else f" ± {spread:.{decimals}f}{unit}")


def page(language: str) -> Path:
    """Where the table of a language goes."""
    return ROOT / "docs" / ("" if language == FALLBACK else language) / "alignment.md"


def write_page(ctx: Context, comparison: int) -> None:
    """Put the table between the markers of each language's page."""
    for language in LANGUAGES:
        before, rest = page(language).read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        text = f"{before}{BEGIN}\n\n{table(ctx, comparison, language)}\n\n{END}{after}"
        page(language).write_text(text, encoding="utf-8")


def main() -> None:
    """Compare, then write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--answers", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--of", type=int, help="write the tables of a comparison that was made already")
    options = parser.parse_args()
    ctx = home()
    made = options.of or compare(
        ctx, epochs=options.epochs, seeds=options.seeds, answers=options.answers, threads=options.threads
    )
    print(f"comparison {made}")
    write_page(ctx, made)


if __name__ == "__main__":
    main()
