"""What a method tells of its modules, on the job's page: a map for each kind of module, a table, small charts; else nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from engine.core.context import Context
from storage.job_tables import Metric
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.browser.seeds import add_inputs, add_job, add_step
from tests.homes import new_home
from webui.i18n import t

pytestmark = pytest.mark.browser
LAYERS, STEPS = 3, (0, 4, 8)


def add_figures(ctx: Context, job: int) -> None:
    """Ranks that fall in later layers, and one number for the whole model."""
    now = time.time()
    with ctx.db.write() as s:
        for at, step in enumerate(STEPS):
            s.add(Metric(job_id=job, name="sparsity", step=step, value=0.5 + at / 10, at=now))
            for layer in range(LAYERS):
                for kind in ("q_proj", "v_proj"):
                    rank = 12.0 - layer * at * 2
                    s.add(Metric(job_id=job, name=f"rank/{layer}.{kind}", step=step, value=rank, at=now))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int, int]]:
    """A server, a job whose method told of its ranks, and one whose method told nothing."""
    home = tmp_path_factory.mktemp("figures") / "home"
    ctx = new_home(home)
    inputs = add_inputs(ctx)
    jobs = [add_job(ctx, inputs, name, "stopped", position=1.0) for name in ("With ranks", "Plain")]
    for job in jobs:
        add_step(ctx, job, 4, 2.0)
        add_step(ctx, job, 8, 1.0)
    add_figures(ctx, jobs[0])
    ctx.db.close()
    with start_server(home) as server:
        yield server, jobs[0], jobs[1]


def test_ranks_are_drawn_by_kind_layer_and_step(visit: Open, told: tuple[Server, int, int]) -> None:
    tab = visit(at=told[0])
    page = tab.open(f"/en/jobs?job={told[1]}")
    page.wait_for_selector(".job-rank-map")
    assert page.locator(".job-rank-map").count() == 2
    assert page.locator(".job-rank-cell").count() == 2 * LAYERS * len(STEPS)
    shades = (
        page.locator(".job-rank-map")
        .first.locator(".job-rank-cell")
        .evaluate_all("cells => cells.map(cell => Number(cell.getAttribute('fill-opacity')))")
    )
    assert shades[0] == 1
    assert shades[-1] == min(shades)
    page.click(".job-ranks summary")
    rows = page.locator(".job-ranks tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [["0", "12", "12"], ["1", "8", "8"], ["2", "4", "4"]]
    page.wait_for_selector(".job-figures .ts-chart")
    assert "sparsity" in page.inner_text(".job-figures .job-chart-grid").lower()
    assert tab.violations() == []
    tab.assert_clean()


def test_a_method_that_tells_nothing_leaves_no_gap(visit: Open, told: tuple[Server, int, int]) -> None:
    page = visit(at=told[0]).open(f"/en/jobs?job={told[2]}")
    page.wait_for_selector(".job-chart-big .ts-chart")
    assert page.locator(".job-figures").is_hidden()


def test_ranks_fit_a_phone_in_chinese_and_dark(visit: Open, told: tuple[Server, int, int]) -> None:
    tab = visit(at=told[0], size=PHONE, scheme="dark")
    page = tab.open(f"/zh/jobs?job={told[1]}")
    page.wait_for_selector(".job-rank-map")
    assert page.inner_text(".job-ranks h2") == t("zh", "jobs.figure.rank")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert tab.violations() == []
