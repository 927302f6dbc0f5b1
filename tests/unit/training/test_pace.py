"""The clock of a job: what a limit leaves for the end, how far the job is at any moment, and what is looked at when time is short."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from engine.evaluation.spread import spread
from engine.planner.time.limit import ANSWERS_SHARE, EXTRAS_SHARE
from engine.training.forward.mean_loss import HeldOutMeans
from engine.training.loop import held_out
from engine.training.loop.held_out import first_score, score_until
from engine.training.pace import clock as clocks
from engine.training.pace import extras as extra_times
from engine.training.pace import outlook as outlooks
from engine.training.pace.clock import Clock
from engine.training.pace.extras import Extras
from engine.training.pace.outlook import Outlook
from tests.unit.test_time_limit import UNITS


class FakeTime:
    """`time` as it goes on when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock_of_test(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    for module in (clocks, extra_times, outlooks, held_out):
        monkeypatch.setattr(module, "time", fake)
    return fake


def reporter(began: float) -> Any:
    told: list[Any] = []
    return SimpleNamespace(
        began=began, outlook=None, heed=lambda: None, told=told, event=lambda *a, **k: told.append((a, k))
    )


# ------------------------------------------------------------------ how far


def test_the_share_is_that_of_the_time_with_the_end_and_never_falls(clock_of_test: FakeTime) -> None:
    """Loading, a step that takes three times as long as planned, and an end of minutes that is longer than the training."""
    stages = {"start": 10.0, "training": 60.0, "answers": 100.0, "result": 30.0}
    worker = reporter(clock_of_test.now)
    outlook = Outlook(worker, {name: (lambda seconds=seconds: seconds) for name, seconds in stages.items()})
    shares, left = [], []

    def wait(seconds: int) -> None:
        for _ in range(seconds):
            clock_of_test.now += 1.0
            told = worker.outlook()
            shares.append(told["share"])
            left.append(told["seconds_left"])

    wait(10)
    assert left[4] == pytest.approx(195.0)
    outlook.enter("training")
    wait(180)  # planned: 60
    assert left[-1] > 130  # what comes after it is still to come
    outlook.enter("answers")
    assert worker.outlook()["share"] < 0.7
    wait(100)
    outlook.enter("result")
    outlook.enter("training")  # over long ago
    wait(29)
    assert all(one <= other for one, other in pairwise(shares))
    assert 0.98 < shares[-1] < 1
    assert left[-1] == pytest.approx(2.9)  # nearly done, and it takes a little longer than planned


def test_a_limit_ends_what_is_left(clock_of_test: FakeTime) -> None:
    worker = reporter(clock_of_test.now)
    Outlook(worker, {"start": lambda: 10.0, "training": lambda: 1e6}, clock_of_test.now + 100)
    clock_of_test.now += 90
    assert worker.outlook() == {"seconds_left": 10.0, "share": 0.9}
    clock_of_test.now += 60
    assert worker.outlook()["seconds_left"] > 0


# ------------------------------------------------------------------ what a limit is shared out to


def test_extras_have_a_share_of_what_loading_left_and_answers_leave_some_to_the_score(clock_of_test: FakeTime) -> None:
    assert (Extras(None).left, Extras(None).for_answers, Extras(None).room_for(1e9)) == (None, None, True)
    extras = Extras(400.0)
    whole = EXTRAS_SHARE * 400.0
    assert (extras.left, extras.for_answers) == (whole, whole / 2)
    clock_of_test.now += whole / 2
    assert 0 < (extras.for_score or 0) < (extras.left or 0) == whole / 2
    assert extras.room_for(whole / 2)
    assert not extras.room_for(whole)
    clock_of_test.now += whole
    assert extras.left == 0


def test_before_the_first_step_only_writing_is_kept_time_for_and_answers_never_more_than_their_share(
    clock_of_test: FakeTime,
) -> None:
    clock = Clock(clock_of_test.now + 100, replace(UNITS, answers=1e6))
    clock.asks, clock.saved_bytes = True, 100e6  # a checkpoint takes about a second
    assert not clock.must_wind_up(True, first=True)
    clock.stepped(5.0)
    assert not clock.is_up(True, check_first=False)
    clock_of_test.now += 100 * (1 - ANSWERS_SHARE)
    assert clock.is_up(True, check_first=False)
    assert clock.must_wind_up(True, first=False)
    assert not clock.must_wind_up(True, first=True)
    clock_of_test.now += 100 * ANSWERS_SHARE - 3
    assert clock.must_wind_up(True, first=True)


def test_what_was_measured_is_believed_by_who_goes_on(clock_of_test: FakeTime) -> None:
    clock = Clock(None, UNITS)
    assert clock.left(10, 1) == 10 * UNITS.step + UNITS.check + UNITS.save
    clock.step, clock.check, clock.save = 4.0, 20.0, 2.0
    after = Clock(None, UNITS)
    after.believe(clock.measured)
    assert after.left(10, 1) == clock.left(10, 1) == 62.0
    assert after.writing == 2 * UNITS.result  # as much slower than planned as checkpoints were


# ------------------------------------------------------------------ which rows


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64, 500])
def test_each_beginning_of_the_order_is_spread(count: int) -> None:
    order = spread(range(count))
    assert sorted(order) == list(range(count))
    if count > 8:
        beginning = sorted(order[:8])
        assert max(other - one for one, other in pairwise(beginning)) <= count / 8 * 2


class _Scorer:
    """A trainer whose rows take a second each."""

    def __init__(self, time: FakeTime, seconds: float = 1.0) -> None:
        self.time, self.seconds, self.calls = time, seconds, list[int]()

    def mean_loss(self, rows: Any, between_groups: Any) -> HeldOutMeans:
        self.calls.append(len(rows))
        for _ in rows:
            self.time.now += self.seconds
            between_groups()
        return HeldOutMeans(1.0, len(rows), {"accuracy": 0.5})


def test_the_first_score_takes_what_there_is_time_for(clock_of_test: FakeTime) -> None:
    rows: Any = [SimpleNamespace(weight=1.0) for _ in range(100)]
    trainer: Any = _Scorer(clock_of_test)
    assert first_score(trainer, rows, None, reporter(0)) == (HeldOutMeans(1.0, 100, {"accuracy": 0.5}), rows)
    for allowance, least in ((200.0, 100), (50.0, 16), (3.0, 1)):
        worker, began = reporter(0), clock_of_test.now
        found = first_score(trainer, rows, allowance, worker)
        assert found is not None
        assert (found[0].loss, found[0].others, least <= len(found[1])) == (1.0, {"accuracy": 0.5}, True)
        assert clock_of_test.now - began <= 1.5 * allowance + 1
        assert [told[0][1] for told in worker.told] == (["validation_in_time"] if len(found[1]) < 100 else [])
    slow: Any = _Scorer(clock_of_test, 60.0)
    assert first_score(slow, rows, 5.0, reporter(0)) is None
    assert score_until(trainer, rows, clock_of_test.now + 50, reporter(0)) is None
    assert score_until(trainer, rows, clock_of_test.now + 500, reporter(0)) == HeldOutMeans(1.0, 100, {"accuracy": 0.5})
