"""Drafts and preferences survive a restart and keep to themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from engine.core.context import Context, open_context
from engine.core.errors import Fault
from engine.services.app import drafts, preferences
from storage.db import Database
from storage.queries import drafts as queries
from storage.tables import Draft


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
