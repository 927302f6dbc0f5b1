"""The Jobs page in a real browser: the list, one job live, and that nothing which happens to the page loses the truth."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from storage.job_tables import Job, Metric
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open, start_server
from webui.i18n import t
from webui.pages.jobs import method_label, settings_rows

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seeds.Studio]:
    """One job that runs (a sleeping process stands for its worker), three that wait behind it, and some that ended."""
    with seeds.studio_with(tmp_path_factory.mktemp("jobs") / "home", _fill) as running:
        yield running


def _fill(ctx: Context, worker: Any) -> dict[str, int]:
    inputs = seeds.add_inputs(ctx)
    now = time.time()
    ended = {"attempt": 1, "step": 48, "total_steps": 48, "started_at": now - 900, "finished_at": now - 700}
    jobs = {
        "done": seeds.add_job(ctx, inputs, "Done one", "succeeded", position=1, train_loss=0.02, val_loss=0.41, **ended),
        "failed": seeds.add_job(
            ctx, inputs, "Failed one", "failed", position=2, **ended | {"step": 12},
            error={"code": "training.nan", "params": {"step": 12, "learning_rate": 0.5}},
        ),
        "evil": seeds.add_job(ctx, inputs, seeds.EVIL, "stopped", position=3, **ended | {"step": 20}),
        "live": seeds.add_job(
            ctx, inputs, "Live one", "running", position=4, step=4, total_steps=40, seconds_left=90.0, **seeds.alive(worker)
        ),
    }  # fmt: skip
    for place in range(3):
        jobs[f"wait{place}"] = seeds.add_job(ctx, inputs, f"Waiting {place}", "queued", position=5.0 + place)
    seeds.add_tuned_row(ctx, inputs, jobs["done"], "Done one")
    for step in range(1, 5):
        seeds.add_step(ctx, jobs["live"], step, 2.0 / step)
    seeds.add_check(ctx, jobs["live"], 0, 2.31, "A lantern is a kind of lamp.")
    seeds.add_check(ctx, jobs["live"], 4, 1.12, seeds.EXPECTED)
    seeds.add_step(ctx, jobs["evil"], 1, 1.0)
    seeds.add_check(ctx, jobs["evil"], 0, 2.0, seeds.EVIL)
    seeds.add_event(ctx, jobs["evil"], "warning", seeds.EVIL)
    return jobs


def _tile(page: Any, label: str) -> str:
    return str(page.locator(".job-tile-grid .ts-stat", has_text=label).locator("b").inner_text())


def _names(page: Any, group: str) -> list[str]:
    return list(page.locator(f".job-list[aria-label={group}] .job-name").all_inner_texts())


def test_an_empty_page_leads_to_training(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/jobs")
    page.wait_for_selector("text=No jobs yet")
    link = page.get_by_role("link", name="Train a model").first
    assert link.get_attribute("href") == "/en/train"
    assert tab.violations() == []
    tab.assert_clean()


def test_the_list_groups_and_reorders_jobs(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open("/en/jobs")
    page.wait_for_selector("text=Live one")
    assert _names(page, "Running") == ["Live one"]
    assert _names(page, "Waiting") == ["Waiting 0", "Waiting 1", "Waiting 2"]
    page.get_by_role("button", name="Move Waiting 2 up in the queue").click()
    page.wait_for_function(
        "() => document.querySelectorAll('.job-list[aria-label=Waiting] .job-name')[1]?.textContent === 'Waiting 2'"
    )
    assert page.get_by_role("button", name="Move Waiting 0 up in the queue").is_disabled()
    focused = page.evaluate("document.activeElement.id")
    assert focused == f"job-{studio.jobs['wait2']}-arrow-up"
    tab.assert_clean()


def test_cancel_asks_once(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open("/en/jobs")
    cancel = page.get_by_role("button", name="Cancel Waiting 1")
    cancel.click()
    page.locator(".ts-dialog button", has_text=t("en", "jobs.cancel.keep")).click()
    assert "Waiting 1" in _names(page, "Waiting")
    cancel.click()
    page.locator(".ts-dialog .danger").click()
    page.wait_for_function(
        "() => !document.querySelector('.job-list[aria-label=Waiting]').textContent.includes('Waiting 1')"
    )
    assert "Waiting 1" in _names(page, "Finished")


def test_a_job_tells_its_story(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open(f"/en/jobs?job={studio.jobs['live']}")
    page.wait_for_selector("h1:has-text('Live one')")
    page.wait_for_selector("text=validation loss fell from 2.31 to 1.12")
    page.wait_for_selector(".job-chart-big canvas")
    assert page.locator(".job-chart-small").count() >= 3
    assert page.locator(".job-memory canvas").count() == 1
    cards = page.locator(".sample-card")
    assert cards.nth(0).locator(".ts-badge.base").count() == 1
    assert cards.nth(1).locator(".ts-badge.good").count() == 1
    assert page.locator(".job-settings dd", has_text="changed").first.inner_text().startswith("8")
    assert page.get_by_role("link", name="YAML").get_attribute("href") == f"/files/spec/{studio.jobs['live']}.yaml"
    page.locator(".job-log summary").click()
    assert page.locator(".job-log-line").count() >= 4
    assert tab.violations() == []
    tab.assert_clean()


def test_a_row_is_on_the_screen_within_a_second(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open(f"/en/jobs?job={studio.jobs['live']}")
    second = visit(at=studio.server).open(f"/zh/jobs?job={studio.jobs['live']}")
    page.wait_for_selector(".job-tile-grid")
    seconds = []
    for step in range(5, 10):
        time.sleep(0.3)
        seeds.add_step(studio.ctx, studio.jobs["live"], step, 2.0 / step)
        written = time.perf_counter()
        page.wait_for_function(
            "loss => document.querySelector('.job-tile-grid b')?.textContent === loss", arg=f"{2.0 / step:.3f}"
        )
        seconds.append(time.perf_counter() - written)
    assert sorted(seconds)[len(seconds) // 2] <= 1.0
    assert max(seconds) <= 2.0  # a busy machine of two cores; the page asks every 0.6 s
    page.reload()
    page.wait_for_selector(".job-tile-grid")
    assert _tile(page, "Step") == "9"
    second.wait_for_function("() => document.querySelector('.job-meter').textContent.includes('9')")


def test_a_new_attempt_forgets_what_it_tells_again(visit: Open, studio: seeds.Studio) -> None:
    job = studio.jobs["live"]
    page = visit(at=studio.server).open(f"/en/jobs?job={job}")
    page.wait_for_selector(".job-tile-grid")
    page.locator(".job-log summary").click()
    lines = page.locator(".job-log-line").count()
    events = page.locator(".job-timeline > li").count()
    with studio.ctx.db.write() as s:
        s.query(Metric).filter(Metric.job_id == job, Metric.step > 2).delete()
        row = s.get_one(Job, job)
        row.attempt, row.step, row.train_loss = row.attempt + 1, 2, 1.0
    page.wait_for_function("() => document.querySelector('.job-tile-grid b')?.textContent === '1.000'")
    assert _tile(page, "Tokens seen") == "1,600"
    assert page.locator(".job-log-line").count() == lines
    assert page.locator(".job-timeline > li").count() == events


def test_a_failed_job_says_why_and_what_to_do(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server, scheme="dark", size=PHONE)
    page = tab.open(f"/en/jobs?job={studio.jobs['failed']}")
    note = page.locator(".job-notes .ts-note.danger")
    note.wait_for()
    assert "no description" not in note.inner_text()
    assert len(note.inner_text()) > 60
    assert "Resume would end in the same way." in note.inner_text()
    assert "primary" not in (page.locator("#job-do-resume").get_attribute("class") or "")
    assert (
        page.get_by_role("link", name=re.compile("settings again")).get_attribute("href")
        == f"/en/train?from_job={studio.jobs['failed']}"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []


def test_names_answers_and_events_never_run(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server)
    for path in ("/en/jobs", f"/en/jobs?job={studio.jobs['evil']}"):
        page = tab.open(path)
        page.wait_for_selector("text=onerror")
        assert page.evaluate("window.hacked") is None
        assert page.locator(".ts-root img, .ts-root script").count() == 0
    page.wait_for_selector(".sample-card :text('onerror')")
    tab.assert_clean()


def test_done_jobs_lead_on_and_can_be_deleted(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open(f"/en/jobs?job={studio.jobs['done']}")
    page.wait_for_selector("h1:has-text('Done one')")
    hrefs = page.locator(".job-actions a").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
    assert hrefs[0].startswith("/en/playground?tuned=")
    assert hrefs[1].startswith("/en/playground?arena=new&tuned=")
    assert hrefs[2].startswith("/en/models?model=")
    page.goto(f"{studio.server.url}/en/jobs?job={studio.jobs['failed']}")
    page.locator("#job-do-delete").click()
    page.locator(".ts-dialog .danger").click()
    page.wait_for_url("**/en/jobs")
    page.wait_for_selector("text=Live one")
    assert "Failed one" not in _names(page, "Finished")


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_the_phone_shows_cards(visit: Open, studio: seeds.Studio, lang: str, scheme: str) -> None:
    tab = visit(at=studio.server, size=PHONE, scheme=scheme)
    page = tab.open(f"/{lang}/jobs")
    page.wait_for_selector("text=Live one")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []


def test_the_page_outlives_its_server(visit: Open, studio: seeds.Studio) -> None:
    job = studio.jobs["live"]
    tab = visit(at=studio.server)
    page = tab.open(f"/en/jobs?job={job}")
    page.wait_for_selector(".job-tile-grid")
    studio.server.stop()
    page.wait_for_selector("#ts-offline")
    seeds.add_step(studio.ctx, job, 30, 0.123)
    with start_server(studio.server.home, port=int(studio.server.url.rsplit(":", 1)[1])):
        page.wait_for_selector("#ts-offline", state="detached", timeout=20_000)
        page.wait_for_function("() => document.querySelector('.job-tile-grid b')?.textContent === '0.123'")


def test_settings_are_told_in_words() -> None:
    spec = {
        "method": "lora",
        "method_params": {"rank": 8, "modules": ["q_proj", "v_proj"]},
        "training": {"schedule": "cosine", "learning_rate": 1e-3, "max_length": 512},
        "budget": {"device": "auto", "minutes": 5},
    }
    rows = {row["label"]: row for row in settings_rows("en", spec)}
    assert rows["Rank"] | {"group": ""} == {"group": "", "label": "Rank", "value": "8", "changed": True, "main": True}
    assert rows["Layers to adapt"]["value"] == "q_proj, v_proj"
    assert rows["Maximum length"]["value"] == "512 tokens"
    assert rows["Learning rate"]["changed"] is False  # 0.001 is this method's own default
    assert rows["Time limit (minutes)"]["value"] == "5"
    assert settings_rows("zh", {"method": "of the future"}) == []
    assert method_label("zh", "full") != "full"
    assert method_label("en", "of the future") == "of the future"
