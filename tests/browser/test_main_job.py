"""The main job as a newcomer does it: upload, map, choose, start, watch, compare. Real worker, real starter model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.data.samples.builtin import sample_file
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from tests.browser.conftest import Open, Server, start_server
from tests.homes import new_home
from tests.starter import prepared_starter

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1500)]
PATIENCE_MS = 1_200_000


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Context]]:
    """A server whose starter model is ready."""
    home = tmp_path_factory.mktemp("main-job") / "home"
    folder = prepared_starter()
    ctx = new_home(home, starter_from=folder)
    base_models.ensure_starter(ctx, say=lambda _view: None)
    with start_server(home, TUNESMITH_STARTER_FROM=str(folder)) as server:
        yield server, ctx
    ctx.db.close()


@pytest.fixture(scope="module")
def job_id(workshop: tuple[Server, Context], chromium: Any) -> int:
    """The job that the browser starts: from an upload to a running lesson, with a double click on Start."""
    server, _ = workshop
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/en/data")
    page.set_input_files("#data-file", str(sample_file("en")))
    page.wait_for_selector("#data-import")
    page.fill("#data-name", "Lamp shop")
    page.click("#data-import")
    page.get_by_role("link", name="Train with this").click()
    for step in ("model", "data", "budget", "method"):
        page.wait_for_selector(f".train-step[data-step={step}]")
        page.click("#train-next")
    page.wait_for_selector(".ts-tokens .trained")
    page.locator("#train-start").dblclick()
    page.wait_for_url("**/jobs?job=*")
    started = int(page.url.rsplit("=", 1)[1])
    page.close()
    return started


def test_double_click_started_one_job(workshop: tuple[Server, Context], job_id: int) -> None:
    _, ctx = workshop
    assert [job["id"] for job in lifecycle.list_jobs(ctx) if job["kind"] == "train"] == [job_id]


def test_chart_moves_and_survives_a_refresh(workshop: tuple[Server, Context], job_id: int, visit: Open) -> None:
    server, _ = workshop
    tab = visit(at=server)
    page = tab.open(f"/en/jobs?job={job_id}")
    step = page.locator(".job-meter").first
    page.wait_for_function("document.querySelector('.job-charts canvas') !== null", timeout=PATIENCE_MS)
    before = step.inner_text()
    page.wait_for_function(
        "text => document.querySelector('.job-meter').innerText !== text", arg=before, timeout=60_000
    )
    page.reload()
    page.wait_for_function("document.querySelector('.job-charts canvas') !== null", timeout=30_000)
    assert "Lamp shop" in page.inner_text("h1")
    tab.assert_clean()


def test_tuned_model_knows_what_the_data_taught(workshop: tuple[Server, Context], job_id: int, visit: Open) -> None:
    """At least 8 of 10 questions in new words are answered with the taught fact; the base knows none."""
    server, ctx = workshop
    tab = visit(at=server)
    page = tab.open(f"/en/jobs?job={job_id}")
    page.get_by_role("link", name="Chat", exact=True).click(timeout=PATIENCE_MS)
    page.wait_for_selector("#play-input")
    page.locator("#play-do-settings").click()
    page.locator("#chat-max_tokens").last.fill("64")  # the base goes on as long as it may
    page.locator("#chat-max_tokens").last.blur()
    page.locator(".ts-dialog .primary").click()
    page.wait_for_selector(".ts-dialog", state="detached")
    job = lifecycle.job_view(ctx, job_id)
    assert job["status"] == "succeeded"
    print(f"the lesson took {job['finished_at'] - job['started_at']:.0f} s: {job['result']}")
    right = {"base": 0, "tuned": 0}
    for question in _held_out():
        answers = _ask(page, question["prompt"])
        print(question["prompt"], answers)
        for side, text in answers.items():
            right[side] += any(fact.casefold() in text.casefold() for fact in question["expect"])
    assert right["tuned"] >= 8, right
    assert right["base"] == 0, right
    tab.assert_clean()


def _held_out() -> list[dict[str, Any]]:
    file: Path = sample_file("en").with_name("en_held_out.json")
    questions: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return questions


def _ask(page: Any, prompt: str) -> dict[str, str]:
    """Ask in a new conversation and wait for both answers; {"base": text, "tuned": text}."""
    page.click("#play-do-plus")
    page.wait_for_function("document.querySelectorAll('.play-turn').length === 0")
    page.fill("#play-input", prompt)
    page.press("#play-input", "Enter")
    page.wait_for_selector("#play-regenerate", timeout=PATIENCE_MS)
    sides = page.locator(".play-answer")
    return {"base" if side.get_attribute("data-side") == "base" else "tuned": side.inner_text() for side in sides.all()}
