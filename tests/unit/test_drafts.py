"""Drafts and preferences survive a restart and keep to themselves."""

from __future__ import annotations

import pytest

from engine.core.context import Context, open_context
from engine.core.errors import Fault
from engine.services.app import drafts, preferences
from storage.db import Database
from storage.queries import drafts as queries


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
