"""A third language is one folder: the whole product takes it up, and says what it lacks in English."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.core.settings import SETTINGS
from tests.pseudo import CODE, HTML, outside, pseudo, write_texts

ROOT = Path(__file__).parents[2]
WORDS = re.compile(r"[^\W\d_]{3,}")
_SAID = {"label", "help", "usual", "unit", "tagline", "title", "name", "meaning", "what", "when", "trains", "frozen"}
_ASKED = """
import json, sys
from engine.commands.arguments import language_of as terminal, parse
from engine.commands.console import Console
from engine.commands.document import PAGES
from engine.core.errors import Fault, SpecError
from engine.core.text import LANGUAGES, Text, catalogue, spoken
from engine.jobs.spec import make_spec
from engine.methods import METHODS
from engine.services.app.glossary import glossary
from engine.services.app.learning import lessons
from starlette.datastructures import Headers
from webui.forms import wizard_forms
from webui.http.language import language_of
from webui.http.refusal import assets
from webui.http.shell import dress, navigation, plain_page
from webui.i18n import error_text, t
from webui.pages import PAGES as SITE
from webui.scripts import scripts
L = "qps"
def refused(raw):
    try: make_spec(raw)
    except SpecError as error: return error_text(L, error)
print("TOLD" + json.dumps({
    "languages": LANGUAGES, "forms": wizard_forms(L), "glossary": glossary(L), "lessons": lessons(L),
    "errors": [error_text(L, Fault("job.unknown_kind", kind="x")), refused({"name": "", "method": "lora", "training": {"epochs": 0}})],
    "pages": {name: page(L) for name, page in PAGES.items()},
    "english": {name: page("en") for name, page in PAGES.items()},
    "shell": navigation(L, SITE[0]), "plain": plain_page(L, assets(), t(L, "shell.home"), t(L, "shell.more")),
    "script": scripts(L).served["views/jobs/page.js"].decode(),
    "chosen": [language_of(Headers({"accept-language": "de, qps;q=0.8"})), language_of(Headers({"cookie": "ts_lang=qps"})),
               language_of(Headers({}), "/qps/jobs"), terminal([], {"LANG": "qps_XX.UTF-8"}), terminal(["--lang", "qps"], {})],
    "dicts": [METHODS[0].label.as_dict(), spoken({"en": "yesterday", "zh": "昨天"}, L)],
}, default=str))
"""


def _ask(texts: Path, code: str) -> Any:
    environment = os.environ | {SETTINGS["texts"].variable: str(texts)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.split("TOLD", 1)[1])


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("pseudo") / "texts")


@pytest.fixture(scope="module")
def told(texts: Path) -> Any:
    return _ask(texts, _ASKED)


def _foreign(told: Any, key: str = "") -> list[tuple[str, str]]:
    """Texts for people, below `told`, that are not in the invented language; titles of papers are as they are."""
    if isinstance(told, dict):
        return [one for inner, value in told.items() if inner != "source" for one in _foreign(value, inner)]
    if isinstance(told, list):
        return [one for value in told for one in _foreign(value, key)]
    said = key in _SAID and isinstance(told, str)
    return [(key, told)] if said and WORDS.search(outside(told)) else []


def test_it_is_found_by_its_folder(told: Any) -> None:
    assert told["languages"] == ["en", CODE, "zh"]


def test_browsers_and_terminals_choose_it(told: Any) -> None:
    assert told["chosen"] == [CODE] * 5


@pytest.mark.parametrize("part", ["forms", "glossary", "lessons"])
def test_declarations_speak_it(told: Any, part: str) -> None:
    assert json.dumps(told[part], ensure_ascii=False).count("⟦") > 100
    assert _foreign(told[part]) == []


def test_errors_speak_it(told: Any) -> None:
    for said in told["errors"]:
        assert said.startswith("⟦")
        assert not WORDS.search(outside(said)), said


def test_tables_of_the_docs_speak_it(told: Any) -> None:
    for name, page in told["pages"].items():
        lines = [re.sub(r"`[^`]*`|\]\([^)]*\)", "", line) for line in page.splitlines()]
        english = set(told["english"][name].splitlines())
        assert len(lines) > 5
        assert [line for line in lines if line in english and WORDS.search(line)] == []


def test_the_shell_speaks_it_and_offers_all_languages(told: Any) -> None:
    for html in (told["shell"], told["plain"]):
        assert html.count("data-language=") >= 3
        visible = re.sub(r"<script.*?</script>|<svg.*?</svg>|<[^>]*>", " ", html, flags=re.DOTALL)
        assert set(WORDS.findall(outside(visible))) == {"Tunesmith", "English", "简体中文"}
    assert f'<html lang="{HTML}" data-language="{CODE}">' in told["plain"]
    assert f'<a href="/{CODE}/" hreflang="{HTML}"' in told["shell"]
    assert pseudo("Jobs") in told["script"]


def test_stored_values_of_yesterday_fall_back_to_english(told: Any) -> None:
    label, stored = told["dicts"]
    assert set(label) == {"en", CODE, "zh"}
    assert label[CODE] == pseudo(label["en"])
    assert stored == "yesterday"


def test_what_it_lacks_is_said_in_english(texts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    write_texts(folder)
    (folder / CODE / "declared" / "methods" / "lora.json").unlink()
    home = json.loads((folder / CODE / "app" / "home.json").read_text(encoding="utf-8"))
    del home["home.title"]
    (folder / CODE / "app" / "home.json").write_text(json.dumps(home), encoding="utf-8")
    asked = """
import json
from engine.methods import method_of
from webui.i18n import t
print("TOLD" + json.dumps([method_of("lora").label.in_("qps"), t("qps", "home.title"), t("qps", "home.lead")[0]]))
"""
    label, title, lead = _ask(folder, asked)
    assert (label, lead) == ("LoRA", "⟦")
    assert title == json.loads((folder / "en" / "app" / "home.json").read_text(encoding="utf-8"))["home.title"]
