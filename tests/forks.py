"""Processes of the program without the seconds of importing: one process imports everything, then forks one for each request.

`worker(...)` is `python -m engine.jobs.worker`, `program(...)` is `python app.py`. For tests of what a process does; those of
its start begin a real one. No calculation is done before the fork, so that no library's threads are lost in the child.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.imports import importing

_PROJECT = Path(__file__).resolve().parents[1]
_FIRST = {
    "worker": (
        "bitsandbytes",
        "peft.optimizers",
        "transformers.models.llama.modeling_llama",
        "engine.jobs.runners.export",
        "engine.jobs.runners.train",
    ),
    "program": ("app", "engine.commands.serve", "uvicorn", "webui.http.server", "webui.site"),
}


# ---------------------------------------------------------------- the process that forks


def main(kind: str) -> None:
    """Answer each line of JSON on standard input with one: {"start": ...} with a process's number, {"poll": number} with its code."""
    with importing():  # the first collection of each child would copy every page
        import_everything(kind)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _fork(kind, asked["start"]) if "start" in asked else _code_of(asked["poll"])
        print(json.dumps(answer), flush=True)


def import_everything(kind: str) -> None:
    """What a process of that kind imports."""
    for name in _FIRST[kind]:
        importlib.import_module(name)
    if kind == "worker":
        for found in pkgutil.walk_packages(["engine/training/tuners"], "engine.training.tuners."):
            importlib.import_module(found.name)


def _fork(kind: str, request: Mapping[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        _join_files(request["log"])
        os.environ.clear()
        os.environ.update(request["environment"])
        code = _work(kind, request["arguments"], request["answer_tokens"])
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _join_files(log: str) -> None:
    """Standard input is empty, both outputs end in the log."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)


def _work(kind: str, arguments: list[str], answer_tokens: int | None) -> int:
    if kind == "program":
        import app

        return app.main(arguments)
    from engine.evaluation import sampling
    from engine.jobs import worker

    sampling.NEW_TOKENS = answer_tokens or sampling.NEW_TOKENS
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return worker.main(arguments)


def _code_of(number: int) -> int | None:
    """How a child ended, as `subprocess` says it; None while it runs."""
    found, status = os.waitpid(number, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


# ---------------------------------------------------------------- its user


class Forked:
    """A process that was forked; like a `subprocess.Popen`."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self._forks = forks
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self.returncode is None:
            self.returncode = self._forks.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float = 120) -> int:
        """The exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        """Signal it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """One process that has imported everything of its kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._home = tempfile.TemporaryDirectory(prefix="forks-")
        self._log = Path(self._home.name) / "forks.log"
        environment = {"OMP_NUM_THREADS": "1", "HF_HOME": self._home.name, "HF_HUB_OFFLINE": "1"}
        with self._log.open("ab") as output:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", kind],
                cwd=_PROJECT,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        assert self._heard() == "ready"
        atexit.register(self._end)

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], log: Path, answer_tokens: int | None = None
    ) -> Forked:
        """A process in a session of its own, with its output in `log`."""
        request = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "log": str(log),
            "answer_tokens": answer_tokens,
        }
        return Forked(self, self.ask({"start": request}))

    def ask(self, what: Mapping[str, Any]) -> Any:
        """One line there and one back."""
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(what) + "\n")
        self._parent.stdin.flush()
        return self._heard()

    def _heard(self) -> Any:
        assert self._parent.stdout is not None
        line = self._parent.stdout.readline()
        assert line, self._log.read_text()[-3000:]
        return json.loads(line)

    def _end(self) -> None:
        self._parent.kill()
        self._parent.communicate()
        self._home.cleanup()


@cache
def forks_of(kind: str) -> Forks:
    """The one process of this kind; it lives as long as the tests."""
    return Forks(kind)


def worker(ctx: Context, job_id: int, attempt: int, *, answer_tokens: int | None = None) -> Forked:
    """The worker of a job. `answer_tokens` shortens its sample answers, which take most of a tiny run."""
    environment = os.environ | ctx.settings.child_environment() | {"OMP_NUM_THREADS": "1"}
    log = ctx.settings.folder("logs") / f"{job_id}-{attempt}.log"
    return forks_of("worker").start([str(job_id), str(attempt)], environment, log, answer_tokens)


def program(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
    """The program with a command line, in this environment."""
    return forks_of("program").start(arguments, environment, log)


if __name__ == "__main__":
    main(sys.argv[1])
