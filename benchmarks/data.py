"""How fast rows come in: the import of a JSONL file beside `datasets.load_dataset` and the same checks of every row.

    python -m benchmarks.data                        # 200,000 short rows and 100 MB of long ones
    python -m benchmarks.data --megabytes 1000       # the large file as well, at its full size
    python -m benchmarks.data --rows 1000000 --skip-long --write

Each run has a process of its own; the sides take turns, and the best of each counts. All read the file and make every row
with the same mapping, the same normaliser and the same refusals. The import also counts, marks and splits the rows and writes
them with their index. Of the other library there are two sides: one stores the rows that it made (`Dataset.map`), as one must
who wants to train on them, the other throws them away. `--write` puts the table into docs/data.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.core.sizes import memory_size

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "docs" / "data.md", ROOT / "docs" / "zh" / "data.md")
BEGIN, END = "<!-- import speed: begin -->", "<!-- import speed: end -->"
_WORDS = [
    "the",
    "lamp",
    "shop",
    "order",
    "answer",
    "price",
    "moon",
    "return",
    "days",
    "ship",
    "what",
    "when",
    "台灯",
    "多少钱",
    "发货",
    "退货",
    "quick",
    "glass",
    "light",
    "box",
]
Run = Callable[[], dict[str, Any]]
_BAD_EVERY = 1_000  # rows that are refused, by all


def lines(rows: int, words: int) -> Iterator[str]:
    """Rows of a question and an answer of so many words, always the same."""
    chance = random.Random(7)
    for row in range(rows):
        answer = " ".join(chance.choices(_WORDS, k=chance.randint(words // 2, words * 3 // 2)))
        one = {"prompt": f"{row}: " + " ".join(chance.choices(_WORDS, k=10)), "completion": answer, "source": row % 5}
        yield json.dumps(one | ({"completion": ""} if row % _BAD_EVERY == 0 else {}), ensure_ascii=False) + "\n"


def write_file(path: Path, rows: int, words: int, most_bytes: int) -> int:
    """Write rows until either limit; returns how many. Returns at once what an earlier run wrote."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in lines(rows, words):
            file.write(line)
            count += 1
            if count % 1_000 == 0 and file.tell() >= most_bytes:
                break
    return count


def prepare_import(path: Path, scratch: Path) -> Run:
    """Ours."""
    from engine.core.hardware import cpu
    from engine.data.detection.detect_upload import detect_upload
    from engine.data.importing.import_rows import import_rows

    source = detect_upload(path, path.name)

    def run() -> dict[str, Any]:
        done = import_rows(
            source, source.shape, source.mapping, scratch / "import", val_fraction=0.1, seed=1, processes=cpu().cores
        )
        assert done.stored is not None
        return {"accepted": done.stored.train_rows + done.stored.val_rows, "rejected": done.rejected}

    return run


def _loader(
    path: Path, scratch: Path
) -> tuple[Callable[[], Any], Callable[[dict[str, Any], int], dict[str, Any] | None]]:
    """The other library's reader, and the same checks as ours: the row, or None where it is refused."""
    from datasets import load_dataset

    from engine.data.detection.detect_upload import detect_upload
    from engine.data.importing.import_rows import converter
    from engine.data.records.record import Record, RowFault

    source = detect_upload(path, path.name)
    convert = converter(source, source.shape, source.mapping)

    def load() -> Any:
        return load_dataset("json", data_files=str(path), split="train", cache_dir=str(scratch / "cache"))

    def checked(row: dict[str, Any], place: int) -> dict[str, Any] | None:
        try:
            return convert(Record(place, place, row, ""))
        except RowFault:
            return None

    return load, checked


def prepare_checked(path: Path, scratch: Path) -> Run:
    """The other side: every row is checked, and none is kept."""
    load, checked = _loader(path, scratch)

    def run() -> dict[str, Any]:
        rows = [0, 0]
        for place, row in enumerate(load(), 1):
            rows[checked(row, place) is None] += 1
        return {"accepted": rows[0], "rejected": rows[1]}

    return run


def prepare_stored(path: Path, scratch: Path) -> Run:
    """The other side as one would use it: the checked rows are stored by `Dataset.map`, ready to be trained on."""
    load, checked = _loader(path, scratch)

    def run() -> dict[str, Any]:
        rows = [0, 0]

        def one(row: dict[str, Any], place: int) -> dict[str, Any]:
            found = checked(row, place + 1)
            rows[found is None] += 1
            return {"messages": found["messages"] if found else [], "line": place + 1}

        loaded = load()
        loaded.map(one, with_indices=True, remove_columns=loaded.column_names)
        return {"accepted": rows[0], "rejected": rows[1]}

    return run


SIDES = {"import": prepare_import, "stored": prepare_stored, "checked": prepare_checked}


def child(side: str, path: Path) -> None:
    """One run in this process, its libraries loaded before the clock starts; prints its numbers as JSON."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        run = SIDES[side](path, Path(scratch))
        began, worked = time.perf_counter(), time.process_time()
        counts = run()
        seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(counts | {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": peak}))


def best(path: Path, repeat: int) -> dict[str, dict[str, Any]]:
    """All sides in turns; of each side the quickest run, with the highest peak of all its runs."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(repeat):
        for side, kept in runs.items():
            command = [sys.executable, "-m", "benchmarks.data", "--child", side, str(path)]
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, env=_environment(path), check=False
            )
            if done.returncode:
                raise SystemExit(done.stderr)
            kept.append(json.loads(done.stdout.splitlines()[-1]))
            print(side, kept[-1], flush=True)
    found = {}
    for side, kept in runs.items():
        quickest = min(kept, key=lambda one: one["seconds"])
        found[side] = quickest | {"peak_mb": max(one["peak_mb"] for one in kept)}
        found[side]["cpu_seconds"] = min(one["cpu_seconds"] for one in kept)
    counts = [(one["accepted"], one["rejected"]) for one in found.values()]
    assert len(set(counts)) == 1, counts
    return found


def _environment(path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "HF_HOME": str(path.parent / "hf"),
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }


def table(results: dict[str, tuple[int, dict[str, dict[str, Any]]]]) -> str:
    """Markdown: a line for each file."""
    head = (
        "| File | Import: rows/s | `load_dataset`, checked and stored: rows/s | Ratio | `load_dataset`, checked, nothing stored: rows/s |"
        " Ratio | Peak memory of the three |\n|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_line(name, size, found) for name, (size, found) in results.items())])


def _line(name: str, size: int, found: dict[str, dict[str, Any]]) -> str:
    ours = found["import"]
    rows = ours["accepted"] + ours["rejected"]
    cells = [f"{name}: {rows:,} rows, {size / 1e6:,.0f} MB", f"{rows / ours['seconds']:,.0f}"]
    for side in ("stored", "checked"):
        cells += [f"{rows / found[side]['seconds']:,.0f}", f"{found[side]['seconds'] / ours['seconds']:.2f}"]
    cells.append(", ".join(memory_size(one["peak_mb"]) for one in found.values()))
    return "| " + " | ".join(cells) + " |"


def write_pages(text: str) -> None:
    """Put the table between the markers of both pages."""
    for page in PAGES:
        content = page.read_text(encoding="utf-8")
        before, rest = content.split(BEGIN)
        _old, after = rest.split(END)
        page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Make the files, run both sides, print (and write) the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the file of short rows; 0: none")
    parser.add_argument("--megabytes", type=int, default=100, help="size of the file of long rows; 0: none")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where files are made (default: a temporary folder)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/data.md")
    parser.add_argument("--child", nargs=2, metavar=("SIDE", "PATH"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return child(options.child[0], Path(options.child[1]))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        results = {}
        for name, rows, words, size in (
            ("short rows", options.rows, 30, 2**62),
            ("long rows", 2**62 if options.megabytes else 0, 400, options.megabytes * 10**6),
        ):
            if rows:
                path = Path(folder) / f"{name.split()[0]}.jsonl"
                write_file(path, rows, words, size)
                results[name] = (path.stat().st_size, best(path, options.repeat))
                path.unlink()
    print(table(results))
    if options.write:
        write_pages(table(results))
    return None


if __name__ == "__main__":
    main()
