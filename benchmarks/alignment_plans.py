"""Plans of jobs that learn from answers against the jobs themselves: `python -m benchmarks.alignment --plans`.

For each objective: the plan, a measurement of the speed, the plan again, and the job in a process of its own, whose highest memory
the kernel keeps. The objectives come one after the other in fresh homes, so none knows of another.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.alignment import BATCH, SEED, pairs
from engine.training.limits.memory_use import MB, status_bytes

STEPS = 4
_TRAINING: Mapping[str, Mapping[str, Any]] = {
    "dpo": {},
    "kto": {},
    "grpo": {"answers": 8, "answer_tokens": 48},
    "ppo": {"answers": 4, "answer_tokens": 48, "inner_passes": 2},
}
_REWARD = [{"reward": "length", "weight": 1.0, "values": {"unit": "words", "least": 1, "most": 12}}]


def compare_plans(folder: Path, objectives: Sequence[str] = (), steps: int = STEPS) -> None:
    """Print a line for each objective: of all that have plans of their own where none is named.

    Args:
        steps: batches of the job; memory's slack fills up over some of them.
    """
    print(f"seed {SEED}; MB without the margin; seconds of a job of {steps} batches of {BATCH}")
    print("objective  planned MB  measured MB      apart  before probe s  after probe s  real s      apart")
    for key in objectives or tuple(_TRAINING):
        with tempfile.TemporaryDirectory(prefix="alignment-") as home:
            found = _measured(Path(home), folder, key, steps)
        if "error" in found:
            print(f"{key:9}  {found['error']}", flush=True)
            continue
        memory, seconds = found["planned_mb"] / found["peak_mb"] - 1, found["after_s"] / found["real_s"] - 1
        print(
            f"{key:9}  {found['planned_mb']:10.0f}  {found['peak_mb']:11.0f}  {memory:+9.1%}  {found['before_s']:14.0f}"
            f"  {found['after_s']:13.0f}  {found['real_s']:6.0f}  {seconds:+9.1%}",
            flush=True,
        )


def _measured(home: Path, folder: Path, key: str, steps: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for what in (
        lambda: _prepare(home, folder, key, steps),
        lambda: _work(home),
        lambda: _queue(home),
        lambda: _work(home),
    ):
        found |= _in_a_child(home, what)
        if "error" in found:
            break
    return found


def _in_a_child(home: Path, what: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What comes of it in a process that is forked for it."""
    answer = home / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            answer.write_text(json.dumps(what()))
        except BaseException as error:
            answer.write_text(json.dumps({"error": repr(error)[:500]}))
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(answer.read_text()) if answer.is_file() else {"error": f"ended with {status}"}
    return found


def _raw(key: str) -> dict[str, Any]:
    online = "answers" in _TRAINING[key]
    training = {"batch_size": BATCH // 4 if online else BATCH, "epochs": 1, "evaluations": 1, **_TRAINING[key]}
    return {
        "name": "Plan", "base_model": 1, "dataset": 1, "method": "lora", "objective": key, "budget": {"device": "cpu"},
        "training": training | ({"rewards": _REWARD} if online else {}), "sample_prompts": ["Who?"],
    }  # fmt: skip


def _rows(key: str, steps: int) -> list[dict[str, Any]]:
    online = "answers" in _TRAINING[key]
    made = pairs((BATCH // 4 if online else BATCH) * steps + 4, 60, 40)
    found = [{"prompt": one["prompt"], "reference": {}} if online else one for one in made]
    for place, row in enumerate(found):
        row["split"] = "val" if place >= len(found) - 4 else "train"
    return found


def _prepare(home: Path, folder: Path, key: str, steps: int) -> dict[str, Any]:
    """A home with the model and the rows, the plan, and a measurement that waits."""
    from engine.jobs.spec import make_unnamed
    from engine.planner.memory.estimate import predicted_mb
    from engine.planner.plan_estimate import workload
    from engine.services.planning import estimates, speed_probe
    from tests import tiny
    from tests.homes import new_home
    from tests.job_peak import model_row

    ctx = new_home(home / "home")
    model_row(ctx, folder / "weights", str(folder / "tokenizer"))
    tiny.add_dataset(ctx, _rows(key, steps), held_out=4)
    raw = _raw(key)
    case = estimates.case_of(ctx, make_unnamed(raw))
    planned = predicted_mb(workload(case, case.counts()[0]))
    before = estimates.plan(ctx, raw)["seconds"]
    speed_probe.start_probe(ctx, raw)
    (home / "raw.json").write_text(json.dumps(raw))
    ctx.db.close()
    return {"planned_mb": planned, "before_s": before}


def _queue(home: Path) -> dict[str, Any]:
    """The plan with what was measured, and the job itself."""
    from engine.core.settings import Settings
    from engine.services.jobs import lifecycle
    from engine.services.planning import estimates
    from tests.homes import opened

    ctx = opened(Settings(home=home / "home", offline=True))
    raw = json.loads((home / "raw.json").read_text())
    after = estimates.plan(ctx, raw)["seconds"]
    lifecycle.start_job(ctx, raw, key="")
    ctx.db.close()
    return {"after_s": after}


def _work(home: Path) -> dict[str, Any]:
    """The next job, in this process."""
    from engine.core.settings import Settings
    from engine.jobs import worker
    from tests import workers
    from tests.homes import opened

    began = time.monotonic()
    settings = Settings(home=home / "home", offline=True)
    ctx = opened(settings)
    job_id, attempt = workers.claim(ctx)
    ctx.db.close()
    os.environ.update(settings.child_environment())
    worker.main([str(job_id), str(attempt)])
    ctx = opened(settings)
    job = workers.row(ctx, job_id)
    told = {} if job.status == "succeeded" else {"error": str(job.error)[:400]}
    return {"peak_mb": status_bytes("VmHWM") / MB, "real_s": time.monotonic() - began} | told
