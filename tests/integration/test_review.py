"""Rows that a person approves before they count, on a real database and real files."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.rows.store import read_rows
from engine.services.data import datasets
from engine.services.data.annotation import annotation_queue
from engine.services.data.versions import version_files, versions
from engine.services.jobs.lifecycle import cancel_job
from tests.workers import run_here


def chat(question: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


ORIGIN = {"code": "playground", "model": "SmolLM2-135M-Instruct"}


def rows_of(ctx: Context, dataset: int) -> list[dict[str, Any]]:
    return list(read_rows(version_files.version_file(ctx, dataset)[1]))


def statuses(ctx: Context) -> dict[str, int]:
    return {status: count for status, count in annotation_queue.queue(ctx)["counts"].items() if count}


def test_from_the_queue_into_the_next_version(ctx: Context) -> None:
    target = datasets.ensure_sample(ctx, "en")
    before = rows_of(ctx, target)
    good, other, bad = (annotation_queue.collect(ctx, chat(f"Q{i}?", f"A{i}."), ORIGIN, target) for i in range(3))
    waiting = annotation_queue.queue(ctx)
    assert [row["id"] for row in waiting["rows"]] == [good, other, bad]
    assert (waiting["total"], annotation_queue.waiting(ctx)) == (3, 3)
    assert waiting["targets"] == [{"id": target, "name": waiting["rows"][0]["dataset_name"], "rows": 3}]

    annotation_queue.decide(ctx, good, "approve")
    annotation_queue.decide(ctx, bad, "reject")
    assert statuses(ctx) == {"waiting": 1, "approved": 1, "rejected": 1}
    edited = annotation_queue.decide(ctx, good, "edit", chat("Q0, please?", "A0!"))
    assert (edited["status"], edited["origin"]["edited"]) == ("approved", True)

    done = annotation_queue.add_approved(ctx, target)
    assert (done["version"], done["rows"], done["left"]) == (2, 1, 0)
    after = rows_of(ctx, target)
    assert len(after) == len(before) + 1
    assert after[-1]["messages"] == chat("Q0, please?", "A0!")["messages"]
    assert after[-1]["origin"] == {**ORIGIN, "edited": True}
    assert after[-1]["id"] not in {row["id"] for row in before}
    assert statuses(ctx) == {"waiting": 1, "rejected": 1, "added": 1}
    with pytest.raises(Fault, match=r"review\.added"):
        annotation_queue.decide(ctx, good, "approve")
    with pytest.raises(Fault, match=r"review\.nothing"):
        annotation_queue.add_approved(ctx, target)
    assert annotation_queue.decide(ctx, good, "wait")["status"] == "waiting"


def test_a_row_made_from_a_held_out_one_is_held_out_too(ctx: Context) -> None:
    target = datasets.ensure_sample(ctx, "en")
    first = {row["split"]: row["id"] for row in rows_of(ctx, target)}
    for number, split in enumerate(("train", "val")):
        made = {"code": "rewrite", "row": first[split], "of": target}
        annotation_queue.collect(ctx, chat(f"Q{number}?", "A."), made, target)
    annotation_queue.approve_waiting(ctx)
    annotation_queue.add_approved(ctx, target)
    assert [row["split"] for row in rows_of(ctx, target)[-2:]] == ["train", "val"]


def test_rows_count_as_added_when_the_job_that_adds_them_is_through(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "IN_PLACE_ROWS", 0)
    target = datasets.ensure_sample(ctx, "en")
    annotation_queue.decide(ctx, annotation_queue.collect(ctx, chat("Q?", "A."), ORIGIN, target), "approve")
    first = annotation_queue.add_approved(ctx, target)
    assert annotation_queue.add_approved(ctx, target)["job"] == first["job"]
    cancel_job(ctx, first["job"])
    assert statuses(ctx) == {"approved": 1}
    assert "job" in annotation_queue.add_approved(ctx, target)
    assert run_here(ctx).status == "succeeded"
    assert statuses(ctx) == {"added": 1}
    with pytest.raises(Fault, match=r"review\.nothing"):
        annotation_queue.add_approved(ctx, target)


def test_a_new_data_set_says_who_made_its_rows(ctx: Context) -> None:
    for i in range(12):
        annotation_queue.collect(ctx, chat(f"Question {i}", f"Answer {i}"), ORIGIN)
    assert annotation_queue.approve_waiting(ctx) == 12
    with pytest.raises(Fault, match=r"review\.no_name"):
        annotation_queue.add_approved(ctx, "  \u202e ")
    done = annotation_queue.add_approved(ctx, "Answers I liked")
    view = datasets.dataset_view(ctx, done["dataset"])
    assert (view["name"], view["status"], view["accepted"]) == ("Answers I liked", "ready", 12)
    rows = rows_of(ctx, done["dataset"])
    assert {row["extra"]["made_by"] for row in rows} == {ORIGIN["model"]}
    assert {row["messages"][1]["content"] for row in rows} == {f"Answer {i}" for i in range(12)}


def test_rows_of_another_kind_stay(ctx: Context) -> None:
    target = datasets.ensure_sample(ctx, "en")
    annotation_queue.decide(
        ctx, annotation_queue.collect(ctx, {"text": "Only a text."}, {"code": "rewrite"}), "approve"
    )
    with pytest.raises(Fault, match=r"review\.other_kind"):
        annotation_queue.add_approved(ctx, target)
    annotation_queue.decide(ctx, annotation_queue.collect(ctx, chat("Q", "A"), ORIGIN), "approve")
    assert (annotation_queue.add_approved(ctx, target)["rows"], statuses(ctx)) == (1, {"approved": 1, "added": 1})


def test_only_rows_meant_for_one_data_set(ctx: Context) -> None:
    english, chinese = (datasets.ensure_sample(ctx, key) for key in ("en", "zh"))
    for target in (english, chinese, None):
        annotation_queue.collect(ctx, chat("Q", "A"), ORIGIN, target)
    assert annotation_queue.approve_waiting(ctx, chinese) == 1
    assert annotation_queue.add_approved(ctx, chinese, chinese)["rows"] == 1
    assert annotation_queue.queue(ctx, None, dataset=english)["total"] == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (chat("", "A"), "review.no_question"),
        (chat("Q", " \n"), "review.no_answer"),
        ({"messages": []}, "review.no_answer"),
        ({}, "review.no_answer"),
        (chat("Q", "a\0b"), "review.characters"),
        (chat("Q", "a\ud83d"), "review.characters"),
        (chat("Q", "a" * 1_000_001), "review.too_long"),
    ],
)
def test_what_cannot_be_learnt_is_refused(row: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault, match=code):
        annotation_queue.clean_row(row)


def test_a_deleted_data_set_takes_no_rows(ctx: Context) -> None:
    target = datasets.ensure_sample(ctx, "en")
    annotation_queue.decide(ctx, annotation_queue.collect(ctx, chat("Q", "A"), ORIGIN, target), "approve")
    datasets.delete_dataset(ctx, target)
    with pytest.raises(NotFound):
        annotation_queue.collect(ctx, chat("Q", "A"), ORIGIN, target)
    with pytest.raises(NotFound):
        annotation_queue.add_approved(ctx, target)
    assert (annotation_queue.queue(ctx, "approved")["total"], annotation_queue.queue(ctx)["targets"]) == (1, [])
    assert annotation_queue.decide(ctx, 1, "reject")["status"] == "rejected"
    assert (annotation_queue.forget_rejected(ctx), annotation_queue.queue(ctx, None)["total"]) == (1, 0)
    with pytest.raises(NotFound):
        annotation_queue.decide(ctx, 1, "approve")
