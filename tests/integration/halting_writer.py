"""The real worker, which halts while it writes answers: `python -m tests.integration.halting_writer JOB_ID ATTEMPT`.

It halts between two tokens of the second batch of the rollout after step HALT, and says so by a file "halted" in its home.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from engine.jobs import worker
from engine.training.online import attach
from engine.training.rollout.rollout import Rollout

HALT, AT_ONCE = 8, 3


def _halting(rollout: Rollout) -> None:
    if (rollout.kept.folder / f"{HALT}-0.json").exists():
        (Path(os.environ["TUNESMITH_HOME"]) / "halted").touch()
        time.sleep(600)
    _heed(rollout)


if __name__ == "__main__":
    attach.WRITTEN_AT_ONCE = AT_ONCE
    _heed, Rollout._heed = Rollout._heed, _halting  # type: ignore[method-assign]
    sys.exit(worker.main(sys.argv[1:]))
