"""The memory estimate against whole jobs: `python -m benchmarks.memory --random 60 --seed 5` draws jobs and runs each in a process of its own.

Settings are drawn by the seed (`benchmarks.memory_rows`); the worker's highest resident memory (VmHWM) is held against the plan,
program and all. Results are kept in build/memory-random.json as soon as they are there, so the table can be made in pieces;
the estimate is calculated anew each time. Constants of the estimate are fitted with one seed (`FITTED`) and judged by another:
--write puts the table of a seed between the markers of docs/planner.md and docs/zh/planner.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.memory_rows import ROOT, STARTER, config_of, drawn, folder_of
from engine.base_formats import base_format
from engine.core.hardware import cpu
from engine.core.sizes import memory_size
from engine.devices import precision_for
from engine.methods import method_of
from engine.models.architecture.shape import shape_of
from engine.optimizers import optimizer_of
from engine.planner.memory.answering import asked_at_once
from engine.planner.memory.estimate import peak_phase, predicted_mb
from engine.planner.memory.fullest import telling
from engine.planner.memory.verdict import arrange
from engine.planner.memory.workload import Workload
from tests import tiny
from tests.methods import settings_of

KEPT = ROOT / "build" / "memory-random.json"
PAGES = {"en": ROOT / "docs" / "planner.md", "zh": ROOT / "docs" / "zh" / "planner.md"}
BEGIN, END = "<!-- memory: begin -->", "<!-- memory: end -->"
FITTED = 3  # the seed of the rows that the constants in engine/devices/cpu.py were fitted with
_ROOM_MB = 1_000_000  # no job is cut up for want of memory
_HEADS = ("Model", "Method", "Length × rows", "Settings", "Peak at", "Estimate", "Measured", "Error")


def measured(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What `tests.job_peak` finds for each row, as it comes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.job_peak"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for row in rows:
            process.stdin.write(json.dumps(request_of(row)) + "\n")
            process.stdin.flush()
            yield json.loads(process.stdout.readline())
        process.stdin.close()


def request_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the folders of its model, for `tests.job_peak`."""
    weights = folder_of(row["model"])
    tokenizer = weights.parent / "tokenizer"
    if row["model"] != STARTER and not tokenizer.is_dir():
        tiny.write_tokenizer(tokenizer)
    return {**row, "weights": str(weights), "tokenizer": str(tokenizer)}


# ---------------------------------------------------------------- the estimate


def workload_of(row: Mapping[str, Any], found: Mapping[str, Any]) -> Workload:
    """What the plan of that job counts with."""
    spec = row["spec"]
    method = method_of(spec["method"])
    values, training = settings_of(method, spec["training"], **spec["method_params"])
    lengths = sorted(found["train"], reverse=True)
    work = Workload(
        shape_of(config_of(row["model"])), method, values, precision_for(cpu()), cpu(), lengths[0],
        optimizer=optimizer_of(training["optimizer"]), base_format=base_format(training),
        double=bool(training["double_quantisation"]), asked=asked_at_once(training),
        batch=training["batch_size"], lengths=telling(lengths, training["batch_size"]),
    )  # fmt: skip
    return arrange(work, lengths[0], sum(lengths[: training["batch_size"]]), training["checkpointing"], _ROOM_MB)


def error_of(row: Mapping[str, Any], found: Mapping[str, Any]) -> float:
    """Planned over measured, less one: of the whole process, without the margin."""
    return predicted_mb(workload_of(row, found)) / found["measured_mb"] - 1


def line(row: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """A line of the table."""
    work = workload_of(row, found)
    training, values = row["spec"]["training"], row["spec"]["method_params"]
    said = [f"rank {values['rank']}"] if "rank" in values else []
    said += ["dropout"] if values.get("dropout") else []
    said += ["recomputed"] if work.recompute else []
    said += [work.base_format.key] if work.base_format.quantised else []
    said += [f"{work.groups} micro-batches"] if work.groups > 1 else []
    said += ["comparison"] if row["compared"] else []
    cells = (
        row["model"], row["name"], f"{max(found['train'])} × {training['batch_size']}", ", ".join(said) or "-", peak_phase(work),
        memory_size(predicted_mb(work)), memory_size(found["measured_mb"]), f"{error_of(row, found):+.1%}",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def summary(errors: Sequence[float]) -> str:
    """The last line."""
    sizes = [abs(error) for error in errors]
    return f"median {100 * statistics.median(sizes):.1f} %, worst {100 * max(sizes):.1f} %"


def table(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> str:
    """The rows in Markdown."""
    head = ["| " + " | ".join(_HEADS) + " |", "|---|---|---|---|---|---:|---:|---:|"]
    return "\n".join([*head, *(line(row, found) for row, found in pairs)])


def write_pages(text: str) -> None:
    """Put the table between the markers of each page that has them."""
    for page in PAGES.values():
        if BEGIN not in (old := page.read_text(encoding="utf-8")):
            continue
        before, rest = old.split(BEGIN)
        _old, after = rest.split(END)
        page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


# ---------------------------------------------------------------- measuring


def kept() -> dict[str, dict[str, Any]]:
    """What was measured, by "seed/number of the row"."""
    return json.loads(KEPT.read_text()) if KEPT.is_file() else {}


def measure(rows: Sequence[Mapping[str, Any]], seed: int, most: int) -> None:
    """Measure rows that have no result yet, so many at most."""
    there = kept()
    missing = [place for place in range(len(rows)) if f"{seed}/{place}" not in there][:most]
    if not missing:
        return
    for place, found in zip(missing, measured([rows[place] for place in missing]), strict=True):
        KEPT.write_text(json.dumps(kept() | {f"{seed}/{place}": {"row": rows[place], **found}}, indent=1))
        print(place, rows[place]["model"], rows[place]["name"], found, file=sys.stderr, flush=True)


def main() -> None:
    """Measure what is missing, print the table, and how far off the estimate is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--random", type=int, default=60, help="so many jobs")
    parser.add_argument("--seed", type=int, default=FITTED, help="that draws their settings")
    parser.add_argument("--most", type=int, default=1000, help="measure so many at most now")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    rows = list(drawn(options.random, options.seed))
    measure(rows, options.seed, options.most)
    there = kept()
    pairs = [(row, there[key]) for place, row in enumerate(rows) if (key := f"{options.seed}/{place}") in there]
    pairs = [(row, found) for row, found in pairs if "error" not in found]
    if not pairs:
        return
    last = summary([error_of(row, found) for row, found in pairs])
    text = f"Seed {options.seed}, {len(pairs)} jobs ({'fitted' if options.seed == FITTED else 'judged'}): {last}."
    print(table(pairs), f"{len(pairs)} jobs, seed {options.seed}", last, sep="\n")
    if options.write:
        write_pages(f"{text}\n\n{table(pairs)}")


if __name__ == "__main__":
    main()
