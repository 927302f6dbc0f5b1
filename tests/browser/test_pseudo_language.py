"""Every page in an invented language, which is one folder of texts: nothing that people see stands outside its brackets."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.settings import SETTINGS
from engine.services.data import datasets
from tests.browser import seeds
from tests.browser.conftest import Open, Server, Visit, start_server
from tests.browser.wizard import choose, open_wizard, planned
from tests.homes import new_home
from tests.integration.chat_models import add_tuned
from tests.pseudo import CODE, HTML, write_texts
from tests.tiny import add_dataset, add_model

pytestmark = pytest.mark.browser

# Texts and names of elements that stand outside all brackets, once each. Sentences go on over several elements.
_OUTSIDE = r"""(left) => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  const found = new Set();
  const strip = (text, depth) => {
    let said = "";
    for (const one of text) {
      if (one === "⟦") depth += 1;
      else if (one === "⟧") depth -= 1;
      else if (depth === 0) said += one;
    }
    return [said, depth];
  };
  const keep = (said) => { if (/\p{L}{2,}/u.test(said)) found.add(said.trim().replace(/\s+/g, " ").slice(0, 200)); };
  for (const root of document.querySelectorAll(".ts-rail, .ts-root, .ts-dialog")) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let depth = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const holder = node.parentElement;
      if (holder.closest("script, style, textarea, code, pre") || holder.closest(left)) continue;
      if (!holder.closest("option, svg, .ts-sr") && !holder.checkVisibility()) continue;
      const [said, after] = strip(node.data, depth);
      depth = after;
      keep(said);
    }
    if (depth) found.add("brackets do not close: " + root.className + " " + root.innerText.slice(0, 300));
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      for (const one of root.querySelectorAll(`[${name}]`)) if (!one.closest(left)) keep(strip(one.getAttribute(name), 0)[0]);
  }
  keep(strip(document.title, 0)[0]);
  return [...found];
}"""
_LEFT = ", ".join(
    (
        "[lang]",  # other languages, and the English names of terms
        ".data-report-body tbody", ".ts-log", ".settings-path",  # words of rows, of logs, and of folders
        ".learn-glossary a[href^=http]",  # titles of papers and documents
    )
)  # fmt: skip
_PAPER = re.compile(r"^[^\d,;:]+ \d{4}( \([\w.]+\))?,.*")  # authors, year, title
_NAMES = re.compile(
    r"Tunesmith|English|简体中文|Tiny\w*|Words|Small base|Lanterns|Real lesson|Done one|Failed one|Live one|Waiting 0|Pip of Fennick Lamps"  # names
    r"|\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+, \d{4}|\b\d+:\d+ [AP]M\b"  # dates as browsers write them
    r"|\b[0-9a-f]{12,}\b|[\w-]+/[\w.-]+\b"  # hashes; models of a hub, and paths
    r"|https?://\S+|\S+\.(jsonl|csv|md|json|log)\b"
    r"|\b(MB|GB|TB|kB|KB|MiB|GiB|ms|min|GPU|CPU|fp32|bf16|fp16|arXiv|SHA-256|LoRA|YAML|JSONL|utf-8|log|tok/s|t/s)\b"  # units and proper names
)


@dataclass
class Studio:
    """A server that speaks the invented language too, and what its home holds."""

    server: Server
    ctx: Context
    jobs: dict[str, int]
    dataset: int
    sample: int
    tuned: int


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A model with its data, a tuned model, the sample data set, and jobs in several states."""
    folder = tmp_path_factory.mktemp("pseudo")
    ctx = new_home(folder / "home")
    model, dataset = add_model(ctx), add_dataset(ctx)
    tuned = add_tuned(ctx, model, dataset, name="Real lesson")
    with seeds.sleeper() as worker:
        jobs = _jobs(ctx, worker)
        sample = datasets.ensure_sample(ctx, "en")
        variable = {SETTINGS["texts"].variable: str(write_texts(folder / "texts"))}
        with start_server(folder / "home", forked=False, **variable) as server:  # languages are found at the start
            yield Studio(server, ctx, jobs, dataset, sample, tuned)
    ctx.db.close()


def _jobs(ctx: Context, worker: Any) -> dict[str, int]:
    inputs, now = seeds.add_inputs(ctx), time.time()
    ended = {"attempt": 1, "step": 48, "total_steps": 48, "started_at": now - 900, "finished_at": now - 700}
    jobs = {
        "done": seeds.add_job(ctx, inputs, "Done one", "succeeded", position=1, train_loss=0.02, val_loss=0.41, **ended),
        "failed": seeds.add_job(
            ctx, inputs, "Failed one", "failed", position=2, **ended | {"step": 12},
            error={"code": "training.nan", "params": {"step": 12, "learning_rate": 0.5}},
        ),
        "live": seeds.add_job(
            ctx, inputs, "Live one", "running", position=4, step=4, total_steps=40, seconds_left=90.0, **seeds.alive(worker)
        ),
        "waits": seeds.add_job(ctx, inputs, "Waiting 0", "queued", position=5),
    }  # fmt: skip
    seeds.add_tuned_row(ctx, inputs, jobs["done"], "Done one")
    for step in range(1, 5):
        seeds.add_step(ctx, jobs["live"], step, 2.0 / step)
    return jobs


def _outside(page: Any, left: str = _LEFT) -> list[str]:
    """What stands outside the brackets, but names, units and numbers."""
    found = page.evaluate(_OUTSIDE, left)
    return [said for said in found if re.search(r"[^\W\d_]{2,}", _NAMES.sub("", _PAPER.sub("", said)))]


def _settled(tab: Visit, path: str) -> Any:
    page = tab.open(f"/{CODE}/{path}")
    page.wait_for_selector("#ts-main h1")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    return page


Address = Callable[[Studio], str]
_PAGES: dict[str, Address] = {
    "home": lambda _: "",
    "data": lambda _: "data",
    "data set": lambda studio: f"data?dataset={studio.dataset}",
    "sample": lambda studio: f"data?dataset={studio.sample}",
    "review": lambda _: "data?review=1",
    "train": lambda _: "train",
    "jobs": lambda _: "jobs",
    "job, done": lambda studio: f"jobs?job={studio.jobs['done']}",
    "job, failed": lambda studio: f"jobs?job={studio.jobs['failed']}",
    "job, running": lambda studio: f"jobs?job={studio.jobs['live']}",
    "job, waiting": lambda studio: f"jobs?job={studio.jobs['waits']}",
    "playground": lambda _: "playground",
    "models": lambda _: "models",
    "model": lambda studio: f"models?model={studio.tuned}",
    "compare": lambda _: "compare",
    "learn": lambda _: "learn",
    "settings": lambda _: "settings",
    "nowhere": lambda _: "nowhere",
}


@pytest.mark.parametrize("name", _PAGES)
def test_a_page_says_nothing_outside_the_catalogue(visit: Open, studio: Studio, name: str) -> None:
    tab = visit(at=studio.server)
    if name == "nowhere":
        tab.page.goto(f"{tab.url}/{CODE}/nowhere")
        page = tab.page
    else:
        page = _settled(tab, _PAGES[name](studio))
        assert tab.errors == []
    assert page.evaluate("document.documentElement.lang") == HTML
    assert "⟦" in page.inner_text("#ts-main")
    assert _outside(page) == []


def test_the_wizard_says_nothing_outside_the_catalogue(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    open_wizard(tab, f"/{CODE}/train")
    page = tab.page
    choose(page, "method")
    assert _outside(page) == []
    page.click("#train-next")
    page.wait_for_selector("[data-step=review]")
    planned(page)
    assert _outside(page) == []
    tab.assert_clean()


@pytest.mark.parametrize("part", ["overview", "rows", "findings", "shape", "versions", "export"])
def test_a_part_of_a_data_set_says_nothing_outside_the_catalogue(visit: Open, studio: Studio, part: str) -> None:
    tab = visit(at=studio.server)
    page = _settled(tab, f"data?dataset={studio.sample}&tab={part}")
    assert _outside(page, f"{_LEFT}, .data-row, .data-cell") == []
