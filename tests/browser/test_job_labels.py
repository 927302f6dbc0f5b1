"""Finding a job again and reading it right: search, tags, notes, dates, numbers that got worse, the last sample, the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from engine.core.context import Context
from engine.services.jobs.labels import label_job
from storage.job_tables import Job
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open

pytestmark = pytest.mark.browser
_RECORDER = """window.drawn = new Map();
const plain = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
  if (!window.drawn.has(this.canvas)) window.drawn.set(this.canvas, new Map());
  window.drawn.get(this.canvas).set(this.textAlign + Math.round(x) + "," + Math.round(y), [this.textAlign, text]);
  return plain.call(this, text, x, y, ...rest);
};"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[seeds.Studio]:
    """A job that ended worse than it began, one that ended the day before, and one that scores its answers."""
    with seeds.studio_with(tmp_path_factory.mktemp("labels") / "home", _fill) as running:
        yield running


def _fill(ctx: Context, worker: Any) -> dict[str, int]:
    inputs, now = seeds.add_inputs(ctx), time.time()
    ended = {"attempt": 1, "step": 48, "total_steps": 48, "started_at": now - 900, "finished_at": now - 60}
    jobs = {
        "worse": seeds.add_job(ctx, inputs, "Worse one", "succeeded", position=1, val_loss=1.13, **ended),
        "old": seeds.add_job(ctx, inputs, "Old one", "cancelled", position=2, **ended),
        "scoring": seeds.add_job(
            ctx, inputs, "Scoring one", "running", position=3, **seeds.alive(worker)
            | {"step": 40, "total_steps": 40, "seconds_left": 0.0, "phase": "scoring"},
        ),
    }  # fmt: skip
    with ctx.db.write() as s:
        s.get_one(Job, jobs["old"]).finished_at = now - 400 * 86400
    for step in range(1, 49):
        seeds.add_step(ctx, jobs["worse"], step, 1.13 + 0.0001 * (step % 5))
    for step in (0, 12, 24, 36, 48):
        seeds.add_check(ctx, jobs["worse"], step, 1.13 + 0.00001 * step, f"Answer of step {step}")
    label_job(ctx, jobs["old"], ["rank 8"], "Only to compare.")
    return jobs


def _shown(page: Any) -> list[str]:
    return sorted(page.locator(".job-name").all_inner_texts())


def test_jobs_are_found_by_words_tags_and_state(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open("/en/jobs")
    page.wait_for_selector("text=Old one")
    assert tab.violations() == []
    page.fill("#job-search", "compare")
    page.wait_for_function("() => document.querySelectorAll('.job-name').length === 1")
    assert _shown(page) == ["Old one"]
    page.reload()  # the address keeps it
    page.wait_for_selector("text=Old one")
    assert (_shown(page), page.input_value("#job-search")) == (["Old one"], "compare")
    page.select_option("#job-filter-state", "failed")
    page.wait_for_selector("text=No job fits this search.")
    page.click("#job-filter-clear")
    page.wait_for_selector("text=Scoring one")
    assert len(_shown(page)) == 3
    page.click(".job-tag:has-text('rank 8')")
    page.wait_for_function("() => document.querySelectorAll('.job-name').length === 1")
    assert "tag=rank+8" in page.url
    assert page.input_value("#job-filter-tag") == "rank 8"
    tab.assert_clean()


def test_dates_say_their_day(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open("/zh/jobs")
    page.wait_for_selector("text=Old one")
    when = {
        row.locator(".job-name").inner_text(): row.locator("time").inner_text()
        for row in page.locator(".job-row[data-job]").all()
    }
    assert when["Worse one"].startswith(("今天", "昨天"))
    assert "年" in when["Old one"]


def test_tags_and_note_are_written_on_the_job(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server, size=PHONE, scheme="dark")
    page = tab.open(f"/en/jobs?job={studio.jobs['worse']}")
    page.click("#job-labels-edit")
    page.fill("#job-tags", "first try，中文, " + "x" * 31)
    page.fill("#job-note", "Too high a rate.\n<b>Next: 1e-4</b>")
    page.click(".ts-dialog .primary")
    page.wait_for_selector("#job-tags-error:has-text('31 characters')")
    assert page.input_value("#job-note").startswith("Too high")
    page.fill("#job-tags", "first try，中文")
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".job-tag:has-text('中文')")
    assert page.locator(".job-tag").all_inner_texts() == ["first try", "中文"]
    page.reload()
    page.wait_for_selector(".job-note")
    assert page.locator(".job-note").inner_text() == "Too high a rate.\n<b>Next: 1e-4</b>"
    assert tab.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_worse_result_looks_like_one_and_its_axis_repeats_nothing(visit: Open, studio: seeds.Studio) -> None:
    tab = visit(at=studio.server)
    tab.page.add_init_script(_RECORDER)
    page = tab.open(f"/en/jobs?job={studio.jobs['worse']}")
    headline = page.locator(".job-headline")
    headline.wait_for()
    assert headline.get_attribute("data-tone") == "warn"
    assert "warn" in str(page.locator(".job-badge").get_attribute("class"))
    assert page.locator(".job-page .good").evaluate_all("all => all.map((one) => one.outerHTML.slice(0, 200))") == []
    page.wait_for_selector(".job-chart-big canvas")
    page.wait_for_timeout(300)
    axes = page.evaluate(
        "[...window.drawn.values()].map((one) => [...one.values()].filter(([side]) => side === 'right').map(([, text]) => text))"
    )
    assert any(len(labels) > 3 for labels in axes)
    assert all(len(set(labels)) == len(labels) for labels in axes), axes
    told = page.locator(".job-chart-small", has_text="Gradient norm").inner_text()
    assert "How hard one step pulls at the weights" in told
    tab.assert_clean()


def test_the_newest_sample_is_in_view(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open(f"/en/jobs?job={studio.jobs['worse']}")
    in_view = """(text) => { const cards = [...document.querySelectorAll('.sample-card')], last = cards.at(-1), strip = last?.parentElement;
      return strip && last.textContent.includes(text) && last.getBoundingClientRect().right <= strip.getBoundingClientRect().right + 2; }"""
    page.wait_for_function(in_view, arg="Answer of step 48")
    seeds.add_check(studio.ctx, studio.jobs["worse"], 49, 1.14, "The newest answer")
    page.wait_for_function(in_view, arg="The newest answer")
    page.evaluate("document.querySelector('.sample-strip').scrollLeft = 0")
    seeds.add_check(studio.ctx, studio.jobs["worse"], 50, 1.14, "One more")
    page.wait_for_selector("text=One more")
    assert page.evaluate("document.querySelector('.sample-strip').scrollLeft") < 40  # the reader looks at the first one


def test_what_comes_after_the_last_step_is_said(visit: Open, studio: seeds.Studio) -> None:
    page = visit(at=studio.server).open(f"/en/jobs?job={studio.jobs['scoring']}")
    page.wait_for_selector("text=Answering the questions that are scored.")
    meter = page.locator(".job-meter").inner_text()
    assert "99 %" in meter
    assert "answering the questions that are scored" in meter
    assert "left" not in meter
