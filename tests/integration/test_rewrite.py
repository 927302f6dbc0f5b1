"""Rows in other words: a real job on a tiny model, what waits for review afterwards, and what is counted as left out."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.jobs.runners.rewrite import cleaned
from engine.services.data.annotation import annotation_queue, rewriting
from engine.services.data.versions.version_files import version_file
from engine.services.jobs import lifecycle
from tests import tiny, workers
from tests.integration import chat_models
from tests.vocabulary import add_tokens

CHOICE = {"rows": 6, "copies": 3, "temperature": 2.0}


@pytest.fixture
def inputs(ctx: Context) -> tuple[int, int]:
    return chat_models.add_base(ctx), tiny.add_dataset(ctx)


def _done(ctx: Context, inputs: tuple[int, int], **more: Any) -> dict[str, Any]:
    model, dataset = inputs
    job_id = rewriting.start_rewrite(ctx, dataset, {**CHOICE, "model": model, **more})
    assert rewriting.start_rewrite(ctx, dataset, {**CHOICE, "model": model}) == job_id  # a double click
    job = workers.run_here(ctx)
    assert (job.id, job.status, job.error) == (job_id, "succeeded", None)
    found = rewriting.rewrite_of(ctx, dataset)
    assert found is not None
    return found


def test_every_wording_is_reviewed_or_counted(ctx: Context, inputs: tuple[int, int]) -> None:
    result = _done(ctx, inputs)["result"]
    assert result["rows"] == 6
    assert result["made"] + sum(result["left_out"].values()) == 18
    queue = annotation_queue.queue(ctx)
    assert queue["total"] == result["made"] > 0
    for waiting in queue["rows"]:
        origin = waiting["origin"]
        assert (origin["code"], origin["of"], origin["model"]) == ("rewrite", inputs[1], result["model"])
        assert waiting["dataset_id"] == inputs[1]
    assert lifecycle.list_jobs(ctx) == []  # a part of the Data page


def test_a_row_with_a_token_that_the_model_has_no_row_for_is_left_out(ctx: Context) -> None:
    model, rows = chat_models.add_base(ctx), tiny.chat_rows(8)
    add_tokens(ctx.settings.home / "models" / "tiny" / "tokenizer", ["<|call|>"])
    for row in rows[:2]:
        row["messages"][0]["content"] += " <|call|>"
    result = _done(ctx, (model, tiny.add_dataset(ctx, rows, held_out=2)), what="question")["result"]
    assert result["left_out"]["no_embedding"] == 2 * CHOICE["copies"]
    assert result["made"] + sum(result["left_out"].values()) == result["rows"] * CHOICE["copies"]


def test_approved_rows_name_their_original_and_are_never_held_out(ctx: Context, inputs: tuple[int, int]) -> None:
    _done(ctx, inputs)
    annotation_queue.approve_waiting(ctx)
    added = annotation_queue.add_approved(ctx, inputs[1])
    from engine.data.rows.store import read_rows
    from engine.services.data.versions import versions

    number = versions.apply(ctx, inputs[1], "split_random", {"val": 30.0, "seed": 5})["version"]
    rows = list(read_rows(version_file(ctx, inputs[1], number)[1]))
    held = {row["id"] for row in rows if row["split"] != "train"}
    made = [row for row in rows if (row.get("origin") or {}).get("code") == "rewrite"]
    assert held
    assert len(made) <= added["rows"]
    assert all(row["split"] == "train" and row["origin"]["row"] not in held for row in made)


def test_chosen_rows_alone_are_rewritten_and_held_out_ones_never(ctx: Context, inputs: tuple[int, int]) -> None:
    from engine.data.rows.index import RowIndex

    _version, path = version_file(ctx, inputs[1])
    index = RowIndex.open(path)
    train, held = index.id[index.places_in("train")][:2].tolist(), index.id[index.places_in("val")][:1].tolist()
    result = _done(ctx, inputs, ids=[*train, *held], what="answer")["result"]
    assert result["rows"] == 2
    assert {one["origin"]["row"] for one in annotation_queue.queue(ctx)["rows"]} <= set(train)


def test_what_cannot_be_rewritten_is_refused(ctx: Context, inputs: tuple[int, int]) -> None:
    model, dataset = inputs
    with pytest.raises(SpecError) as faults:
        rewriting.start_rewrite(ctx, dataset, {"model": model, "copies": 9})
    assert list(faults.value.faults) == ["rewrite.copies"]
    with pytest.raises(Fault, match=r"rewrite\.no_model"):
        rewriting.start_rewrite(ctx, dataset, {})
    rewriting.start_rewrite(ctx, dataset, {"model": model, "ids": [10_000]})
    assert (workers.run_here(ctx).error or {})["code"] == "rewrite.no_rows"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ('Sure, here is the rewritten question: "How much is it?"', "How much is it?"),
        ("Rewritten message: Where?", "Where?"),
        ("\u201cWhat does it cost?\u201d", "What does it cost?"),
        ("What is this: a lamp?", "What is this: a lamp?"),
        ('"', '"'),
    ],
)
def test_headings_and_quotation_marks_are_taken_off(said: str, kept: str) -> None:
    assert cleaned(said) == kept
