"""The wizard in a real browser: from nothing to a started job, and everything that must not get lost on the way."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.methods import METHODS
from engine.objectives import objective_of
from engine.services.jobs import lifecycle
from tests.browser.conftest import DESKTOP, PHONE, Open, start_server
from tests.browser.wizard import STEPS, Studio, choose, data_card, open_wizard, planned, start_studio
from tests.homes import new_home
from tests.tiny import WORDS, add_dataset, add_model
from tests.workers import wait_until
from webui.i18n import t

pytestmark = pytest.mark.browser

CALLS = re.compile("/component_server")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A server whose home holds a tiny model and a small data set."""
    with start_studio(tmp_path_factory.mktemp("train") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def texts(studio: Studio) -> str:
    """The name of a data set of plain texts."""
    rows = [{"text": " ".join(f"The {word} is {other}." for other in WORDS)} for word in WORDS]
    add_dataset(studio[1], rows, name="Prose")
    return "Prose"


@pytest.fixture
def wizard(visit: Open, studio: Studio) -> Any:
    """The Train page with a fresh draft, on its first step."""
    tab = visit(at=studio[0])
    open_wizard(tab)
    return tab.page


def test_from_choices_to_one_job(wizard: Any, studio: Studio) -> None:
    _, ctx = studio
    page = wizard
    assert page.locator("#train-start").is_disabled()
    choose(page)
    planned(page)
    page.wait_for_selector(".train-tokens .trained")
    assert page.locator(".train-tokens").count() == 3
    shown = page.locator(".train-tokens").first
    assert "".join(shown.locator(".trained").all_inner_texts()).strip()
    assert "<|im_start|>" in "".join(shown.locator(".masked").all_inner_texts())
    before = len(lifecycle.list_jobs(ctx))
    page.dblclick("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    made = lifecycle.list_jobs(ctx)
    assert len(made) == before + 1
    newest = max(made, key=lambda job: job["id"])
    assert page.url.endswith(f"job={newest['id']}")
    lifecycle.cancel_job(ctx, newest["id"])
    page.goto(studio[0].url + "/en/train")
    page.wait_for_selector("[data-step=model]")


def test_continued_pretraining_from_its_card_to_a_job(wizard: Any, studio: Studio, texts: str) -> None:
    _, ctx = studio
    page, objective = wizard, objective_of("pretraining")
    page.click(data_card("Tiny"))
    page.click("#train-next")
    page.click(data_card("Words"))
    page.click(".train-objectives [data-value=sft]")
    page.keyboard.press("ArrowLeft")  # from the first card to the last
    assert page.evaluate("document.activeElement.dataset.value") == "pretraining"
    assert objective.help.in_("en") in page.inner_text(".train-objectives")
    assert page.get_attribute(data_card("Words"), "aria-disabled") == "true"
    words = {"kind": "conversations", "objective": objective.label.in_("en"), "usable": "plain texts"}
    why = t("en", "fit.kind.other", rows=24, **words)
    page.wait_for_selector(f"{data_card('Words')}:has-text('{why}')")
    assert why in page.inner_text(".ts-note.danger")
    assert page.locator("#train-next").is_disabled()
    page.click(data_card(texts))
    page.wait_for_selector(".ts-note.danger", state="detached")
    page.click("#train-next")
    page.wait_for_selector(f".train-offers:has-text('{objective.example.in_('en')}') .train-offer[aria-checked=true]")
    page.click("#train-step-method")
    planned(page)
    page.wait_for_selector("[data-step=method] [data-field^='training.']", state="attached")
    asked = page.locator("[data-field^='training.']").evaluate_all("all => all.map((one) => one.dataset.field)")
    assert sorted(asked) == sorted(f"training.{param.key}" for param in objective.params)
    page.fill("#training-max_length", "128")
    page.click("#train-step-review")
    planned(page)
    assert objective.label.in_("en") in page.inner_text(".train-summary")
    page.wait_for_selector(f"[data-step=review]:has-text('{objective.example.in_('en')}')")
    page.wait_for_selector(".train-tokens .trained")
    assert "texts in one block" in page.inner_text(".train-tokens >> nth=1")
    page.click("#train-start")
    page.wait_for_url("**/en/jobs?job=*")
    job = max(lifecycle.list_jobs(ctx), key=lambda one: one["id"])
    lifecycle.cancel_job(ctx, job["id"])
    assert (job["spec"]["objective"], job["spec"]["training"]["max_length"]) == ("pretraining", 128)
    assert job["spec"]["training"].keys() == {param.key for param in objective.params}
    page.goto(f"{studio[0].url}/en/train?from_job={job['id']}")
    page.wait_for_selector("[data-step=review]")
    assert objective.label.in_("en") in page.inner_text(".train-summary")
    page.click("#train-step-method")
    page.fill("#training-epochs", "2.5")
    page.wait_for_timeout(800)
    page.reload()
    page.wait_for_selector("[data-step=method]")
    assert page.input_value("#training-epochs") == "2.5"


def test_each_objective_keeps_what_was_typed_for_it(wizard: Any, texts: str) -> None:
    page = wizard
    typed = {"sft": ("7", "96"), "pretraining": ("2", "256")}
    page.click(data_card("Tiny"))
    page.click("#train-next")
    page.click(data_card(texts))
    for key, (epochs, length) in typed.items():
        page.click("#train-step-data")
        page.click(f".train-objectives [data-value={key}]")
        page.click("#train-step-method")
        page.wait_for_selector("[data-step=method] #training-epochs")
        assert page.locator("#training-train_on").count() == (key == "sft")
        page.fill("#training-epochs", epochs)
        page.fill("#training-max_length", length)
    page.wait_for_timeout(800)
    page.reload()
    for key, values in typed.items():
        page.click("#train-step-data")
        page.click(f".train-objectives [data-value={key}]")
        page.click("#train-step-method")
        page.wait_for_selector("[data-step=method] #training-epochs")
        assert (page.input_value("#training-epochs"), page.input_value("#training-max_length")) == values
        planned(page)
        assert page.locator("#train-start").is_enabled()
    page.click("#train-export")
    text = page.inner_text(".ts-dialog pre")
    page.keyboard.press("Escape")
    page.click("#train-step-data")
    page.click(".train-objectives [data-value=sft]")
    page.click("#train-import")
    page.fill("#train-yaml", text)
    page.click(".ts-dialog .primary")
    page.wait_for_selector("[data-step=review]")
    page.click("#train-step-data")
    assert page.get_attribute(".train-objectives [data-value=pretraining]", "aria-checked") == "true"


def test_a_method_that_an_objective_refuses_says_why(wizard: Any, texts: str) -> None:
    page = wizard
    page.click(data_card("Tiny"))
    page.click("#train-next")
    page.click(".train-objectives [data-value=pretraining]")
    page.click(data_card(texts))
    page.click("#train-next")
    page.wait_for_selector(".train-offer[aria-checked=true]")
    page.click("#train-next")
    page.click("#train-all-methods")
    page.click("#choice-few_shot")
    page.wait_for_selector(".train-wrong .train-mend")
    few_shot = next(method for method in METHODS if method.key == "few_shot")
    assert t("en", "error.pretraining.no_training", method=few_shot.label.in_("en")) in page.inner_text(".train-wrong")
    assert page.locator("#train-start").is_disabled()
    page.click(".train-wrong .train-mend")
    planned(page)
    assert page.locator("#train-start").is_enabled()


def test_start_waits_for_a_save_that_is_under_way(wizard: Any, studio: Studio) -> None:
    """Else the save would arrive after the start and bring the old draft back."""
    _, ctx = studio
    page = wizard
    choose(page)
    planned(page)
    held: list[Any] = []
    sent: list[str] = []

    def pass_on(route: Any) -> None:
        name = json.loads(route.request.post_data or "{}").get("fn_name", "")
        sent.append(name)
        if name == "save":
            held.append(route)
        else:
            route.continue_()

    page.route(CALLS, pass_on)
    page.fill("#train-name", "Held back")
    wait_until(lambda: bool(held) or bool(page.wait_for_timeout(50)), 10)
    page.click("#train-start")
    page.wait_for_timeout(500)
    assert "begin" not in sent
    for route in held:
        route.continue_()
    page.unroute(CALLS)
    page.wait_for_url("**/en/jobs?job=*")
    lifecycle.cancel_job(ctx, max(job["id"] for job in lifecycle.list_jobs(ctx)))
    page.goto(studio[0].url + "/en/train")
    page.wait_for_selector("[data-step=model]")


def test_the_draft_survives_refresh_and_leaving_at_once(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.fill("#method-rank", "24")
    page.goto(page.url.replace("/train", "/data"))  # within the 300 ms that a save waits
    page.wait_for_selector("#data-file", state="attached")
    page.go_back()
    page.wait_for_selector("[data-step=method]")
    assert page.input_value("#method-rank") == "24"
    page.reload()
    page.wait_for_selector("[data-step=method]")
    assert page.input_value("#method-rank") == "24"


def test_the_draft_survives_a_killed_server(visit: Open, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ctx = new_home(home)
    add_model(ctx)
    add_dataset(ctx)
    ctx.db.close()
    with start_server(home) as server:
        tab = visit(at=server)
        open_wizard(tab)
        choose(tab.page, "method")
        tab.page.fill("#method-rank", "24")
        tab.page.wait_for_timeout(800)
        server.stop(signal.SIGKILL)
    with start_server(home, port=int(server.url.rsplit(":", 1)[1])):
        open_wizard(tab, fresh=False)
        tab.page.wait_for_selector("[data-step=method]")
        assert tab.page.input_value("#method-rank") == "24"


def test_a_wrong_setting_is_named_at_its_field(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    planned(page)
    page.fill("#method-rank", "0")
    page.wait_for_selector("#method-rank[aria-invalid=true]")
    assert t("en", "error.param.too_small", value="0", minimum="1") in page.inner_text("[data-field='method.rank']")
    assert page.locator("#train-start").is_disabled()
    page.click("#train-step-budget")
    page.click(f"#train-why a:has-text('{t('en', 'train.estimate.show_fault')}')")
    page.wait_for_selector("[data-step=method]")
    assert page.evaluate("document.activeElement.id") == "method-rank"
    page.click("[data-field='method.rank'] .field-reset")
    assert page.input_value("#method-rank") == "16"
    planned(page)
    assert page.locator("#train-start").is_enabled()


def test_a_number_beyond_all_fields_stays_with_its_fault_and_keeps_its_digits(wizard: Any) -> None:
    page, large = wizard, "123456789012345678901"
    choose(page, "method")
    planned(page)
    page.fill("#training-max_length", large)
    page.wait_for_selector("#training-max_length[aria-invalid=true]")
    page.wait_for_timeout(600)  # until it is saved
    page.reload()
    page.wait_for_selector("#training-max_length[aria-invalid=true]")
    assert page.input_value("#training-max_length") == large
    fault = t("en", "error.param.too_large", value=large, maximum=131072)
    assert fault in page.inner_text("[data-field='training.max_length']")
    page.click("[data-field='training.max_length'] .field-reset")
    planned(page)


def test_changing_the_method_loses_nothing_and_leaks_nothing(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.fill("#method-rank", "24")
    page.fill("#training-learning_rate", "0.0007")
    page.fill("#training-max_length", "128")
    page.click(".ts-choice[data-value=full]")
    assert page.input_value("#training-learning_rate") == "0.00005"
    assert page.input_value("#training-max_length") == "128"
    assert page.locator("#method-rank").count() == 0
    page.click(".ts-choice[data-value=lora]")
    assert page.input_value("#method-rank") == "24"
    assert page.input_value("#training-learning_rate") == "0.0007"


def test_recommended_methods_come_first_with_their_costs_and_all_are_a_click_away(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    cards = page.locator(".train-methods [role=radio]")
    assert cards.count() == sum(method.recommended for method in METHODS)
    page.wait_for_function("[...document.querySelectorAll('[data-cost]')].every(one => one.querySelector('.ts-num'))")
    assert page.locator("[data-cost=lora] .ts-num").count() == 2
    page.click("#train-all-methods")
    assert cards.count() == len(METHODS)
    families = {method.family for method in METHODS}
    assert page.locator(".train-family").count() == len(families)
    page.fill("#train-method-search", "dora")
    assert page.locator(".train-methods [role=radio][data-value=lora]").count() == 1
    assert cards.count() < len(METHODS)
    page.fill("#train-method-search", "zzz")
    assert t("en", "train.method.none_found") in page.inner_text(".train-methods")
    page.fill("#train-method-search", "")
    rare = next(method for method in METHODS if not method.recommended)
    page.click(f"#choice-{rare.key}")
    page.click("#train-all-methods")
    assert page.get_attribute(f"#choice-{rare.key}", "aria-checked") == "true"
    assert cards.count() == sum(method.recommended for method in METHODS) + 1


def test_every_method_keeps_what_was_typed_for_it(wizard: Any) -> None:
    """All methods have their turn; afterwards each still has its own learning rate, and the shared setting is shared."""
    page = wizard
    choose(page, "method")
    page.fill("#training-max_length", "96")
    page.click("#train-all-methods")
    typed = {method.key: f"0.0{101 + 2 * number}" for number, method in enumerate(METHODS)}
    for key, rate in typed.items():
        page.click(f"#choice-{key}")
        page.fill("#training-learning_rate", rate)
    for key, rate in typed.items():
        page.click(f"#choice-{key}")
        assert page.input_value("#training-learning_rate") == rate, key
        assert page.input_value("#training-max_length") == "96"


def test_a_variant_fills_in_the_settings_and_takes_them_back(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    variant = next(one for one in METHODS[0].variants if one.key == "dora")
    page.click("#variant-dora")
    assert page.get_attribute("#variant-dora", "aria-pressed") == "true"
    for key, value in variant.values.items():
        box = page.locator(f"#method-{key}")
        assert box.is_checked() == value
    page.wait_for_timeout(800)
    page.reload()
    page.wait_for_selector("[data-step=method]")
    assert page.get_attribute("#variant-dora", "aria-pressed") == "true"
    page.click("#variant-dora")
    assert page.get_attribute("#variant-dora", "aria-pressed") == "false"


def test_a_combination_that_cannot_work_is_named_and_mended(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.click("#choice-full")
    planned(page)
    page.evaluate("document.querySelectorAll('.train-form details').forEach((fold) => { fold.open = true; })")
    page.select_option("#training-quantisation", "nf4")
    field = page.locator("[data-field='training.quantisation']")
    field.locator(".train-mend").wait_for()
    reason = next(method for method in METHODS if method.key == "full").capabilities.why_not["quantised_base"].in_("en")
    assert reason in field.inner_text()
    assert page.locator("#train-start").is_disabled()
    assert page.locator("[data-cost=full]").inner_text() != ""
    field.locator(".train-mend").click()
    planned(page)
    assert page.input_value("#training-quantisation") == "none"
    assert page.locator("#train-start").is_enabled()


def test_the_method_leads_to_its_card(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.click(".train-learn")
    page.wait_for_url("**/en/learn?model=1#lora")
    page.wait_for_selector("article#lora")


def test_the_estimate_follows_the_settings(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    planned(page)
    before = page.inner_text(".estimate-rows")
    page.fill("#method-rank", "64")
    page.wait_for_function("before => document.querySelector('.estimate-rows').innerText !== before", arg=before)


def test_a_learning_rate_that_does_not_suit_is_warned_of_with_a_button(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    suits = page.input_value("#training-learning_rate")
    page.fill("#training-learning_rate", "1")
    page.click("#train-step-review")
    page.click("[data-warning='warning.rate_high']")
    page.wait_for_selector("[data-warning]", state="detached")
    page.click("#train-step-method")
    page.wait_for_selector("#training-learning_rate")
    assert float(page.input_value("#training-learning_rate")) == float(suits)


def test_settings_go_out_and_come_back_as_yaml(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.fill("#method-rank", "24")
    page.click("#train-export")
    text = page.inner_text(".ts-dialog pre")
    assert "rank: 24" in text
    page.keyboard.press("Escape")
    page.click("#train-import")
    page.fill("#train-yaml", "nonsense: [")
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".ts-dialog .ts-error:not(:empty)")
    page.fill("#train-yaml", f"colour: green\n{text}")
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".ts-dialog .ts-error:has-text('colour')")
    page.fill("#train-yaml", text.replace("rank: 24", "rank: 48"))
    page.click(".ts-dialog .primary")
    page.wait_for_selector("[data-step=review]")
    page.click("#train-step-method")
    assert page.input_value("#method-rank") == "48"


def test_a_setting_that_no_objective_has_is_a_fault_and_is_not_dropped(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    page.click("#train-export")
    text = page.inner_text(".ts-dialog pre")
    page.keyboard.press("Escape")
    page.click("#train-import")
    empty, some = "training: {}", "training:\n"  # before and after the best plan has filled in the form
    wrong = (
        text.replace(empty, some + "  colour: green")
        if empty in text
        else text.replace(some, some + "  colour: green\n")
    )
    page.fill("#train-yaml", wrong)
    page.click(".ts-dialog .primary")
    page.wait_for_selector(f"#train-why:has-text('{t('en', 'train.estimate.faults', n=1)}')")
    page.wait_for_selector("[data-step=review] .ts-note.danger")


def test_settings_of_an_old_job_fill_the_form_and_the_draft_can_be_brought_back(visit: Open, studio: Studio) -> None:
    server, ctx = studio
    raw = {"name": "Old one", "base_model": 1, "dataset": 1, "method": "lora", "method_params": {"rank": 4}}
    job = lifecycle.start_job(ctx, raw, key="old")
    lifecycle.cancel_job(ctx, job)
    tab = visit(at=server)
    open_wizard(tab)
    choose(tab.page, "method")
    tab.page.fill("#method-rank", "24")
    tab.page.wait_for_timeout(500)
    open_wizard(tab, f"/en/train?from_job={job}", fresh=False)
    assert "from_job" not in tab.page.url
    tab.page.click("#train-step-method")
    assert tab.page.input_value("#method-rank") == "4"
    tab.page.click(f"button:has-text('{t('en', 'train.replaced.back')}')")
    tab.page.wait_for_selector("[data-step=method]")
    assert tab.page.input_value("#method-rank") == "24"


def test_choices_work_by_keyboard_and_focus_follows_the_steps(wizard: Any) -> None:
    page = wizard
    choose(page, "budget")
    assert page.evaluate("document.activeElement.id") == "train-heading"
    page.click("#train-next")
    page.click("#choice-lora")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute(".ts-choice[aria-checked=true]", "data-value") == "qlora"
    page.focus("#train-next")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-step=review]")
    assert page.evaluate("document.activeElement.id") == "train-heading"


@pytest.mark.parametrize(
    ("lang", "scheme", "size"), [("en", "light", DESKTOP), ("zh", "dark", DESKTOP), ("en", "dark", PHONE)]
)
def test_axe_finds_nothing_on_any_step(
    visit: Open, studio: Studio, lang: str, scheme: str, size: dict[str, int]
) -> None:
    tab = visit(at=studio[0], scheme=scheme, size=size)
    open_wizard(tab, f"/{lang}/train")
    choose(tab.page)
    tab.page.wait_for_selector(".train-estimate:not(.stale) .estimate-bar i", state="attached")
    for step in STEPS:
        tab.page.click(f"#train-step-{step}")
        tab.page.wait_for_selector(f"[data-step={step}]")
        tab.page.wait_for_timeout(300)
        if step == "method":
            tab.page.click("#train-all-methods")
        tab.page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        assert tab.violations() == [], step
    tab.page.click("#train-fresh")
    tab.page.wait_for_selector(".ts-dialog")
    assert tab.violations() == [], "the question"
    tab.assert_clean()


def test_on_a_phone_the_estimate_is_a_line_that_opens(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio[0], size=PHONE)
    open_wizard(tab)
    page = tab.page
    choose(page)
    planned_line = page.locator(".estimate-line")
    assert planned_line.is_visible()
    assert not page.locator(".estimate-card").is_visible()
    page.click(".estimate-toggle")
    assert page.locator(".estimate-card").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator("#train-start-small").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"] - 60


def test_a_setting_leads_to_its_word_in_the_glossary(wizard: Any) -> None:
    page = wizard
    choose(page, "method")
    link = page.locator("[data-field='method.rank'] .field-term")
    assert link.get_attribute("aria-label") == t("en", "learn.glossary.link", name="Rank (r)")
    link.click()
    page.wait_for_url("**/en/learn#term-rank")
    page.wait_for_selector("#term-rank", state="visible")


def test_rewards_are_gathered_and_tried_before_the_start(visit: Open, studio: Studio) -> None:
    server, _ctx = studio
    tab = visit(at=server)
    open_wizard(tab)
    page = tab.page
    page.goto(f"{server.url}/en/train?model=1&dataset=1&objective=grpo")
    page.click("#train-step-method")
    page.wait_for_selector("[data-reward=match]")
    page.select_option("#reward-add", "length")
    assert page.evaluate("document.activeElement.id") == "reward-1-head"
    page.fill("#reward-1-least", "0")
    page.fill("#reward-1-most", "1")
    page.fill("#reward-1-weight", "0.5")
    page.click("#rewards-try")
    page.wait_for_selector(".reward-answers li")
    assert page.locator(".reward-answers [data-origin=expected]").count() > 3
    assert re.search(r"Length \d.*× 0.5", page.inner_text(".reward-scores >> nth=0"))
    page.click(".reward-trial summary")
    page.fill("#rewards-typed-answer", "<b>So</b> it is.")
    page.wait_for_selector(".reward-answers [data-origin=typed]:has-text('<b>So</b>')")
    page.fill("#reward-1-least", "5")
    page.wait_for_selector("[data-field='training.rewards.1.most'] .ts-error:visible")
    page.fill("#reward-1-least", "0")
    planned(page)
    page.wait_for_timeout(400)  # colours change slowly
    assert tab.violations() == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(DESKTOP)
    page.reload()
    page.wait_for_selector("#reward-1-most")
    assert (page.input_value("#reward-1-most"), page.input_value("#reward-1-weight")) == ("1", "0.5")
    page.click("[data-reward=length] .ts-icon-btn")
    page.wait_for_selector("[data-reward=length]", state="detached")
