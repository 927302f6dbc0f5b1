"""What of a data set does not fit is told alike on its card, at the Data step, in the review and in a comparison."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from engine.services.app import drafts
from engine.services.data import datasets, imports, sources
from engine.services.data.fit import fit_of
from storage.tables import LanguageModel
from tests.browser.conftest import PHONE, Open, Server
from tests.tiny import add_config, write_tokenizer
from webui.i18n import t

pytestmark = pytest.mark.browser

CONFIG = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 512, "hidden_size": 64,
    "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 512, "tie_word_embeddings": True, "hidden_act": "silu",
}  # fmt: skip
WITH_TOOLS = (
    "{% if tools %}{{ tools | tojson }}{% endif %}{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}{% for call in message.tool_calls or [] %}{{ call.function | tojson }}{% endfor %}"
    "<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOL = {"type": "function", "function": {"name": "lamp", "description": "", "parameters": {}}}


@dataclass
class Stock:
    """What the tests look at: two models, of which the second knows tools, and two data sets."""

    plain: int
    handy: int
    tools: int
    pairs: int
    ctx: Context


def _import(ctx: Context, name: str, rows: list[dict[str, Any]]) -> int:
    made = sources.add_text(ctx, "\n".join(map(json.dumps, rows)), name)
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name=name, shape=view["shape"], mapping=view["mapping"])
    return made


@pytest.fixture
def stock(server: Server) -> Iterator[Stock]:
    """Models and data sets for these tests alone: the server is everybody's."""
    ctx = open_context(Settings(home=server.home, offline=True))
    handy, plain = add_config(ctx, CONFIG, "Handy"), add_config(ctx, CONFIG, "Plain")
    with ctx.db.read() as s:
        folder = Path(ctx.settings.absolute(s.get_one(LanguageModel, handy).tokenizer_path or ""))
    write_tokenizer(folder, WITH_TOOLS)
    turns = [{"role": "user", "content": "Is it on?"}, {"role": "assistant", "content": "It is."}]
    tools = _import(ctx, "Lamps", [{"messages": turns, "tools": [TOOL] if n < 12 else []} for n in range(30)])
    pairs = _import(ctx, "Pairs", [{"prompt": f"Q{n}", "chosen": f"yes {n}", "rejected": f"no {n}"} for n in range(40)])
    yield Stock(plain, handy, tools, pairs, ctx)
    for made in (tools, pairs):
        datasets.delete_dataset(ctx, made)
    with ctx.db.write() as s:
        for model in (plain, handy):
            s.get_one(LanguageModel, model).deleted_at = time.time()
    for page in ("train", "compare"):
        drafts.clear_draft(ctx, page)
    ctx.db.close()


def test_tools_that_a_template_leaves_out_are_told_alike(visit: Open, stock: Stock) -> None:
    said = t("en", "fit.tools", n=12, rows=30, model="Plain")
    assert [one["code"] for one in fit_of(stock.ctx, stock.tools, stock.plain)["findings"]] == ["tools"]
    tab = visit()
    page = tab.open("/en/data")
    card = page.locator(f"[data-dataset='{stock.tools}']")
    card.locator("[data-misfit=tools]").wait_for()
    assert said in card.inner_text()
    assert card.locator(".data-badges .ts-badge").all_inner_texts() == [t("en", "data.badge.tools"), "English"]
    assert tab.violations() == []
    page.goto(f"{tab.url}/en/train?dataset={stock.tools}&model={stock.plain}")
    page.click("#train-step-data")
    page.wait_for_selector(f".train-way-out :text('{said}')")
    assert page.locator(".ts-choice .data-kind").count() > 0
    assert tab.violations() == []
    page.click("#train-step-review")
    page.wait_for_selector(f".train-misfits :text('{said}')")
    page.click(".train-misfits [data-way=model]")
    page.wait_for_selector(".train-misfits:empty", state="attached")
    page.wait_for_selector("#train-step-model .step-choice:text-is('Handy')")
    page.goto(f"{tab.url}/en/compare?new=1&dataset={stock.tools}&model={stock.plain}")
    page.wait_for_selector(f".compare-misfits :text('{said}')")
    page.click(".compare-misfits [data-way=model]")
    page.wait_for_selector(".compare-misfits:empty", state="attached")
    assert page.input_value("#compare-model") == str(stock.handy)
    tab.assert_clean()


def test_a_template_without_an_end_is_told_in_the_review_and_when_learning_one_is_off(
    visit: Open, stock: Stock
) -> None:
    with stock.ctx.db.read() as s:
        folder = Path(stock.ctx.settings.absolute(s.get_one(LanguageModel, stock.plain).tokenizer_path or ""))
    write_tokenizer(folder, WITH_TOOLS.replace("<|im_end|>", "\n"))
    tab = visit()
    page = tab.open(f"/en/train?dataset={stock.tools}&model={stock.plain}")
    page.click("#train-step-review")
    page.wait_for_selector(
        f".train-misfits .info :text('{t('en', 'fit.end_added', model='Plain', token='<|im_end|>')}')"
    )
    page.click("#train-step-method")
    page.click("[data-step=method] details:has(#training-teach_end) > summary")
    page.click("#training-teach_end")
    page.click("#train-step-review")
    page.wait_for_selector(f".train-misfits .danger :text('{t('en', 'fit.end_refused', model='Plain')}')")
    assert tab.violations() == []
    tab.assert_clean()


def test_pairs_lead_to_their_preferred_answers(visit: Open, stock: Stock) -> None:
    tab = visit(size=PHONE, scheme="dark")
    page = tab.open("/zh/data")
    card = page.locator(f"[data-dataset='{stock.pairs}']")
    assert card.locator(".data-kind").inner_text() == t("zh", "data.badge.pairs")
    assert card.locator("[data-way]").count() == 0, "pairs are learnt as they are"
    page.goto(f"{tab.url}/zh/data?dataset={stock.pairs}&tab=shape")
    page.click("[data-shape=prefer_chosen]")
    make = page.locator(".data-operation[data-operation=prefer_chosen] .primary")
    box = make.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= PHONE["height"]
    assert t("zh", "shape.no_labels") in page.inner_text(".shape-now")
    assert tab.violations() == []
    make.click()
    page.wait_for_selector(".data-version, .ts-toast")
    page.goto(f"{tab.url}/zh/data?dataset={stock.pairs}&tab=shape")
    page.click("[data-shape=limit_rows]")
    assert page.input_value("[data-field='operation.rows'] input") == "18"
    page.goto(f"{tab.url}/zh/data")
    page.wait_for_selector(f"[data-dataset='{stock.pairs}'] .data-kind[data-kind=chat]")
    tab.assert_clean()
