"""The tab "Shape" in a real browser: how a data set stands, an operation with its effect, and the version that it makes."""

from __future__ import annotations

import json

import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.services.data import datasets, imports, sources
from tests.browser.conftest import PHONE, Open, Server
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lamps(server: Server) -> int:
    """Sixty questions of twelve customers on two topics."""
    ctx = open_context(Settings(home=server.home, offline=True))
    rows = [
        {
            "question": f"What is lamp {n}?",
            "answer": f"Lamp {n}.",
            "topic": "light" if n % 3 else "heat",
            "customer": n % 12,
        }
        for n in range(60)
    ]
    made = sources.add_text(ctx, "\n".join(json.dumps(row) for row in rows), "Lamps")
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name="Lamps", shape=view["shape"], mapping=view["mapping"])
    ctx.db.close()
    return made


def test_a_split_by_group_shows_its_effect_and_makes_a_version(visit: Open, lamps: int) -> None:
    tab = visit()
    page = tab.open(f"/data?dataset={lamps}&tab=shape")
    page.wait_for_selector(".shape-bars")
    assert page.locator(".shape-bar dt").all_inner_texts() == ["light", "heat"]
    assert tab.violations() == []
    page.click('[data-shape="split_group"]')
    assert page.evaluate("document.activeElement.id") == "shape-open"
    page.select_option('[data-field="operation.column"] select', "customer")
    page.fill('[data-field="operation.val"] input', "25")
    page.click(f'.data-operation >> text="{t("en", "data.op.look")}"')
    page.wait_for_selector(".data-effect-card")
    assert tab.violations() == []
    page.click(f'.data-operation >> text="{t("en", "data.op.make")}"')
    page.wait_for_selector(f'.shape-keys :text("{t("en", "shape.part.val", n=15, share="25 %")}")')
    tab.assert_clean()


def test_on_a_phone_in_the_dark(visit: Open, lamps: int) -> None:
    tab = visit(size=PHONE, scheme="dark")
    page = tab.open(f"/data?dataset={lamps}&tab=shape&lang=zh")
    page.click('[data-shape="rewrite"]')
    page.wait_for_selector(".data-rewrite .ts-note, #rewrite-start")
    assert tab.violations() == []
    page.click(".shape-back")
    assert page.evaluate("document.activeElement.dataset.shape") == "rewrite"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.assert_clean()
