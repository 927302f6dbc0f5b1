"""The pages' modules: their own unit tests, their versions, and the weight of each page at first view."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.core.text import LANGUAGES, page_texts
from webui.assets import Assets
from webui.pages import PAGES
from webui.scripts import EVERYWHERE, FOLDER, asked_texts, script_names, scripts

ROOT = Path(__file__).parents[2]
MOST_BYTES = 150_000
MOST_REQUESTS = 25
FONTS = 5  # text in three weights, numbers in two
FIRST_PARTS = {"data": ["views/data/library.js"], "train": ["views/train/steps/model.js"]}  # what a view shows at once


def test_the_unit_tests_of_the_modules_pass() -> None:
    if shutil.which("node") is None or not (ROOT / "node_modules").is_dir():
        pytest.skip("Node 20 and the packages of package.json are not here (`make test` installs them where npm is)")
    run = subprocess.run(["node", "--test", "tests/js/"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout[-4000:]
    assert int(re.search(r"^# pass (\d+)", run.stdout, re.MULTILINE)[1]) >= 20


def test_each_module_asks_for_its_texts() -> None:
    keys = ("a.one", "a.one_named", "a.two", "b.x.help", "b.y.help", "b.y.unit", "c.z")
    assert asked_texts('t("a.one"); t(key + "_named")', keys) == ["a.one", "a.one_named"]
    assert asked_texts("t(`b.${x}.help`)", keys) == ["b.x.help", "b.y.help"]
    assert asked_texts('t("b." + x + ".unit"); t("c." + (y ? 1 : 2))', keys) == ["b.y.unit", "c.z"]
    assert asked_texts('h("div", { class: "a" })', keys) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_module_is_served_with_a_version_of_its_own(language: str) -> None:
    modules = scripts(language)
    urls = [modules.url(name) for name in script_names()]
    assert len(urls) > 80
    assert len({url.partition("?v=")[2] for url in urls}) == len(urls)
    for name in script_names():
        assert modules.served[name].decode().count("\n") == (FOLDER / name).read_text(encoding="utf-8").count("\n"), (
            name
        )


def test_imports_name_modules_that_are_there() -> None:
    for name in script_names():
        assert set(scripts("en").loaded_at_once([name])) <= set(script_names())
    reached = {module for page in PAGES for module in scripts("en").map_of([*EVERYWHERE, f"views/{page.key}/page.js"])}
    assert reached == {scripts("en").address(name) for name in script_names()}, "a module that no page can load"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_brings_little_at_once(page: object, language: str) -> None:
    """A first view; benchmarks/startup.py measures the same in a browser."""
    key = page.key
    modules, assets = scripts(language), Assets()
    names = modules.loaded_at_once([*EVERYWHERE, f"views/{key}/page.js", *FIRST_PARTS.get(key, [])])
    own = sum(len(modules.served[name]) for name in names if not name.startswith("vendor/"))
    sheets = ["kit", *([key] if key in assets.styles else [])]
    assert own + sum(len(assets.styles[name]) for name in sheets) <= MOST_BYTES
    assert len(names) + len(sheets) + 1 + FONTS <= MOST_REQUESTS


def test_a_module_brings_few_texts() -> None:
    """A text key that is built from too short a beginning would bring half the catalogue along."""
    whole = sum(len(text.encode()) for text in page_texts("en").values())
    texts = {name: len(scripts("en").served[name]) - (FOLDER / name).stat().st_size for name in script_names()}
    assert {name: size for name, size in texts.items() if size > 0.08 * whole} == {}
