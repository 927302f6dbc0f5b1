"""Memory runs out for real: the kernel kills a worker in a small control group; a GPU refuses; the counts that tell it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.core.context import Context
from engine.core.memory_kills import kills_of_group, memory_kills
from engine.training.forward.forward import Packed
from engine.training.limits.limits import out_of_memory
from tests import tiny, training_jobs
from tests.control_groups import small_group
from tests.integration.queueing import PROJECT, add_job
from tests.workers import event_codes, row

_GROUP_MB = 400
_SERVER = """
import sys
from engine.core.context import open_context
from engine.core.memory_kills import memory_kills
from storage.job_tables import FINAL
from tests.integration.queueing import small_supervisor
from tests.workers import row
ctx, before = open_context(), memory_kills()
small_supervisor(ctx).run_until(lambda: all(row(ctx, int(job)).status in FINAL for job in sys.argv[1:]))
print("alive", before, memory_kills(), flush=True)
"""


def test_a_worker_that_the_kernel_kills_is_told_so_and_the_server_lives(ctx: Context) -> None:
    """The server and its worker are in a group of their own; the worker takes more than the group may have."""
    hungry, next_one = add_job(ctx, act="devour"), add_job(ctx)
    environment = os.environ | ctx.settings.child_environment()
    with small_group(_GROUP_MB) as within:
        command = [*within, sys.executable, "-c", _SERVER, str(hungry), str(next_one)]
        server = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)
    assert server.returncode == 0, server.stderr[-2000:]
    word, before, after = server.stdout.split()
    assert word == "alive"
    assert int(after) == int(before) + 1, "the group's own count rose"
    job = row(ctx, hungry)
    assert (job.status, job.error) == ("interrupted", {"code": "job.out_of_memory", "params": {"step": 1}})
    assert "job.out_of_memory" in event_codes(ctx, hungry)
    assert row(ctx, next_one).status == "succeeded", "the queue goes on"


def _group(root: Path, folder: str, file: str, text: str) -> None:
    (root / folder).mkdir(parents=True)
    (root / folder / file).write_text(text)


def test_kills_are_counted_of_the_own_group_in_both_layouts(tmp_path: Path) -> None:
    _group(tmp_path, "pod/web", "memory.events", "low 0\nhigh 3\nmax 9\noom 2\noom_kill 4\noom_group_kill 1\n")
    _group(tmp_path, "memory/docker/x", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n")
    _group(tmp_path, "memory/old", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n")
    assert kills_of_group(tmp_path, {"": "/pod/web"}) == 4
    assert kills_of_group(tmp_path, {"": "/", "memory": "/docker/x"}) == 5
    assert kills_of_group(tmp_path, {"": "/", "memory": "/old"}) is None
    assert kills_of_group(tmp_path, {"": "/gone", "cpu": "/x"}) is None
    assert kills_of_group(tmp_path, {}) is None


def test_where_no_group_counts_the_machine_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vmstat").write_text("nr_free_pages 1\noom_kill 7\n")
    monkeypatch.setattr("engine.core.memory_kills._ROOT", tmp_path / "none")
    monkeypatch.setattr("engine.core.memory_kills._MACHINE", tmp_path / "vmstat")
    assert memory_kills() == 7
    (tmp_path / "vmstat").unlink()
    assert memory_kills() is None


@pytest.mark.gpu
@pytest.mark.slow
@pytest.mark.skipif(
    not torch.cuda.is_available(),
    reason="needs a CUDA device; test_training_endings.py raises the same error without one",
)
def test_a_gpu_that_refuses_memory_halves_the_groups(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The allocator of CUDA itself is asked for more than any GPU has, where a group is larger than 200 tokens."""
    loss = Packed.cross_entropy

    def greedy(self: Packed, group: Any) -> torch.Tensor:
        if torch.is_grad_enabled() and sum(map(len, group)) > 200:
            torch.empty(1 << 46, dtype=torch.uint8, device="cuda")
        return loss(self, group)

    monkeypatch.setattr(Packed, "cross_entropy", greedy)
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=2))
    job = training_jobs.train(ctx, inputs, budget={"device": "cuda:0"}, training={"epochs": 1})
    assert (job.status, job.error) == ("succeeded", None)
    assert "groups_halved" in event_codes(ctx, job.id)


def test_what_a_gpu_says_is_known_as_a_want_of_memory() -> None:
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    assert out_of_memory(torch.cuda.OutOfMemoryError("HIP"))
    assert out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"))
    assert not out_of_memory(RuntimeError("CUDA error: device-side assert triggered"))
