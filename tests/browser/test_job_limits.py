"""Memory on the job's page: the real use against the plan and the limit, what happened on the way, and what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context, open_context
from engine.core.settings import Settings
from storage.job_tables import Job
from storage.queries import events
from tests.browser.conftest import DESKTOP, PHONE, Open, Server, start_server
from tests.browser.seeds import add_job, add_step
from tests.homes import new_home
from tests.tiny import add_dataset, add_model
from webui.i18n import t

pytestmark = pytest.mark.browser
FOOTING = {"tokens": 1024, "longest": 300, "recompute": False, "may_recompute": True, "tries": 0, "spent_s": 0.0}
ITEMS = [{"key": key, "mb": mb} for key, mb in (("weights", 540), ("activations", 204), ("runtime", 436))]
ESTIMATE = {"need_mb": 1180, "limit_mb": 2000, "items": ITEMS}
ADVICE = {"code": "verdict.shorter", "params": {}, "ok": False, "change": {"training.max_length": 256}}


def add_planned(ctx: Context, inputs: tuple[int, int], name: str, status: str, **columns: Any) -> int:
    """A job with its memory estimate, eight steps and one halving."""
    job = add_job(ctx, inputs, name, status, position=1.0, **columns)
    retry = {"step": 4, "tokens": 512, "tries": 1, "most": 3, "footing": FOOTING}
    with ctx.db.write() as s:
        events.add(s, job, 1, "info", "memory_plan", ESTIMATE | {"seconds": 150.0, "tokens": 1024, "footing": FOOTING})
        events.add(s, job, 1, "warning", "memory_retry", retry)
    for step in range(1, 9):
        add_step(ctx, job, step, 3.0 - step / 4)
    return job


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int, int]]:
    """A server, a job that was planned well, and one whose memory never sufficed."""
    home = tmp_path_factory.mktemp("limits") / "home"
    ctx = new_home(home)
    inputs = (add_model(ctx), add_dataset(ctx))
    well = add_planned(ctx, inputs, "Planned well", "succeeded", result={"peak_memory_mb": 1120, "ended": None})
    error = {
        "code": "training.out_of_memory",
        "params": ESTIMATE | {"step": 8, "tokens": 300, "tries": 3, "advice": ADVICE},
    }
    short = add_planned(ctx, inputs, "Too large", "failed", error=error)
    ctx.db.close()
    with start_server(home) as server:
        yield server, well, short


def test_memory_is_drawn_against_the_plan_and_the_end_compares_both(visit: Open, seen: tuple[Server, int, int]) -> None:
    tab = visit(at=seen[0])
    page = tab.open(f"/en/jobs?job={seen[1]}")
    page.wait_for_selector(".job-memory canvas")
    legend = page.inner_text(".job-memory .ts-chart-legend")
    assert all(t("en", f"jobs.memory.{line}") in legend for line in ("used", "planned", "limit"))
    assert "1.18" in legend
    told = page.inner_text(".job-memory-told")
    assert told.startswith("Estimate 1.18 GB, measured 1.12 GB")
    assert "took" in told
    assert "try 1 of 3" in page.inner_text(".job-timeline")
    page.click(".job-estimate summary")
    assert t("en", "plan.memory.activations") in page.inner_text(".job-estimate")
    assert tab.violations() == []
    tab.assert_clean()


@pytest.mark.parametrize(("lang", "size", "scheme"), [("zh", PHONE, "dark"), ("en", DESKTOP, "light")])
def test_what_never_sufficed_shows_its_estimate_and_starts_again_with_the_change(
    visit: Open, seen: tuple[Server, int, int], shots: Callable[[Any, str], Path], lang: str, size: Any, scheme: str
) -> None:
    tab = visit(at=seen[0], size=size, scheme=scheme)
    page = tab.open(f"/{lang}/jobs?job={seen[2]}")
    page.wait_for_selector(".job-advice")
    assert "1.18 GB" in page.inner_text(".job-notes")
    assert "256" in page.inner_text(".job-advice")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert tab.violations() == []
    shots(page, f"job-limits-{lang}-{scheme}")
    tab.assert_clean()
    if lang == "en":
        page.click("#job-do-changed")
        page.wait_for_url(f"**/jobs?job={seen[2] + 1}")
        ctx = open_context(Settings(home=seen[0].home, offline=True))
        with ctx.db.read() as s:
            assert s.get_one(Job, seen[2] + 1).spec["training"]["max_length"] == 256
        ctx.db.close()
