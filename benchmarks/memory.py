"""The memory estimate against real peaks: `python -m benchmarks.memory` measures methods x shapes x models, each in its own process.

Results are kept in build/memory-benchmark.json as soon as they are there, so the table can be made in pieces: what is there is
not measured again, unless --again is given. The estimate is calculated anew each time. The table goes into docs/planner.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.core.sizes import memory_size

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "memory-benchmark.json"
PAGE = ROOT / "docs" / "planner.md"
BEGIN, END = "<!-- memory: begin -->", "<!-- memory: end -->"
TINY: dict[str, Any] = {
    "vocab_size": 4096, "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 6, "num_attention_heads": 8,
    "num_key_value_heads": 4, "max_position_embeddings": 1024, "tie_word_embeddings": True,
}  # fmt: skip
CASES = (
    "lora", "full", "lora-dora", "oft", "vera", "freeze", "adalora", "prompt_tuning", "houlsby", "ia3", "qlora", "ladder",
    "prefix_tuning", "diff_pruning",
)  # fmt: skip
SHAPES = {"tiny": ("128:2", "512:1", "256:4"), "starter": ("128:1", "256:1", "256:2")}
NAMES = {"tiny": "Llama, 20 M", "starter": "SmolLM2-135M"}
_STARTER = ROOT / "build" / "methods-home" / "models" / "1" / "weights"
_HEADS = ("Method", "Length × examples", "Peak at", "Estimate", "Measured", "Error", "Error without the program")


def tiny_model() -> Path:
    """A random model of 20 million numbers, made once."""
    folder = ROOT / "build" / "memory-tiny"
    if not (folder / "config.json").is_file():
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        torch.manual_seed(0)
        LlamaForCausalLM(LlamaConfig(**TINY)).save_pretrained(folder)
    return folder


def measured(folder: Path, requests: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What `tests.peak` prints for each request, as it comes."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.peak", str(folder), *requests],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield json.loads(line)


# ---------------------------------------------------------------- the table


def row(key: str, found: dict[str, Any]) -> tuple[str, float, float]:
    """(line of the table, error, error without the program and its libraries)."""
    from engine.devices.cpu import CPU
    from tests.peak import Request, estimated

    model, request = key.split(" ")
    wanted = Request.read(request)
    expected, moment = estimated(folder_of(model), wanted)
    runtime = CPU.runtime_bytes / 1e6
    alone = expected / found["measured_mb"] - 1
    error = (expected + runtime) / (found["measured_mb"] + runtime) - 1
    columns = (
        str(wanted.case), f"{wanted.length} × {wanted.rows}", moment, memory_size(expected + runtime),
        memory_size(found["measured_mb"] + runtime), f"{error:+.1%}", f"{alone:+.1%}",
    )  # fmt: skip
    return "| " + " | ".join(columns) + " |", error, alone


def folder_of(model: str) -> Path:
    """Where the model's config and weights are."""
    return tiny_model() if model == "tiny" else _STARTER


def page_part(kept: dict[str, dict[str, Any]]) -> str:
    """The tables and what they come to."""
    parts, errors, alone = [], [], []
    for model, name in NAMES.items():
        keys = [key for key in keys_of(model) if "measured_mb" in kept.get(key, {})]
        rows = [row(key, kept[key]) for key in keys]
        errors += [abs(one[1]) for one in rows]
        alone += [abs(one[2]) for one in rows]
        head = ["| " + " | ".join(_HEADS) + " |", "|---|---|---|---:|---:|---:|---:|"]
        parts.append("\n".join([f"**{name}**", "", *head, *(one[0] for one in rows)]))
    words = (
        f"{len(errors)} measurements: median error {statistics.median(errors):.1%}, worst {max(errors):.1%}; "
        f"without the program and its libraries {statistics.median(alone):.1%} and {max(alone):.1%}."
    )
    return "\n\n".join([words, *parts])


def write_page(text: str) -> None:
    """Put the table between the page's markers."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _old, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def keys_of(model: str) -> list[str]:
    """Names of the measurements with a model."""
    return [f"{model} {case}:{shape}" for case in CASES for shape in SHAPES[model]]


def main() -> None:
    """Measure what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", choices=[*NAMES], help="measure with this model alone")
    parser.add_argument("--only", help="cases, separated by commas: lora,full")
    parser.add_argument("--most", type=int, default=1000, help="measure so many at most")
    parser.add_argument("--again", action="store_true", help="measure also what has a result already")
    options = parser.parse_args()
    kept: dict[str, dict[str, Any]] = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    left = options.most
    for model in [options.model] if options.model else NAMES:
        wanted = [key for key in keys_of(model) if options.again or "measured_mb" not in kept.get(key, {})]
        if options.only:
            wanted = [key for key in wanted if key.split(" ")[1].split(":")[0] in options.only.split(",")]
        wanted = wanted[:left]
        left -= len(wanted)
        for key, found in zip(wanted, measured(folder_of(model), [key.split(" ")[1] for key in wanted]), strict=False):
            kept = (json.loads(KEPT.read_text()) if KEPT.is_file() else {}) | {key: found}
            KEPT.write_text(json.dumps(kept, indent=1))
            print(key, found, flush=True)
    write_page(page_part(kept))


if __name__ == "__main__":
    main()
