"""A model whose embedding lacks tokens says so in Settings and at the model step, and offers the copy that has them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.data.templates.token_rows import TokenRows
from engine.services.app import drafts
from storage.tables import LanguageModel
from tests.browser.conftest import Open, Server
from tests.tiny import add_config
from webui.i18n import t

pytestmark = pytest.mark.browser

CONFIG = {"model_type": "llama", "vocab_size": 512, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}  # fmt: skip
LACKING = TokenRows(512, None, 1, {512: "<|call|>"}, (), {}, resizable=True)


@dataclass
class Stock:
    """Two models that lack a token; of the second there is a copy already."""

    caller: int
    second: int
    copy: int


@pytest.fixture
def stock(server: Server) -> Iterator[Stock]:
    """Models for these tests alone: the server is everybody's."""
    ctx = open_context(Settings(home=server.home, offline=True))
    caller, second, copy = (add_config(ctx, CONFIG, name) for name in ("Caller", "Second", "Its copy"))
    for name in ("Caller", "Second"):
        LACKING.write(ctx.settings.home / "models" / name / "tokenizer")
    with ctx.db.write() as s:
        row = s.get_one(LanguageModel, copy)
        row.source, row.ref = "resized", str(second)
    yield Stock(caller, second, copy)
    with ctx.db.write() as s:
        for row in s.query(LanguageModel).filter(LanguageModel.id >= caller):
            row.deleted_at = time.time()
    drafts.clear_draft(ctx, "train")
    ctx.db.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentence_stands_by_the_model_with_the_way_out(visit: Open, stock: Stock, language: str) -> None:
    tab = visit()
    page = tab.open(f"/{language}/settings")
    entry = page.locator(".settings-models > li").filter(has_text="Caller").first
    told = t(language, "error.model.tokens_beyond", n=1, rows=512, tokens="“<|call|>” (512)")
    assert told in entry.inner_text()
    assert tab.violations() == []
    resize = entry.get_by_role("button", name=t(language, "settings.models.resize"), exact=True)
    resize.click()
    name = t(language, "services.models.base_models.resized", name="Caller")
    page.locator(".settings-models b").filter(has_text=name).wait_for()
    assert resize.count() == 0

    page = tab.open(f"/{language}/train?model={stock.second}")
    note = page.locator(".ts-note").filter(has_text=told)
    note.wait_for()
    assert tab.violations() == []
    page.get_by_role("button", name=t(language, "train.model.use_copy", name="Its copy"), exact=True).click()
    page.locator(f"#choice-{stock.copy}[aria-checked=true]").wait_for()
    assert note.count() == 0
    tab.assert_clean()
