"""The check of a job that learns from its own answers: within its time, and compared with the start alone."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.training.batches.tokenized_dataset import Example
from engine.training.loop.checkpoints import TrainingProgress
from engine.training.online.answered_rows import AnsweredRows
from engine.training.rollout.decode import WrittenTokens
from engine.training.rollout.rewarded import Rewarded

_ROW = Example(np.array([1, 2], np.int32), np.array([-100, -100], np.int32), 0)


class _Rollout:
    """Says one answer to each prompt, which gets 1."""

    def __init__(self, trainer: Any, slow: bool) -> None:
        self.values, self.state = {"temperature": 1.0}, dict[str, Any]()
        self._trainer, self._slow = trainer, slow

    def check_keys(self, places: list[int]) -> list[tuple[int, ...]]:
        return [(place,) for place in places]

    def write(self, prompts: list[Example], *_how: Any) -> list[WrittenTokens]:
        until = time.monotonic() + 5
        while self._slow and time.monotonic() < until:
            self._trainer.between_groups()
        return [WrittenTokens([3], True) for _ in prompts]

    def reward(self, _rows: Any, found: list[WrittenTokens]) -> Rewarded:
        return Rewarded([1.0] * len(found), {}, {})

    def distance(self, _made: Any) -> None:
        return None


def check(step: int, *, slow: bool = False) -> tuple[AnsweredRows, Any]:
    trainer = SimpleNamespace(between_groups=lambda: None)
    clock = SimpleNamespace(latest=time.monotonic() + 60, score=0.0, allowance=lambda: 0.02)
    extras, reporter = SimpleNamespace(for_score=0.02), SimpleNamespace(heed=lambda: None)
    held: Any = AnsweredRows([_ROW], [{}], clock, extras, reporter, TrainingProgress(step=step))  # type: ignore[arg-type]
    held.rollout = _Rollout(trainer, slow)
    return held, trainer


@pytest.mark.parametrize("step", [0, 3])
def test_the_first_check_leaves_the_time_to_the_training(step: int) -> None:
    held, trainer = check(step, slow=True)
    began = time.monotonic()
    assert held.means(trainer) is None
    assert time.monotonic() - began < 2


def test_what_was_not_answered_at_the_start_is_compared_with_nothing() -> None:
    held, trainer = check(0)
    found = held.means(trainer)
    assert found is not None
    assert found.others["win_rate"] == 0.5
    held, trainer = check(3)
    found = held.means(trainer)
    assert found is not None
    assert "win_rate" not in found.others
