"""Peak memory of real steps against the estimate, for methods whose needs differ: the breadth is in `benchmarks/memory.py`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.devices.cpu import CPU
from engine.planner.memory.workload import MB

PROJECT = Path(__file__).resolve().parents[2]
REQUESTS = ("lora:256:2", "full:512:1", "ia3:512:1", "lora-dora:256:1")
_TOLERANCE = 0.10  # of what the process holds in all
_TINY: dict[str, Any] = {
    "vocab_size": 4096, "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 6, "num_attention_heads": 8,
    "num_key_value_heads": 4, "max_position_embeddings": 1024, "tie_word_embeddings": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama of 20 million numbers: large enough for its activations to stand out."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    made = tmp_path_factory.mktemp("larger")
    torch.manual_seed(0)
    LlamaForCausalLM(LlamaConfig(**_TINY)).save_pretrained(made)
    return made


@pytest.mark.slow
def test_peak_memory_is_as_estimated(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.peak", str(folder), *REQUESTS],
        cwd=PROJECT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(REQUESTS)
    runtime = CPU.runtime_bytes / MB
    for request, found in zip(REQUESTS, lines, strict=True):
        expected, real = found["predicted_mb"] + runtime, found["measured_mb"] + runtime
        assert real == pytest.approx(expected, rel=_TOLERANCE), (request, found)
