"""The Learn page in a real browser: every card with its diagram, numbers for the chosen model, the guide, the table,
the glossary, both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.methods import METHODS
from engine.objectives import OBJECTIVES
from engine.services.app.formulas import formula_in
from engine.services.app.glossary import GLOSSARY
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.browser.seeds import add_inputs
from tests.homes import new_home
from tests.tiny import add_model
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a tiny model, and one that has no config (it must not get in the way)."""
    home = tmp_path_factory.mktemp("learn") / "home"
    ctx = new_home(home)
    add_model(ctx)
    add_inputs(ctx)
    ctx.db.close()
    with start_server(home) as server:
        yield server


def counted(page: Any) -> Any:
    """Wait until the numbers of the chosen model are there."""
    page.wait_for_selector("#learn-model")
    page.wait_for_selector(".learn-advice > *")
    return page


def test_every_method_has_a_card_with_a_diagram_and_numbers(visit: Open, school: Server) -> None:
    tab = visit(at=school)
    page = counted(tab.open("/en/learn"))
    for method in METHODS:
        card = page.locator(f"article#{method.key}")
        assert card.locator("h4").inner_text() == method.label.in_("en")
        drawing = card.locator("svg.diagram")
        assert drawing.locator("title").text_content() == t("en", "learn.diagram.title", method=method.label.in_("en"))
        assert drawing.locator("desc").text_content()
        assert drawing.bounding_box()["height"] > 100
        assert method.learn is None or method.learn.what.in_("en") in card.inner_text()
        assert card.locator(".learn-numbers .ts-stat b").count() == 4
        assert "–" not in card.locator(".learn-numbers").inner_text()
    assert page.evaluate(
        "import('/scripts/en/views/learn/diagrams.js').then((m) => Object.keys(m.OF_METHOD).sort())"
    ) == sorted(method.key for method in METHODS)
    tab.assert_clean()


def test_nothing_of_a_diagram_leaves_its_frame(visit: Open, school: Server) -> None:
    """Words in both languages fit into the drawing."""
    for lang in ("en", "zh"):
        page = counted(visit(at=school).open(f"/{lang}/learn"))
        for objective in OBJECTIVES:  # drawn when they come near the screen
            page.locator(f"#objective-{objective.key} figure").scroll_into_view_if_needed()
        page.wait_for_function("!document.querySelector('.learn-figure:empty')")
        outside = page.evaluate(
            """[...document.querySelectorAll('svg.diagram')].flatMap(svg => { const frame = svg.getBoundingClientRect();
            return [...svg.querySelectorAll('text, rect, path.dg-way, polygon')].filter(part => { if (part.closest('defs')) return false; const box = part.getBoundingClientRect();
              return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1; })
              .map(part => svg.closest('article').id + ': ' + (part.textContent || part.outerHTML.slice(0, 80))); })"""
        )
        assert outside == []


def test_numbers_follow_the_chosen_model_and_the_address_keeps_it(visit: Open, school: Server) -> None:
    page = counted(visit(at=school).open("/en/learn"))
    stats = page.locator("#lora .learn-numbers")
    before = stats.inner_text()
    page.select_option("#learn-model", "reference-7b")
    page.wait_for_function("before => document.querySelector('#lora .learn-numbers').innerText !== before", arg=before)
    assert "model=reference-7b" in page.url
    large = stats.inner_text()
    page.reload()
    counted(page)
    assert page.input_value("#learn-model") == "reference-7b"
    assert stats.inner_text() == large


def test_the_guide_answers_at_once(visit: Open, school: Server) -> None:
    page = counted(visit(at=school).open("/en/learn?model=reference-135m"))
    assert page.inner_text(".learn-first .learn-choice") == "LoRA"
    page.fill("#learn-examples", "5")
    page.wait_for_function("document.querySelector('.learn-first .learn-choice').innerText !== 'LoRA'")
    page.fill("#learn-memory", "0.01")
    page.wait_for_selector(f".learn-advice >> text={t('en', 'learn.advice.none')}")
    page.fill("#learn-memory", "0")
    page.wait_for_selector(f".learn-advice >> text={t('en', 'error.learn.bad_answer')}")
    example = page.locator(".learn-example").first
    best = example.locator("b").inner_text()
    example.click()
    page.wait_for_function("best => document.querySelector('.learn-first .learn-choice')?.innerText === best", arg=best)
    assert page.input_value("#learn-memory") == "8"
    page.click(".learn-first .ts-btn")
    page.wait_for_url("**/en/train*")


def test_the_table_sorts_both_ways(visit: Open, school: Server) -> None:
    page = counted(visit(at=school).open("/en/learn?model=reference-7b"))
    names = page.locator(".learn-table tbody th")
    assert names.all_inner_texts() == [method.label.in_("en") for method in METHODS]
    page.click("#learn-sort-trained")
    upwards = names.all_inner_texts()
    page.click("#learn-sort-trained")
    assert page.evaluate("document.activeElement.id") == "learn-sort-trained"
    assert page.get_attribute("th:has(#learn-sort-trained)", "aria-sort") == "descending"
    downwards = names.all_inner_texts()
    assert upwards != downwards
    assert "Full fine-tuning" in downwards[:2]
    assert sorted(upwards) == sorted(downwards)


def test_the_address_leads_to_a_card_and_the_card_to_the_form(visit: Open, school: Server) -> None:
    key = METHODS[-1].key
    page = counted(visit(at=school).open(f"/en/learn#{key}"))
    box = page.locator(f"#{key} h4").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 700
    page.click(f"#{key} .learn-card-head .ts-btn")
    page.wait_for_url("**/en/train*")
    page.wait_for_selector("#train-heading")
    assert page.inner_text("#train-step-method .step-choice") == METHODS[-1].label.in_("en")


@pytest.mark.parametrize(("lang", "scheme", "every"), [("en", "light", 3), ("zh", "dark", 4)])
def test_axe_finds_nothing_in_open_cards(visit: Open, school: Server, lang: str, scheme: str, every: int) -> None:
    """Every so many cards are open: axe takes seconds for each, and they are drawn by the same code."""
    tab = visit(at=school, scheme=scheme)
    page = counted(tab.open(f"/{lang}/learn"))
    page.evaluate("n => document.querySelectorAll('details').forEach((fold, k) => { fold.open = k % n === 0; })", every)
    assert tab.violations() == []
    tab.assert_clean()


def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Open, school: Server) -> None:
    page = counted(visit(at=school, size=PHONE).open("/zh/learn"))
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_every_objective_has_a_card_and_the_train_page_leads_to_it(visit: Open, school: Server) -> None:
    tab = visit(at=school)
    page = counted(tab.open("/zh/learn"))
    for objective in OBJECTIVES:
        card = page.locator(f"article#objective-{objective.key}")
        assert card.locator("h3").inner_text() == objective.label.in_("zh")
        words = objective.learn
        for told in (
            objective.tagline.in_("zh"),
            words.what.in_("zh"),
            words.data.in_("zh"),
            words.when.in_("zh"),
            words.when_not.in_("zh"),
            formula_in(words.loss, "zh"),
        ):
            assert told in card.inner_text()
    last = "kto"
    page = tab.open("/zh/train")
    page.click(".ts-choice:has-text('Tiny')")
    page.click("#train-next")
    page.click(f".train-objectives [data-value={last}]")
    page.click(".train-objectives .ts-link")
    page.wait_for_url(f"**/zh/learn#objective-{last}")
    page.wait_for_function(f"document.activeElement.id === 'objective-{last}-title'")
    page.evaluate("document.activeElement.blur(); location.hash = '#learn-objectives'")
    page.wait_for_timeout(100)
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # no card is marked when a section is asked for
    tab.assert_clean()


TERMS = [term for topic in GLOSSARY for term in topic.terms]


def test_the_glossary_has_every_word_and_filters(visit: Open, school: Server) -> None:
    for lang in ("en", "zh"):
        tab = visit(at=school)
        page = counted(tab.open(f"/{lang}/learn"))
        shown = page.locator(".learn-term:visible")
        assert shown.count() == len(TERMS)
        assert (
            page.locator("#term-lora dd")
            .inner_text()
            .startswith(next(t for t in TERMS if t.key == "lora").meaning.in_(lang))
        )
        page.fill("#learn-words", "gradient checkpointing")
        assert shown.count() == 1
        assert shown.first.get_attribute("id") == "term-activation-checkpointing"
        assert page.inner_text(".learn-words-bar [role=status]") == t(lang, "learn.glossary.found", n=1, all=len(TERMS))
        page.fill("#learn-words", "no such word")
        assert page.is_visible(f".learn-glossary >> text={t(lang, 'learn.glossary.none')}")
        assert not page.is_visible(".learn-topic h3")
        tab.assert_clean()


def test_a_word_has_an_address_of_its_own_whatever_the_filter_says(visit: Open, school: Server) -> None:
    tab = visit(at=school)
    page = counted(tab.open("/en/learn#term-qlora"))
    box = page.locator("#term-qlora").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 700
    page.fill("#learn-words", "chrf")
    assert not page.is_visible("#term-epoch")
    page.evaluate("location.hash = '#term-epoch'")
    page.wait_for_selector("#term-epoch", state="visible")
    assert page.input_value("#learn-words") == ""
    tab.assert_clean()


def test_every_page_leads_to_the_glossary(visit: Open, school: Server) -> None:
    page = visit(at=school).open("/zh/jobs")
    page.click(f".ts-rail-foot >> text={t('zh', 'shell.glossary')}")
    page.wait_for_url("**/zh/learn#learn-glossary")
    counted(page)
    box = page.locator("#learn-glossary-title").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 700


@pytest.mark.parametrize(("lang", "scheme"), [("en", "dark"), ("zh", "light")])
def test_axe_finds_nothing_in_the_glossary(visit: Open, school: Server, lang: str, scheme: str) -> None:
    tab = visit(at=school, scheme=scheme, size=PHONE)
    page = counted(tab.open(f"/{lang}/learn#term-lora"))
    assert tab.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
