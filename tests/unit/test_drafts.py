"""Drafts and preferences survive a restart and keep to themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import String, literal_column, select, type_coerce, update

from engine.core.context import Context, open_context
from engine.core.errors import Fault, SpecError
from engine.jobs.spec import make_spec
from engine.services.app import drafts, preferences
from storage.db import Database
from storage.queries import drafts as queries
from storage.tables import Draft
from webui.draft_shapes import SHEET, TRAIN, in_shape
from webui.train_draft import fresh_draft, settled_draft


def test_a_draft_is_there_after_a_restart(ctx: Context) -> None:
    drafts.save_draft(ctx, "train", {"step": 2, "名字": "草稿"})
    ctx.db.close()
    again = open_context(ctx.settings)
    assert drafts.load_draft(again, "train") == {"step": 2, "名字": "草稿"}
    again.db.close()


def test_saving_replaces_the_whole_draft(ctx: Context) -> None:
    drafts.save_draft(ctx, "train", {"a": 1, "b": 2})
    drafts.save_draft(ctx, "train", {"a": 3})
    assert drafts.load_draft(ctx, "train") == {"a": 3}


def test_kinds_and_owners_do_not_mix(ctx: Context) -> None:
    drafts.save_draft(ctx, "train", {"a": 1})
    with ctx.db.write() as s:
        queries.put_draft(s, "train", {"a": "theirs"}, owner="somebody")
    drafts.save_draft(ctx, "chat", {"b": 1})
    drafts.clear_draft(ctx, "chat")
    assert (drafts.load_draft(ctx, "train"), drafts.load_draft(ctx, "chat")) == ({"a": 1}, {})


def test_each_browser_has_its_own(ctx: Context) -> None:
    for name in ("here", "there"):
        drafts.save_draft(ctx, "train", {"made": name}, name)
    drafts.clear_draft(ctx, "train", "there")
    assert drafts.load_draft(ctx, "train", "here") == {"made": "here"}
    assert drafts.load_draft(ctx, "train", "there") == {}


def test_the_draft_of_before_goes_to_the_first_browser_that_asks(ctx: Context) -> None:
    """Earlier there was one draft for all browsers."""
    for kind in ("train", "compare"):
        drafts.save_draft(ctx, kind, {"kind": kind})
    drafts.save_draft(ctx, "compare", {"mine": True}, "first")
    assert drafts.load_draft(ctx, "train", "first") == {"kind": "train"}
    assert drafts.load_draft(ctx, "train", "second") == {}
    assert drafts.load_draft(ctx, "compare", "first") == {"mine": True}, "its own is not lost"
    assert drafts.load_draft(ctx, "compare", "second") == {"kind": "compare"}


def test_drafts_that_were_left_alone_for_long_go(ctx: Context) -> None:
    for name in ("old", "new", queries.NO_BROWSER):
        drafts.save_draft(ctx, "train", {"of": name}, name)
    with ctx.db.write() as s:
        long_ago = Draft.updated_at - drafts.KEPT_SECONDS - 60
        s.execute(update(Draft).where(Draft.browser != "new").values(updated_at=long_ago))
    drafts.save_draft(ctx, "compare", {}, "new")
    assert drafts.load_draft(ctx, "train") == {"of": ""}, "what nobody has taken over yet waits"
    drafts.clear_draft(ctx, "train")
    assert [drafts.load_draft(ctx, "train", name) for name in ("old", "new")] == [{}, {"of": "new"}]


def test_a_huge_draft_is_refused_and_the_old_one_kept(ctx: Context) -> None:
    drafts.save_draft(ctx, "train", {"a": 1})
    with pytest.raises(Fault) as refused:
        drafts.save_draft(ctx, "train", {"a": "x" * (drafts.LARGEST_BYTES + 1)})
    assert refused.value.code == "draft.too_large"
    assert drafts.load_draft(ctx, "train") == {"a": 1}


@pytest.mark.parametrize("value", ["dark", 3, None, ["a", {"b": 1}], False])
def test_preferences_keep_any_json(ctx: Context, value: object) -> None:
    assert preferences.get_setting(ctx, "theme", "light") == "light"
    preferences.put_setting(ctx, "theme", "first")
    preferences.put_setting(ctx, "theme", value)
    assert preferences.get_setting(ctx, "theme", "light") == value
    assert preferences.all_settings(ctx) == {"theme": value}


def test_a_reader_cannot_write_a_draft(ctx: Context) -> None:
    other = Database(ctx.settings.database)
    with other.read() as s, pytest.raises(Exception, match="readonly"):
        queries.put_draft(s, "train", {})
    other.close()


def _stored(ctx: Context, kind: str, text: str) -> None:
    """Put any text where a draft's JSON stands."""
    drafts.save_draft(ctx, kind, {}, "me")
    with ctx.db.write() as s:
        s.execute(update(Draft).where(Draft.kind == kind).values(data=literal_column(f"'{text}'")))


def _open(ctx: Context, kind: str) -> drafts.OpenedDraft[Any]:
    read = {
        TRAIN: lambda kept: in_shape(TRAIN, settled_draft(kept)),
        SHEET: lambda kept: in_shape(SHEET, kept) if kept else None,
    }
    return drafts.open_draft(ctx, kind, read[kind], "me")


WHOLE = dict(fresh_draft(step="budget", name="Mine"))


@pytest.mark.parametrize(
    "text",
    [
        "no json {", "[1, 2]", "7", json.dumps(WHOLE | {"sample_prompts": [1]}), json.dumps(WHOLE | {"base_model": 10**30}),
        json.dumps(WHOLE | {"training": [1]}), json.dumps(WHOLE | {"training_by": {"lora": 5}}), "[" * 5000,
    ],
)  # fmt: skip
def test_a_broken_draft_is_set_aside_and_its_page_begins_afresh(ctx: Context, text: str) -> None:
    _stored(ctx, TRAIN, text)
    opened = _open(ctx, TRAIN)
    assert [one["code"] for one in opened.warnings] == ["draft.set_aside"]
    assert (opened.form["step"], opened.form["name"]) == ("model", "")
    assert _open(ctx, TRAIN).warnings == [], "it is told once"
    with ctx.db.read() as s:
        aside = s.execute(select(Draft.kind, type_coerce(Draft.data, String)).where(Draft.kind != TRAIN)).one()
    assert aside[0].startswith("train/set-aside/")
    assert str(aside[1]) == text, "nothing of it is lost"


def test_a_sheet_that_is_no_table_is_set_aside(ctx: Context) -> None:
    _stored(ctx, SHEET, json.dumps({"columns": ["a"], "rows": [[1]], "name": ""}))
    opened = _open(ctx, SHEET)
    assert (opened.form, len(opened.warnings)) == (None, 1)


def test_numbers_beyond_a_fields_range_lose_no_draft(ctx: Context) -> None:
    """They are told at the field."""
    typed = WHOLE | {
        "training": {"max_length": 10**20, "epochs": "1e400"},
        "budget": {"memory_mb": 10**20, "minutes": "abc"},
    }
    drafts.save_draft(ctx, TRAIN, in_shape(TRAIN, typed), "me")
    opened = _open(ctx, TRAIN)
    assert (opened.form["training"], opened.form["budget"], opened.warnings) == (typed["training"], typed["budget"], [])
    with pytest.raises(SpecError) as refused:
        make_spec({**RAW, "training": typed["training"], "budget": typed["budget"]})
    assert {field: fault["code"] for field, fault in refused.value.faults.items()} == {
        "training.max_length": "param.too_large", "training.epochs": "param.too_large",
        "budget.memory_mb": "param.too_large", "budget.minutes": "param.not_a_number",
    }  # fmt: skip


RAW = {"name": "n", "base_model": 1, "dataset": 1, "method": "lora"}


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"training": {"epochs": 10**400}}, {"training.epochs": "param.too_large"}),
        ({"training": {"epochs": float("nan")}}, {"training.epochs": "param.not_a_number"}),
        ({"training": {"seed": "Infinity", "optimizer": ["a"]}}, {"training.seed": "param.not_a_number", "training.optimizer": "param.unknown_choice"}),
        ({"training": [1]}, {"training": "param.not_values"}),
        ({"sample_prompts": 5}, {"sample_prompts": "param.not_list"}),
        ({"sample_prompts": [["a"]]}, {"sample_prompts": "param.not_text"}),
        ({"name": {"a": 1}}, {"name": "param.not_text"}),
        ({"budget": {"disk_mb": float("-inf")}}, {"budget.disk_mb": "param.not_a_number"}),
        ({"base_model": True}, {"base_model": "spec.no_base_model"}),
        ({"version": [1]}, {"version": "param.not_a_number"}),
    ],
)  # fmt: skip
def test_an_odd_setting_is_told_at_its_field(given: dict[str, Any], faults: dict[str, str]) -> None:
    with pytest.raises(SpecError) as refused:
        make_spec({**RAW, **given})
    assert {field: fault["code"] for field, fault in refused.value.faults.items()} == faults


def test_numbers_are_questions_as_they_are_written() -> None:
    assert make_spec({**RAW, "sample_prompts": [1, " a ", "", "\ud800"]}).sample_prompts == ("1", "a", "\ufffd")
