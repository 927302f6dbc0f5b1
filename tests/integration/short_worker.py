"""The real worker, short of something: `python -m tests.integration.short_worker [--halts] JOB_ID ATTEMPT`.

SHORT_OF_MB in the environment says how much more than what the libraries map it may ever map (RLIMIT_DATA, as `ulimit -d`).
With --halts it has all the memory, and its first attempt halts after step 5, so that a test can end it there.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from typing import Any

from engine.evaluation import sampling
from engine.jobs import worker
from engine.training.limits.memory_use import MB, status_bytes
from engine.training.loop.callback import TrainingCallback

HALT = 5


def _begin_or_halt(watch: TrainingCallback, *arguments: Any, **more: Any) -> None:
    if watch.progress.step == HALT and watch.reporter.attempt == 1:
        time.sleep(600)
    _begin(watch, *arguments, **more)


if __name__ == "__main__":
    sampling.NEW_TOKENS = 4
    arguments = sys.argv[1:]
    if arguments[0] == "--halts":
        _begin, TrainingCallback.on_step_begin = TrainingCallback.on_step_begin, _begin_or_halt  # type: ignore[method-assign,assignment]
        arguments = arguments[1:]
    else:
        room = int(float(os.environ["SHORT_OF_MB"]) * MB)
        resource.setrlimit(resource.RLIMIT_DATA, (status_bytes("VmData") + room, resource.RLIM_INFINITY))
    sys.exit(worker.main(arguments))
