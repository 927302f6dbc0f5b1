"""Charts in a real browser: the arithmetic, in-place updates, zoom that survives them, table, CSV, both schemes."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser

DRAW = """async (options) => {
  const { lineChart } = await import("/scripts/en/kit/chart.js");
  const holder = document.createElement("section");
  holder.id = "charted";
  holder.className = "ts-page";
  document.querySelector("#ts-main").replaceChildren(holder);
  window.points = (n, f) => Array.from({length: n}, (_, i) => [i + 1, f(i + 1)]);
  window.train = (n) => ({name: "train_loss", label: "Training", kind: "train", points: points(n, (x) => 2 / x)});
  window.val = (n) => ({name: "val_loss", label: "Validation", kind: "val", points: points(n, (x) => 1 / x).map(([x, y]) => [x * 10, y])});
  window.chart = lineChart(holder, {title: "Loss", yLabel: "Loss", smoothing: 0.5, series: [train(40), val(4)],
    markers: [{x: 20, label: "Checkpoint", kind: "checkpoint"}], ...options});
}"""


@pytest.fixture
def page(visit: Open) -> Any:
    tab = visit()
    tab.open("/en/jobs")
    yield tab.page
    tab.assert_clean()


def test_updates_redraw_in_place(page: Any) -> None:
    page.evaluate(DRAW, {})
    page.evaluate("window.canvas = document.querySelector('#charted canvas')")
    page.evaluate("chart.update([train(50), val(5)], [])")
    assert page.evaluate("window.canvas === document.querySelector('#charted canvas')")
    assert page.locator("#charted .ts-chart-legend li").all_inner_texts() == ["Training\n0.04", "Validation\n0.2"]


def test_zoom_survives_updates_and_a_double_click_ends_it(page: Any) -> None:
    page.evaluate(DRAW, {})
    reset = page.locator("#charted button[aria-label^='Whole range']")
    assert not reset.is_visible()
    plot = page.locator("#charted .u-over")
    box = plot.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=5)
    page.mouse.up()
    assert reset.is_visible()
    page.evaluate("chart.update([train(400), val(8)], [])")
    assert reset.is_visible()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 60)
    step = page.locator("#charted .ts-chart-where").inner_text()
    assert int(step.split()[1].split("·")[0]) <= 22, step
    plot.dblclick()
    assert not reset.is_visible()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 60)
    assert int(page.locator("#charted .ts-chart-where").inner_text().split()[1]) > 390


def test_the_table_says_what_the_lines_say(page: Any) -> None:
    page.evaluate(DRAW, {})
    assert "Training from 2 to 0.05" in page.locator("#charted .ts-chart-plot").get_attribute("aria-label")
    page.click("#charted button[aria-label^='Values as a table']")
    rows = page.locator("#charted .ts-chart-table tbody tr")
    assert rows.count() == 40
    assert rows.nth(9).inner_text().split() == ["10", "0.2", "1"]
    page.evaluate("chart.update([train(41), val(4)], [])")
    assert rows.count() == 41


def test_csv_has_every_value(page: Any) -> None:
    page.evaluate(DRAW, {})
    with page.expect_download() as download:
        page.click("#charted button[aria-label^='Save the values']")
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Step", "Training", "Validation"]
    assert len(rows) == 41
    assert rows[1] == ["1", "2", ""]
    assert rows[10] == ["10", "0.2", "1"]


def test_log_scale_smoothing_png_and_the_other_scheme(page: Any, visit: Open) -> None:
    page.evaluate(DRAW, {})
    page.check("#charted input[type=checkbox]")
    page.fill("#charted input[type=range]", "0.9")
    with page.expect_download() as download:
        page.click("#charted button[aria-label^='Save the chart']")
    assert download.value.suggested_filename == "Loss.png"
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"
    page.evaluate("TS.scheme('dark')")
    assert page.locator("#charted canvas").count() == 1


def test_an_empty_chart_says_so_and_fills(page: Any) -> None:
    page.evaluate(DRAW, {"series": [], "markers": []})
    assert page.locator("#charted .ts-chart-empty").is_visible()
    page.evaluate("chart.update([train(1)], [])")
    assert not page.locator("#charted .ts-chart-empty").is_visible()
    assert page.locator("#charted canvas").count() == 1
    page.evaluate("chart.destroy()")
    assert page.locator("#charted figure").count() == 0
