"""Functions of the operator are tried in a process of their own: what hangs or dies there takes nothing with it.

Started as `python -m engine.services.rewards.apart`, it reads what to score as JSON and writes the scores, or the fault.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.core.errors import Fault, TunesmithError
from engine.core.settings import Settings
from engine.rewards import read_rewards
from engine.rewards.declaration import Answered, RewardEnv
from engine.rewards.total import ChosenReward, open_rewards

PATIENCE = 20.0  # seconds
_PROJECT = Path(__file__).resolve().parents[3]


def scored_apart(settings: Settings, one: ChosenReward, batch: Sequence[Answered]) -> list[float | None]:
    """The scores of one reward, made by another process.

    Raises:
        Fault: what the function did wrong, "reward.function_slow" or "reward.function_died".
    """
    asked = {"reward": one.as_dict(), "home": str(settings.home), "answers": [asdict(answer) for answer in batch]}
    command = [sys.executable, "-m", "engine.services.rewards.apart"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=_PROJECT,
            check=False,
        )
        told: Mapping[str, Any] = json.loads(done.stdout.rsplit("\n", 1)[-1])
    except subprocess.TimeoutExpired:
        raise Fault("reward.function_slow", seconds=int(PATIENCE)) from None
    except ValueError:
        raise Fault("reward.function_died") from None
    if "fault" in told:
        raise Fault(told["fault"]["code"], **told["fault"]["params"])
    return list(told["scores"])


def _scored(asked: Mapping[str, Any]) -> dict[str, Any]:
    env = RewardEnv(Settings(home=Path(asked["home"])))
    batch = [Answered(**answer) for answer in asked["answers"]]
    try:
        with open_rewards(read_rewards([asked["reward"]]), env) as opened:
            (scores,) = opened.score(batch).components.values()
    except TunesmithError as error:
        return {"fault": error.as_dict()}
    return {"scores": scores}


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):  # what a function prints is no answer
        _said = _scored(json.load(sys.stdin))
    print("\n" + json.dumps(_said, default=str), end="")
