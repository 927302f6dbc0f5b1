"""A home folder of the commit before opens, shows all that was done in it, and goes on working. See earlier_home/README.md."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.core.text import LANGUAGES
from engine.jobs.feed import job_feed
from engine.jobs.spec import make_spec
from engine.services.app import drafts, preferences
from engine.services.chat.conversations import Chat
from engine.services.comparisons import views as comparison_views
from engine.services.data import datasets, export, rejected_rows
from engine.services.data import rows as data_rows
from engine.services.data.annotation import annotation_queue, rewriting
from engine.services.data.quality import auditing
from engine.services.data.versions import compare, version_files, versions
from engine.services.jobs import lifecycle, spec_files
from engine.services.models import tuned
from engine.services.planning import dry_runs, estimates, speed_probe
from tests.earlier import (
    ADAPTER_ZIP,
    ASKED,
    EXPORTED,
    LESSON,
    LOADS,
    MEASURED,
    MERGED_ZIP,
    NOTES,
    PAIRS,
    STYLE,
    TABLE,
    TALK,
    WORDS,
    opened,
)
from webui.http.language_site import build_blocks
from webui.http.polled import functions_of
from webui.site import Site
from webui.train_draft import draft_of, settled_draft

Row = dict[str, Any]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A home that is only looked at."""
    ctx = opened(tmp_path_factory.mktemp("earlier") / "home")
    yield ctx
    ctx.db.close()


def by_name(rows: list[Row]) -> dict[str, Row]:
    return {row["name"]: row for row in rows}


# ------------------------------------------------------------------ what is there: data


def test_data_sets_are_listed_with_their_counts(old: Context) -> None:
    found = {row["id"]: row for row in datasets.list_datasets(old)}
    assert {key: (row["name"], row["status"], row["kind"]) for key, row in found.items()} == {
        WORDS: ("Words 词语", "ready", "chat"),
        PAIRS: ("Better and worse", "ready", "preference"),
        NOTES: ("Notes", "ready", "text"),
        TABLE: ("table", "draft", "chat"),
    }
    counted = ("version", "accepted", "rejected", "train_rows", "val_rows", "test_rows")
    view = datasets.dataset_view(old, WORDS)
    assert [view[key] for key in counted] == [5, 42, 3, 32, 6, 4]
    assert [found[key]["accepted"] for key in (PAIRS, NOTES)] == [12, 12]


def test_every_version_has_its_rows_and_says_how_it_was_made(old: Context) -> None:
    found = {one["number"]: one for one in versions.versions_of(old, WORDS)}
    assert {number: (one["parent"], one["operation"], one["rows"]) for number, one in found.items()} == {
        1: (None, "import", 41), 2: (1, "repaired", 42), 3: (2, "mask_found", 42), 4: (3, "split_random", 42),
        5: (4, "edit_rows", 42), 6: (5, "openings", 44),
    }  # fmt: skip
    assert [number for number, one in found.items() if one["in_use"]] == [5]
    assert (found[2]["jobs"], found[5]["jobs"]) == (1, 8)
    for number, one in found.items():
        path = version_files.version_file(old, WORDS, number)[1]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == one["content_hash"]


def test_rows_are_browsed_and_versions_compared(old: Context) -> None:
    held_out = data_rows.browse(old, WORDS, {"split": "test"}, 0, 10)["rows"]
    assert len(held_out) == 4
    assert data_rows.columns_of(old, WORDS) == ["shelf"]
    (edited,) = data_rows.rows_with_ids(old, WORDS, [0])
    assert edited["messages"][0]["content"] == "What is the colour of the kettle, please?"
    changed = compare.compare(old, WORDS, 4, 5, "changed", 0, 10)
    assert changed["counts"]["changed"] == 1
    assert "chosen" in data_rows.browse(old, PAIRS, {}, 0, 1)["rows"][0]
    assert data_rows.browse(old, NOTES, {}, 0, 1)["rows"][0]["text"].startswith("The kettle stands beside")


def test_rejected_rows_say_why_and_which_was_repaired(old: Context) -> None:
    found = rejected_rows.rejected_rows(old, WORDS)
    assert (found["total"], found["listed"], found["repaired"]) == (3, 3, 1)
    assert [(one["line"], one["code"], one["repaired_at"] is not None) for one in found["rows"]] == [
        (21, "data.turn.no_answer", True),
        (43, "data.json.malformed", False),
        (44, "data.row.empty", False),
    ]
    assert rejected_rows.rejected_fields(old, WORDS, found["rows"][1]["id"])["raw"].endswith('"content": "Broken')


def test_the_audit_of_the_version_in_use_is_whole(old: Context) -> None:
    audit = auditing.audit_of(old, WORDS)
    assert (audit["state"], audit["settings"]["off"], "toxic" in audit["checks"]) == ("done", ["toxic"], False)
    assert {key: one["rows"] for key, one in audit["checks"].items() if one["rows"]} == {"exact_duplicates": 2}
    shown = auditing.findings(old, WORDS, "exact_duplicates")["rows"]
    assert {row["parts"][1]["pieces"][0][0] for row in shown} == {"Yes, twice."}
    assert WORDS in auditing.marks(old)


def test_rows_wait_for_review_with_their_origin(old: Context) -> None:
    queue = annotation_queue.queue(old, None)
    assert queue["counts"] == {"waiting": 12, "approved": 1, "rejected": 1, "added": 0}
    first, second = queue["rows"][:2]
    assert (first["status"], first["dataset_name"], first["origin"]["code"]) == ("approved", "Words 词语", "playground")
    assert (first["origin"]["conversation"], first["origin"]["side"]) == (TALK, f"tuned:{STYLE}")
    assert [turn["role"] for turn in second["row"]["messages"]] == ["system", *["user", "assistant"] * 2]
    assert rewriting.rewrite_of(old, WORDS)["status"] == "succeeded"  # type: ignore[index]


# ------------------------------------------------------------------ what is there: jobs and models


def test_jobs_are_listed_with_what_became_of_them(old: Context) -> None:
    found = by_name(lifecycle.list_jobs(old, kinds=("train",)))
    assert {name: (row["status"], row["headline"]["code"].split(".")[0]) for name, row in found.items()} == {
        "House style 家": ("succeeded", "finished"), "Stopped half-way": ("stopped", "stopped"),
        "Too little memory": ("failed", "failed"), "Never begun": ("cancelled", "cancelled"),
        "Whole": ("succeeded", "finished"), "Last layer": ("succeeded", "finished"),
        "Plain text": ("succeeded", "finished"), "Small methods · LoRA": ("succeeded", "finished"),
        "Small methods · IA³": ("succeeded", "finished"),
        "Small methods · Few-shot examples": ("succeeded", "finished"), "Four bits": ("stopped", "stopped"),
    }  # fmt: skip
    assert found["Too little memory"]["error"]["code"] == "training.over_memory"
    assert found["Stopped half-way"]["checkpoint_step"] == found["Stopped half-way"]["step"] > 0
    assert [name for name, row in found.items() if row["can"]["resume"]] != []
    with pytest.raises(NotFound):
        lifecycle.job_view(old, 20)  # deleted


def test_the_feed_of_a_finished_job_has_all_that_was_written(old: Context) -> None:
    feed = job_feed(old, LESSON)
    assert {"train_loss", "val_loss", "learning_rate", "tokens_per_s"} <= set(feed["metrics"])
    assert len(feed["metrics"]["train_loss"]) == feed["job"]["total_steps"] == 100
    assert [step for step, _ in feed["metrics"]["val_loss"]] == [0, 50, 100]
    assert feed["metrics"]["val_loss"][-1][1] == pytest.approx(feed["job"]["result"]["val_loss"])
    assert {row["step"] for row in feed["samples"]} == {0, 50, 100}
    assert {"memory_plan", "succeeded"} <= {event["code"] for event in feed["events"]}
    assert ([one["step"] for one in feed["checkpoints"]], bool(feed["logs"])) == ([100], True)
    assert feed["plan"]["need_mb"] > 0


def test_measurements_and_finished_files_are_found_again(old: Context) -> None:
    probe, check = speed_probe.probe_of(old, MEASURED), dry_runs.dry_run_of(old, MEASURED)
    assert probe is not None
    assert check is None  # counted by the rules of then: it is asked for anew
    assert (probe["job"], probe["code"]) == (11, "whole")
    assert estimates.plan(old, MEASURED)["verdict"]["code"]
    path, name = export.export_file(old, export.export_state(old, EXPORTED)["file"]["key"])
    assert (name, path.is_file()) == ("Words 词语-v5.csv", True)
    for job, form in ((ADAPTER_ZIP, "adapter"), (MERGED_ZIP, "merged")):
        assert zipfile.ZipFile(tuned.export_file(old, job)[0]).testzip() is None
        assert tuned.tuned_view(old, STYLE)["export_jobs"][form] == job


def test_tuned_models_know_where_they_come_from(old: Context) -> None:
    found = by_name(tuned.list_tuned(old))
    assert {name: (row["method"], row["format"]) for name, row in found.items()} == {
        "House style 家": ("lora", "adapter"), "Stopped half-way": ("lora", "adapter"), "Whole": ("full", "full"),
        "Last layer": ("freeze", "delta"), "Plain text": ("ia3", "adapter"),
        "Small methods · LoRA": ("lora", "adapter"), "Small methods · IA³": ("ia3", "adapter"),
        "Small methods · Few-shot examples": ("few_shot", "shots"),
    }  # fmt: skip
    style = found["House style 家"]
    assert (style["id"], style["job_id"], style["base_name"], style["steps"]) == (STYLE, LESSON, "Tiny", 100)
    assert style["dataset_hash"] == version_files.version_file(old, WORDS, 2)[0].content_hash
    assert tuned.tuned_view(old, STYLE)["lineage"]["spec"] == lifecycle.job_view(old, LESSON)["spec"]


def test_the_leaderboard_of_a_comparison_is_whole(old: Context) -> None:
    (listed,) = comparison_views.list_comparisons(old)
    assert (listed["name"], listed["jobs"], listed["ended"], listed["state"]) == ("Small methods", 3, 3, "done")
    table = {row["key"]: row for row in comparison_views.comparison_view(old, listed["id"])["rows"]}
    assert set(table) == {"base", "lora", "ia3", "few_shot"}
    assert table["lora"]["cells"]["loss"]["mean"] < table["base"]["cells"]["loss"]["mean"]
    assert table["lora"]["counts"]["trained"] > table["ia3"]["counts"]["trained"] > 0
    assert set(comparison_views.comparison_curves(old, listed["id"])) >= {"lora", "ia3"}
    answers = comparison_views.comparison_answers(old, listed["id"])
    assert [set(one["answers"]) for one in answers] == [{"lora", "ia3", "few_shot"}] * 2


# ------------------------------------------------------------------ what is there: talks, drafts, settings


def test_conversations_hold_what_was_asked_and_answered(old: Context) -> None:
    chat = Chat(old)
    assert [(row["id"], row["turns"]) for row in chat.list()] == [(2, 1), (TALK, 2)]
    view = chat.view(TALK)
    chat.close()
    assert (view["title"], view["read_only"], view["settings"]["system"]) == (ASKED, None, "Be brief.")
    assert [side["label"] for side in view["sides"]] == ["Tiny", "House style 家", "Whole"]
    hashes = {side["side"]: side["weights_hash"] for side in view["sides"]}
    answers = [row for row in view["messages"] if row["role"] == "assistant"]
    assert [(row["turn"], row["side"]) for row in answers] == [(turn, side) for turn in (1, 2) for side in hashes]
    assert {(row["status"], row["weights_hash"] == hashes[row["side"]]) for row in answers} == {("complete", True)}


def test_drafts_and_preferences_are_as_they_were_left(old: Context) -> None:
    stored = drafts.load_draft(old, "train", "the first browser that comes")
    assert stored["version"] == 1
    draft = settled_draft(stored)
    assert (draft["step"], draft["name"], draft["method"], draft["own"]) == ("method", "Draft 草稿", "ia3", True)
    assert (draft["training_by"], draft["budget"]["minutes"]) == ({"ia3": {"learning_rate": 0.005}}, 5)
    assert drafts.load_draft(old, "compare")["chosen"] == ["lora", "ia3"]
    assert drafts.load_draft(old, "data_sheet")["rows"][1] == ["开门吗？", "开。"]
    assert preferences.all_settings(old) == {"theme": "dark", "language": {"code": "zh", "asked": True}}


def test_settings_of_the_first_form_are_read_in_todays(old: Context) -> None:
    four_bits = by_name(lifecycle.list_jobs(old))["Four bits"]
    assert four_bits["spec"]["method_params"]["quant_type"] == "fp4"
    raw, _warnings = spec_files.draft_from_yaml(old, spec_files.spec_yaml(old, four_bits["id"]))
    assert (raw["base_model"], raw["dataset"], raw["method"]) == (1, WORDS, "qlora")
    stored, _warnings = spec_files.draft_from_job(old, four_bits["id"])
    today = make_spec(stored)
    assert make_spec(raw).training == today.training
    assert (today.version, today.training["quantisation"], "quant_type" in today.method_params) == (2, "fp4", False)
    draft = draft_of(stored)
    assert (draft["step"], draft["method"], draft["base_model"]) == ("review", "qlora", 1)
    assert (draft["method_params_by"]["qlora"].get("quant_type"), draft["objective"]) == (None, "sft")


def _told(answer: Any) -> Any:
    """Functions that are called by Gradio give a response, those that pages poll a value."""
    return json.loads(answer.body) if hasattr(answer, "body") else answer


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_shows_the_earlier_work(tmp_path: Path, lang: str) -> None:
    ctx = opened(tmp_path / "home")
    chat = Chat(ctx)
    site = Site(ctx, chat)
    blocks = build_blocks(site, lang)
    functions = [one for block in blocks.blocks.values() for one in getattr(block, "server_fns", None) or []]
    functions += [one.function for one in functions_of(site, lang).values()]
    calls = [(one, arguments) for one in functions for arguments in LOADS.get(one.__name__, [])]
    answers = [(one.__name__, arguments, _told(one(arguments))) for one, arguments in calls]
    chat.close()
    ctx.db.close()
    assert {name for name, *_ in answers} == set(LOADS)
    assert [call for call in answers if "ok" not in call[2]] == []
