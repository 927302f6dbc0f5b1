"""The highest memory of whole training jobs, each in a process of its own: `python -m tests.job_peak < REQUESTS`.

A request is a line of JSON: {"weights", "tokenizer", "spec", "lengths", "compared"}; the answer is one too: {"measured_mb", "status", ...}.
This process imports what a worker imports and forks two children for each request: one makes a home with the model, the
data and the queued job, the other is the worker. The kernel keeps the worker's highest resident memory (VmHWM).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import string
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.core.imports import importing
from engine.training.limits.memory_use import MB, status_bytes
from tests.forks import import_everything

_CHARACTERS = string.ascii_letters + string.digits
_HELD_OUT = 20
_ANSWER = 40  # characters of what a comparison's questions expect


def main() -> None:
    """One line for each request, in order."""
    with importing():
        import_everything("worker")
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    for line in sys.stdin:
        request, began = json.loads(line), time.monotonic()
        with tempfile.TemporaryDirectory(prefix="job-peak-") as scratch:
            found = _measured(Path(scratch), request)
        print(json.dumps(found | {"seconds": round(time.monotonic() - began, 1)}), flush=True)


def _measured(home: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    found = _in_a_child(home, lambda: _prepare(home, request))
    return found if "error" in found else found | _in_a_child(home, lambda: _work(home))


def _in_a_child(home: Path, what: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `what` gives in a process that is forked for it."""
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


def _prepare(home: Path, request: Mapping[str, Any]) -> dict[str, Any]:
    """Queue the job. Gives what its plan is made of: lengths in tokens."""
    from engine.jobs.spec import make_unnamed
    from engine.services.jobs import lifecycle
    from engine.services.planning.estimates import case_of
    from tests import tiny
    from tests.homes import new_home

    ctx = new_home(home / "home")
    model = model_row(ctx, Path(request["weights"]), request.get("tokenizer"))
    rows = _rows(request["lengths"], chat=request["compared"])
    dataset = tiny.add_dataset(ctx, rows, held_out=min(_HELD_OUT, len(rows) // 2) if request["compared"] else 0)
    raw = {"name": "Peak", "base_model": model, "dataset": dataset, "budget": {"device": "cpu"}, **request["spec"]}
    case = case_of(ctx, make_unnamed(raw))
    train, val = case.counts()
    lifecycle.start_job(ctx, raw, key="peak")
    ctx.db.close()
    return {"train": list(map(int, train.lengths)), "val": list(map(int, val.lengths))}


def model_row(ctx: Any, weights: Path, tokenizer: str | None) -> int:
    """A ready row for the model of a folder."""
    import hashlib

    from storage.tables import LanguageModel
    from tests import tiny

    folder = ctx.settings.folder("models", "measured")
    (folder / "weights").mkdir()
    for file in weights.iterdir():
        shutil.copy(file, folder / "weights" / file.name) if file.suffix == ".json" else os.link(
            file.resolve(), folder / "weights" / file.name
        )
    if tokenizer is None:
        tiny.write_tokenizer(folder / "tokenizer")
    else:
        shutil.copytree(tokenizer, folder / "tokenizer")
    config = json.loads((weights / "config.json").read_text())
    with ctx.db.write() as s:
        model = LanguageModel(
            name="Measured", source="folder", ref="measured", status="ready",
            path=ctx.settings.relative(folder / "weights"),
            tokenizer_path=ctx.settings.relative(folder / "tokenizer"),
            config=config, context_length=2048,
            weights_hash=hashlib.sha256((weights / "model.safetensors").read_bytes()).hexdigest(),
        )  # fmt: skip
        s.add(model)
        s.flush()
        return model.id


def _rows(lengths: Sequence[int], *, chat: bool) -> list[dict[str, Any]]:
    """Texts of at least so many tokens (the first is cut at the limit); questions with short answers for a comparison."""
    numbers = random.Random(0)

    def text(length: int) -> str:
        return "".join(numbers.choice(_CHARACTERS) for _ in range(length))

    if not chat:
        return [{"text": text(3 * lengths[0])}, *({"text": text(length)} for length in lengths[1:])]
    asked = [*lengths, *(lengths[place % len(lengths)] for place in range(_HELD_OUT))]
    return [
        {
            "messages": [
                {"role": "user", "content": text(max(8, length - _ANSWER - 40))},
                {"role": "assistant", "content": text(_ANSWER)},
            ]
        }
        for length in asked
    ]


def _work(home: Path) -> dict[str, Any]:
    """The worker, in this process."""
    from engine.core.settings import Settings
    from engine.jobs import worker
    from tests import workers
    from tests.homes import opened

    settings = Settings(home=home / "home", offline=True)
    ctx = opened(settings)
    job_id, attempt = workers.claim(ctx)
    ctx.db.close()
    os.sched_setaffinity(0, {random.choice(sorted(os.sched_getaffinity(0)))})  # threads that wait for one another spin
    for name, value in settings.child_environment().items():
        os.environ[name] = value
    before = status_bytes("VmRSS") / MB
    _silently(lambda: worker.main([str(job_id), str(attempt)]))
    peak = status_bytes("VmHWM") / MB
    ctx = opened(settings)
    job = workers.row(ctx, job_id)
    told: dict[str, Any] = {} if job.status == "succeeded" else {"error": str(job.error)[:400]}
    return {"measured_mb": round(peak, 1), "before_mb": round(before, 1), "status": job.status} | told


def _silently(what: Callable[[], Any]) -> None:
    """Without a word on our output, which is for answers."""
    kept, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    errors = os.dup(2)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        what()
    finally:
        os.dup2(kept, 1)
        os.dup2(errors, 2)


if __name__ == "__main__":
    main()
