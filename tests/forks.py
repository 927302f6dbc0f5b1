"""Worker processes without the seconds of importing: one process imports everything, then forks a worker for each line.

No calculation is done before the fork, so that no library's threads are lost in the child.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psutil

from engine.core.context import Context

_PROJECT = Path(__file__).resolve().parents[1]
_FIRST = (
    "bitsandbytes",
    "peft.optimizers",
    "transformers.models.llama.modeling_llama",
    "engine.jobs.runners.train",
)


def main() -> None:
    """Fork a worker for each "JOB ATTEMPT" on standard input and print its process's number."""
    from engine.evaluation import sampling
    from engine.jobs import worker

    sampling.NEW_TOKENS = 6  # the sample answers take most of a tiny run
    for name in _FIRST:
        importlib.import_module(name)
    for found in pkgutil.walk_packages(["engine/training/tuners"], "engine.training.tuners."):
        importlib.import_module(found.name)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            os._exit(worker.main(line.split()))
        print(child, flush=True)


class Forks:
    """Starts workers for the jobs of one home."""

    def __init__(self, ctx: Context) -> None:
        self.log = ctx.settings.folder("logs") / "forks.log"
        with self.log.open("ab") as output:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.forks"],
                cwd=_PROJECT,
                env=os.environ | ctx.settings.child_environment() | {"OMP_NUM_THREADS": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        assert self._say("") == "ready", self.log.read_text()[-3000:]

    def _say(self, line: str) -> str:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(line)
        self._parent.stdin.flush()
        return self._parent.stdout.readline().strip()

    def start(self, job_id: int, attempt: int) -> psutil.Process:
        """The process of a worker that has just started."""
        return psutil.Process(int(self._say(f"{job_id} {attempt}\n")))

    def run(self, job_id: int, attempt: int, timeout: float = 120) -> None:
        """A worker from its start to its end."""
        self.start(job_id, attempt).wait(timeout)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._parent.kill()
        self._parent.wait(10)


if __name__ == "__main__":
    main()
