"""How far a training job says it is: what comes after the last step counts, and nothing is at 100 % before it has ended."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from engine.core.context import Context
from engine.evaluation import answers, sampling
from engine.jobs.reporter import Reporter
from tests import tiny
from tests.training_jobs import train

Told = tuple[str | None, int, dict[str, Any]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """Everything that the worker tells of its progress: (phase, step, {"total", "left", "share"})."""
    heard: list[Told] = []
    plain = Reporter.progress

    def progress(self: Reporter, step: int, total: int | None, seconds_left: float | None = None, **more: Any) -> None:
        heard.append((self.now, step, {"total": total, "left": seconds_left, "share": more.get("share")}))
        plain(self, step, total, seconds_left, **more)

    monkeypatch.setattr(Reporter, "progress", progress)
    monkeypatch.setattr(sampling, "NEW_TOKENS", 6)
    monkeypatch.setattr(answers, "_BATCH", 2)
    return heard


def test_scoring_and_saving_are_part_of_the_way(ctx: Context, told: list[Told]) -> None:
    inputs = tiny.add_model(ctx), tiny.add_dataset(ctx, tiny.chat_rows(44, turns=2))
    job = train(ctx, inputs, training={"scored_answers": 4})
    assert job.status == "succeeded"
    after = [(phase, said) for phase, step, said in told if step == said["total"] and said["left"] is not None]
    assert after, "the end is told"
    assert all(said["left"] > 0 for _phase, said in after)
    assert all(said["share"] < 1 for _phase, said in after)
    scoring = [said["share"] for phase, said in after if phase == "scoring"]
    assert len(scoring) == 2  # of four questions, two at a time
    assert all(one <= other for one, other in pairwise(scoring))
    assert (
        {"scoring"} <= {phase for phase, _said in after} <= {"training", "saving", "sampling", "evaluating", "scoring"}
    )
    first = next(said for _phase, step, said in told if step == 1)
    assert 0 <= first["share"] < scoring[-1]
