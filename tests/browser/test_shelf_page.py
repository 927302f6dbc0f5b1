"""A model that is not on this machine: found, known by its small files, planned with for a card that is not here either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.models.shelf.curated import known_models
from storage.job_tables import Job
from storage.model_status import KNOWN
from storage.tables import LanguageModel
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.browser.wizard import data_card, planned
from tests.hollow import QWEN_3_8B, write_hollow
from tests.homes import new_home
from tests.integration.small_hub import small_hub
from tests.tiny import add_dataset, chat_rows
from webui.i18n import t

pytestmark = pytest.mark.browser

NAME = "Qwen/Qwen3-8B"
ROWS = 200
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "head_dim": 16, "vocab_size": 512, "max_position_embeddings": 512}  # fmt: skip
CARD = "rtx-4060"  # 8 GB


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """A hub with one model of 8 billion parameters, and what was asked of it."""
    with small_hub(write_hollow(tmp_path_factory.mktemp("hub") / "model"), NAME) as served:
        yield served


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, hub: tuple[str, list[str]]) -> Iterator[Server]:
    """A server with a data set and no model, which may ask that hub."""
    home = tmp_path_factory.mktemp("shelf") / "home"
    ctx = new_home(home)
    add_dataset(ctx, chat_rows(ROWS))
    ctx.db.close()
    cache = tmp_path_factory.mktemp("cache")
    snapshot = cache / "models--someone--small" / "snapshots" / ("c" * 40)
    write_hollow(snapshot, QWEN_3_8B | SMALL)
    with start_server(home, TUNESMITH_OFFLINE="0", TUNESMITH_HUB=hub[0], HF_HUB_CACHE=str(cache)) as server:
        yield server


def test_a_plan_for_a_card_of_8_gb_without_a_download(visit: Open, studio: Server, hub: tuple[str, list[str]]) -> None:
    tab = visit(at=studio)
    page = tab.open("/en/train")
    page.fill("#pick-search", NAME)
    page.click(f"[id='pick-take-{NAME}']")
    page.wait_for_selector(".ts-choice[aria-checked=true]:not([aria-disabled])", timeout=60_000)
    assert t("en", "train.model.known", size="16.4 GB") in page.inner_text(".ts-choice[aria-checked=true]")
    page.click("#train-next")
    page.click(data_card("Words"))
    page.click("#train-next")
    page.click("[data-value=planned]")
    page.fill("#train-device-search", "4060")
    page.click(f"#shelf-{CARD}")
    page.wait_for_selector(".train-offer[aria-checked=true]")
    planned(page)
    page.wait_for_selector(".estimate-verdict .good")
    assert t("en", "train.estimate.fits") in page.inner_text(".estimate-verdict")
    page.click("#choice-auto")
    page.wait_for_selector(".estimate-weights")
    assert "16.4 GB" in page.inner_text(".estimate-weights")
    assert page.is_visible("#train-start")
    assert _weights(hub[1]) == 1  # its beginning, which says what is in it
    tab.assert_clean()


def _weights(asked: list[str]) -> int:
    return sum(one.endswith(".safetensors") for one in asked)


def test_the_list_is_filtered_and_the_hub_is_searched_beside_it(visit: Open, studio: Server) -> None:
    tab = visit(at=studio, size=PHONE, scheme="dark")
    page = tab.open("/zh/train")
    page.wait_for_selector("#pick-all")
    rows = page.locator("section:has(> #pick-recommended) li[data-ref]")
    some = rows.count()
    page.click("#pick-all")
    assert rows.count() == len(known_models()) > some
    page.select_option("#pick-language", "zh")
    page.check("#pick-fits")
    assert 0 < rows.count() < len(known_models())
    assert all(t("zh", "pick.fit.not", need_mb=0)[:2] not in words for words in rows.all_inner_texts())
    page.fill("#pick-search", "nobody-has-this")
    page.get_by_text(t("zh", "pick.hub.none", words="nobody-has-this")).wait_for()
    page.fill("#pick-search", "nobody/has-this")  # a whole name may be asked for, whatever the search finds
    page.focus("[id='pick-take-nobody/has-this']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pick-list .ts-error", timeout=30_000)
    page.fill("#pick-search", "someone")
    page.click("[id='pick-take-someone/small']")  # of a cache on this machine
    page.wait_for_selector("section:has(> #pick-cached) .ts-badge.good[id='pick-take-someone/small']")
    page.click("#pick-own > summary")
    page.fill("#pick-folder", "not/absolute")
    page.press("#pick-folder", "Enter")
    page.wait_for_selector("#pick-folder[aria-invalid=true]")
    assert tab.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    tab.assert_clean()


def test_where_models_come_from_is_set_and_looked_at_at_once(
    visit: Open, studio: Server, hub: tuple[str, list[str]]
) -> None:
    tab = visit(at=studio)
    page = tab.open("/en/settings")
    page.select_option("#settings-hub-kind", "modelscope")
    page.fill("#settings-hub-url", "no address")
    page.click("#settings-hub-save")
    page.wait_for_selector("#settings-hub-url[aria-invalid=true]")
    page.fill("#settings-hub-url", hub[0])
    page.click("#settings-hub-save")
    page.wait_for_selector("#hub .data-health.good")
    page.select_option("#settings-hub-kind", "")
    page.click("#settings-hub-save")
    page.wait_for_selector("#hub .data-health.good")
    assert tab.violations() == []
    tab.assert_clean()


def _waiting(ctx: Context, worker: Any) -> dict[str, int]:
    inputs = seeds.add_inputs(ctx)
    with ctx.db.write() as s:
        model = s.get_one(LanguageModel, inputs[0])
        model.status, model.config = (
            KNOWN,
            {"_tunesmith": {"hub": {"kind": "huggingface", "url": "http://h", "bytes": 5e9}}},
        )
        fetch = Job(
            name="Small base",
            kind="prepare_model",
            status="queued",
            lane="cpu",
            position=1,
            base_model_id=model.id,
            spec={},
        )
        s.add(fetch)
        s.flush()
        for status in ("starting", "running"):
            fetch.status = status
            s.flush()
        for key, value in (seeds.alive(worker) | {"step": 2_300_000_000, "total_steps": 5_000_000_000}).items():
            setattr(fetch, key, value)
    return {"waits": seeds.add_job(ctx, inputs, "Waits", "queued", position=2)}


def test_a_job_says_that_it_waits_for_weights_and_pickers_whose_are_not_here(visit: Open, tmp_path: Path) -> None:
    with seeds.studio_with(tmp_path / "home", _waiting) as studio:
        tab = visit(at=studio.server)
        page = tab.open(f"/en/jobs?job={studio.jobs['waits']}")
        page.wait_for_selector(".job-meter-card [role=progressbar][aria-valuenow='46']")
        assert t("en", "jobs.weights_of", done_mb=2300, total_mb=5000) in page.inner_text(".job-meter-card")
        named = {"name": "Small base", "size": "5.0 GB"}
        tab.open("/en/playground")
        assert page.inner_text(".play-head .play-name") == t("en", "playground.base_bare", **named)
        tab.open("/en/compare?new=1")
        page.wait_for_selector("#compare-model")
        assert page.inner_text("#compare-model option") == t("en", "compare.model_bare", **named)
        tab.assert_clean()
