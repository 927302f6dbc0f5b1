"""The earlier home is worked in: its jobs, models and data sets go on where they were left. See earlier_home/README.md."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.services.app import folders
from engine.services.chat.conversations import Chat
from engine.services.comparisons import comparisons
from engine.services.comparisons import views as comparison_views
from engine.services.data import datasets, imports, rejected_rows, report
from engine.services.data.annotation import annotation_queue
from engine.services.data.versions import version_files, versions
from engine.services.jobs import lifecycle, spec_files
from engine.services.models import tuned
from tests import workers
from tests.earlier import (
    ASKED,
    EXAMPLES,
    FAILED,
    LAST_LAYER,
    LESSON,
    MERGED_ZIP,
    PAIRS,
    PLAIN_TEXT,
    STOPPED,
    STYLE,
    TABLE,
    TALK,
    WORDS,
    opened,
)


@pytest.fixture
def ctx(tmp_path: Path) -> Iterator[Context]:
    """A home to go on working in."""
    context = opened(tmp_path / "home")
    yield context
    context.db.close()


@pytest.mark.slow
def test_the_stopped_job_goes_on_to_its_end_and_a_new_one_starts_from_old_settings(ctx: Context) -> None:
    before = workers.series(ctx, STOPPED, "train_loss")
    lifecycle.resume_job(ctx, STOPPED)
    done = workers.run_forked(ctx)
    assert (done.id, done.status, done.step, done.attempt) == (STOPPED, "succeeded", 96, 2)
    assert "resumed" in workers.event_codes(ctx, STOPPED)
    losses = workers.series(ctx, STOPPED, "train_loss")
    assert {step: losses[step] for step in before} == before
    raw, _warnings = spec_files.draft_from_job(ctx, LESSON)
    started = lifecycle.start_job(
        ctx, raw | {"name": "Again", "training": raw["training"] | {"epochs": 1}}, key="again"
    )
    again = workers.run_forked(ctx)
    assert (again.id, again.status, again.val_loss is not None) == (started, "succeeded", True)
    assert again.spec["dataset_hash"] == version_files.version_file(ctx, WORDS)[0].content_hash


@pytest.mark.slow
def test_the_earlier_models_answer_as_before(ctx: Context) -> None:
    chat = Chat(ctx)
    view = chat.view(TALK)
    said = {row["side"]: row["content"] for row in view["messages"] if row["turn"] == 1 and row["role"] == "assistant"}
    fresh = chat.open(view["base_model_id"], view["tuned_ids"], view["settings"])
    answers = {event["side"]: event for event in chat.ask(fresh, ASKED)}
    more = {event["side"]: event["status"] for event in chat.ask(TALK, "And the kettle?")}
    others = chat.open(view["base_model_id"], (LAST_LAYER, PLAIN_TEXT, EXAMPLES), {"max_tokens": 4})
    more |= {event["side"]: event["status"] for event in chat.ask(others, ASKED)}
    chat.close()
    assert {side: event["text"] for side, event in answers.items()} == said
    assert (len(more), set(more.values())) == (6, {"complete"})
    assert {row["id"]: row["turns"] for row in chat.list()}[TALK] == 3


@pytest.mark.slow
def test_earlier_models_are_taken_away_anew(ctx: Context) -> None:
    assert tuned.start_export(ctx, STYLE, "merged") == MERGED_ZIP  # still on disk
    tuned.export_file(ctx, MERGED_ZIP)[0].unlink()
    anew = tuned.start_export(ctx, STYLE, "merged")
    assert (workers.run_forked(ctx).status, anew != MERGED_ZIP) == ("succeeded", True)
    assert zipfile.ZipFile(tuned.export_file(ctx, anew)[0]).testzip() is None


def test_the_data_set_goes_on_to_new_versions(ctx: Context) -> None:
    assert versions.apply(ctx, WORDS, "keep_one", {"check": "exact_duplicates"}, base=5) == {"version": 7}
    assert datasets.dataset_view(ctx, WORDS)["accepted"] == 41
    assert annotation_queue.add_approved(ctx, WORDS, WORDS)["version"] == 8
    waiting = rejected_rows.rejected_rows(ctx, WORDS)["rows"][1]["id"]
    answer = '{"messages": [{"role": "user", "content": "Broken?"}, {"role": "assistant", "content": "No more."}]}'
    assert rejected_rows.repair_rows(ctx, WORDS, [{"id": waiting, "raw": answer}], base=8) == {"version": 9}
    versions.use_version(ctx, WORDS, 1)
    assert datasets.dataset_view(ctx, WORDS)["accepted"] == 41
    view = datasets.dataset_view(ctx, TABLE)
    made = imports.import_dataset(ctx, TABLE, **{key: view[key] for key in ("name", "shape", "mapping")})
    assert (made["status"], made["accepted"]) == ("ready", 10)
    assert report.report(ctx, PAIRS)


def test_earlier_work_can_be_deleted(ctx: Context) -> None:
    lifecycle.delete_job(ctx, FAILED)
    tuned.delete_tuned(ctx, STYLE)
    datasets.delete_dataset(ctx, PAIRS)
    comparisons.delete_comparison(ctx, 1)
    assert FAILED not in {row["id"] for row in lifecycle.list_jobs(ctx)}
    assert STYLE not in {row["id"] for row in tuned.list_tuned(ctx)}
    assert PAIRS not in {row["id"] for row in datasets.list_datasets(ctx)}
    assert comparison_views.list_comparisons(ctx) == []
    assert not (ctx.settings.home / "jobs" / str(FAILED) / "checkpoints").exists()
    assert folders.disk_use(ctx)["total"] > 0
