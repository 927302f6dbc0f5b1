"""`make demo`: the whole main job through the command line, with the real starter model.

Two passes over the sample are enough to tell that it learns; the whole lesson is taken in the browser (test_main_job.py).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.starter import prepared_starter

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_demo_teaches_the_sample_and_shows_both_answers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = os.environ | {
        "TUNESMITH_HOME": str(home),
        "TUNESMITH_STARTER_FROM": str(prepared_starter()),
        "TUNESMITH_OFFLINE": "1",
    }
    command = [sys.executable, "app.py", "--lang", "en", "demo", "--epochs", "2"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=1400)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    right = re.search(r"to 10 questions.* base (\d+), tuned (\d+)", done.stdout)
    assert right, done.stdout
    assert int(right[1]) == 0
    assert int(right[2]) >= 2
    for stored in (home / "tunesmith.db", *(home / "tuned").iterdir()):
        assert str(stored) in done.stdout
        assert stored.exists()
