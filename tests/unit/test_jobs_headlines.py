"""A job's state in plain words, in both languages."""

from __future__ import annotations

from string import Formatter
from typing import Any

import pytest

from engine.core.text import LANGUAGES, catalogue
from engine.jobs.downsample import downsample
from engine.jobs.kinds import JOB_KINDS
from engine.jobs.status_messages import status_message
from webui.i18n import t

VIEW: dict[str, Any] = {
    "kind": "train", "status": "running", "phase": "training", "stalled": False, "request": None, "queue_place": None, "waits_for": None,
    "step": 40, "total_steps": 100, "seconds_left": 230.0, "train_loss": 1.5, "seconds": 180.0,
    "checkpoint_step": 25, "error": None, "result": {}, "inputs_there": True,
}  # fmt: skip
FALLING = [(0, 2.3123), (25, 1.5), (40, 1.1199)]
RISING = [(0, 2.3), (10, 1.1), (25, 1.2), (40, 1.3)]


def english(view: dict[str, Any], losses: list[tuple[int, float]]) -> str:
    said = status_message(VIEW | view, losses)
    if "text" in said:
        assert set(said["text"]) == set(LANGUAGES)
        assert all(said["text"].values())
        return str(said["text"]["en"])
    for language in LANGUAGES:
        text = catalogue(language)[f"headline.{said['code']}"]
        assert {name for _, name, _, _ in Formatter().parse(text) if name} == set(said["params"]), said
    return t("en", f"headline.{said['code']}", **said["params"])


@pytest.mark.parametrize(
    ("view", "losses", "sentence"),
    [
        ({}, FALLING, "Learning well: validation loss fell from 2.31 to 1.12; about 4 min left."),
        ({"seconds_left": None}, FALLING, "Learning well: validation loss fell from 2.31 to 1.12."),
        ({"seconds_left": 42.4}, FALLING, "Learning well: validation loss fell from 2.31 to 1.12; about 42 s left."),
        ({"seconds_left": 9000.0}, FALLING, "Learning well: validation loss fell from 2.31 to 1.12; about 2.5 h left."),
        ({}, RISING, "Not improving since step 10: validation loss was 1.1 there and is 1.3 now; about 4 min left."),
        ({}, [], "Training: step 40 of 100, training loss 1.5; about 4 min left."),
        ({"step": 0, "phase": "loading"}, [], "Loading the model. About 4 min left."),
        ({"step": 0, "phase": None, "train_loss": None, "seconds_left": None}, [], "Preparing."),
        ({"step": 0, "train_loss": None}, [], "Training has begun."),
        ({"status": "queued", "queue_place": 3}, [], "Waiting at place 3 in the queue."),
        ({"status": "queued", "queue_place": 1}, [], "Next in line."),
        (
            {"status": "queued", "waits_for": {"job": 1, "done_mb": 2300, "total_mb": 5000}},
            [],
            "Waits for the model's download (2.30 GB of 5.00 GB).",
        ),
        (
            {"status": "queued", "waits_for": {"job": 1, "done_mb": 0, "total_mb": 0}},
            [],
            "Waits for the model's download.",
        ),
        ({"status": "starting"}, [], "The worker is starting."),
        ({"status": "stopping", "request": "stop"}, [], "Stopping: it finishes its step and saves what it learned."),
        (
            {"status": "stopping", "request": "stop", "step": 0},
            [],
            "Stopping before its first step: nothing is learned yet.",
        ),
        ({"status": "stopping", "request": "cancel"}, [], "Being cancelled: nothing more is saved."),
        ({"status": "succeeded"}, FALLING, "Finished in 3 min 0 s: validation loss 2.31 → 1.12."),
        ({"status": "succeeded", "seconds": 30.0}, [], "Finished in 30 s."),
        ({"status": "succeeded", "seconds": 95.0}, [], "Finished in 1 min 35 s."),
        ({"status": "succeeded", "seconds": 5430.0}, [], "Finished in 1 h 30 min."),
        (
            {"status": "succeeded"},
            [(0, 1.11), (40, 1.13)],
            "Finished in 3 min 0 s, but worse than before: validation loss rose, 1.11 → 1.13.",
        ),
        (
            {"status": "succeeded", "seconds": None},
            [(0, 1.1101), (40, 1.1099)],
            "Finished: no change, validation loss 1.11 → 1.11.",
        ),
        (
            {"status": "succeeded", "result": {"model_step": 10, "kept_steps": [10, 40]}},
            RISING,
            "Finished in 3 min 0 s: validation loss 2.3 → 1.1. The best was step 10: afterwards the validation loss rose from "
            "1.1 to 1.3. The model is step 10; the last one is kept.",
        ),
        (
            {"status": "succeeded", "result": {"model_step": 40, "kept_steps": [10, 40]}},
            RISING,
            "Finished in 3 min 0 s: validation loss 2.3 → 1.3. The best was step 10: afterwards the validation loss rose from "
            "1.1 to 1.3. The model is the last step, as you chose; the best one is kept.",
        ),
        (
            {"status": "succeeded", "result": {"model_step": 40}},
            RISING,
            "Finished in 3 min 0 s: validation loss 2.3 → 1.3. The best was step 10: afterwards the validation loss rose from "
            "1.1 to 1.3. The model is the last step.",
        ),
        (
            {"status": "succeeded"},  # of an earlier version
            RISING,
            "Finished in 3 min 0 s: validation loss 2.3 → 1.3. The best was step 10: afterwards the validation loss rose from "
            "1.1 to 1.3. The model is the last step.",
        ),
        (
            {"status": "succeeded", "result": {"model_step": 10, "kept_steps": [10, 40]}},
            [(0, 2.3), (10, 1.1), (40, 1.1001)],
            "Finished in 3 min 0 s: validation loss 2.3 → 1.1. The model is step 10, where it was lowest; the last one is kept.",
        ),
        (
            {"status": "stopped", "checkpoint_step": 40, "result": {"model_step": 10, "kept_steps": [10, 40]}},
            RISING,
            "Stopped and saved at step 40 of 100; resume goes on from there. The best was step 10: afterwards the validation "
            "loss rose from 1.1 to 1.3. The model is step 10; the last one is kept.",
        ),
        ({"step": 100, "phase": "scoring"}, FALLING, "Answering the questions that are scored. About 4 min left."),
        ({"step": 100, "phase": "saving", "seconds_left": 42.4}, [], "Saving. About 42 s left."),
        ({"step": 100, "phase": "saving", "seconds_left": None}, [], "Saving."),
        ({"status": "stopped"}, [], "Stopped and saved at step 25 of 100; resume goes on from there."),
        (
            {"status": "stopped", "result": {"ended": "time"}},
            [],
            "Stopped by its time limit at step 25 of 100, and saved; resume goes on from there with a fresh limit.",
        ),
        ({"step": 0, "phase": "reading", "seconds_left": None}, [], "Reading the data."),
        ({"kind": "probe", "phase": "scoring"}, [], "Answering the questions that are scored."),
        ({"kind": "dry_run", "phase": "counting"}, [], "Counting what one training step holds."),
        ({"kind": "export", "status": "cancelled"}, [], "Cancelled."),
        ({"kind": "of_a_later_version", "phase": "pondering"}, [], "Preparing."),
        ({"status": "cancelled", "step": 0}, [], "Cancelled before it began."),
        ({"status": "failed"}, [], "Failed at step 40."),
        ({"status": "interrupted"}, [], "The worker was gone at step 40; resume goes on from step 25."),
        (
            {"status": "interrupted", "inputs_there": False},
            [],
            "The worker was gone at step 40. Its model or its data set was removed, so the job cannot go on.",
        ),
        (
            {"status": "stopped", "inputs_there": False},
            [],
            "Stopped and saved at step 25 of 100. Its model or its data set was removed, so it cannot go on.",
        ),
        ({"kind": "export", "phase": "merging"}, [], "Merging the adapter into the model."),
        ({"kind": "export", "status": "succeeded"}, [], "The files are ready."),
        (
            {"kind": "prepare_model", "phase": "downloading", "step": 12_400_000, "total_steps": 93_000_000},
            [],
            "Downloading: 12 of 93 MB.",
        ),
    ],
)
def test_headlines(view: dict[str, Any], losses: list[tuple[int, float]], sentence: str) -> None:
    assert english(view, losses) == sentence


@pytest.mark.parametrize(
    ("view", "losses", "tone"),
    [
        ({}, FALLING, "good"),
        ({}, RISING, "warn"),
        ({"status": "succeeded"}, FALLING, "good"),
        ({"status": "succeeded"}, RISING[1:], "warn"),
        ({"status": "succeeded"}, [(0, 1.1), (40, 1.1)], "warn"),
        ({"status": "succeeded"}, [], None),
        ({}, [], None),
    ],
)
def test_worse_is_never_good_news(view: dict[str, Any], losses: list[tuple[int, float]], tone: str | None) -> None:
    assert status_message(VIEW | view, losses).get("tone") == tone


@pytest.mark.parametrize(
    "status",
    ["queued", "starting", "running", "stopping", "succeeded", "stopped", "cancelled", "failed", "interrupted"],
)
@pytest.mark.parametrize("kind", [*(kind.key for kind in JOB_KINDS), "of_a_later_version"])
@pytest.mark.parametrize("step", [0, 7])
@pytest.mark.parametrize("extra", [{}, {"stalled": True}, {"checkpoint_step": None, "total_steps": None}])
def test_every_state_has_a_sentence(status: str, kind: str, step: int, extra: dict[str, Any]) -> None:
    view = {"status": status, "kind": kind, "step": step, "queue_place": 2, "waits_for": None, **extra}
    for losses in ([], FALLING, RISING):
        assert "headline." not in english(view, losses)


def test_short_series_are_sent_whole() -> None:
    assert downsample([(1, 2.0), (3, 4.0)]) == [[1, 2.0], [3, 4.0]]


@pytest.mark.parametrize("count", [11, 12, 99, 100_000])
def test_downsampling_keeps_ends_peaks_and_order(count: int) -> None:
    points = [(step, float((step * 7919) % 101)) for step in range(count)]
    points[count // 2] = (count // 2, 1e9)
    points[count // 3] = (count // 3, -1e9)
    kept = downsample(points, 10)
    assert len(kept) <= 10
    assert (kept[0], kept[-1]) == (list(points[0]), list(points[-1]))
    assert {1e9, -1e9} <= {value for _step, value in kept}
    assert [step for step, _value in kept] == sorted({step for step, _value in kept})
