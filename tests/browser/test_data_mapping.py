"""The mapping screen in a real browser: columns that no rule knows become rows by wordings, followed live."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from engine.core.context import open_context
from engine.core.settings import Settings
from engine.services.data import datasets, imports, sources
from tests.browser.conftest import PHONE, Open, Server
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture
def words(server: Server, tmp_path: Path) -> int:
    """An uploaded table of words in two languages, one of them missing."""
    path = tmp_path / "words.csv"
    path.write_text("en,zh\n" + "".join(f"word {n},词{n}\n" for n in range(30)) + ",空\n", encoding="utf-8")
    ctx = open_context(Settings(home=server.home, offline=True))
    made = sources.add_upload(ctx, path, "words.csv")
    ctx.db.close()
    return made


def test_odd_columns_become_rows_by_wordings(visit: Open, words: int) -> None:
    user = ".data-preview:not(.stale) .ts-bubble.user"
    seen = visit(size=PHONE)
    page = seen.open(f"/data?dataset={words}")
    page.select_option("#data-shape", "prompt_completion")
    page.focus("#data-word-prompt")
    page.keyboard.press("Enter")
    page.wait_for_selector("#data-wording-prompt-0:focus")
    page.keyboard.type("Translate: {English}")
    page.select_option("#data-column-completion", "zh")
    error = page.wait_for_selector(".data-worded .ts-error:not([hidden])")
    assert "“English”" in error.inner_text()
    page.fill("#data-wording-prompt-0", "Translate: ")
    page.click(".data-chip:has-text('en')")
    page.wait_for_selector(f"{user}:has-text('Translate: word 0')")
    assert page.locator(".data-worded .ts-error").is_hidden()
    page.click(".data-worded .ts-btn")
    page.wait_for_selector("#data-wording-prompt-1:focus")
    page.keyboard.type("{en} in Chinese?")
    page.click(".data-more-rows")
    page.wait_for_selector(f"{user}:has-text('in Chinese?')")
    rejected = page.locator(".data-rejected tbody tr")
    assert rejected.locator("td").all_inner_texts()[:2] == ["32", "en"]
    assert t("en", "error.data.wording.empty", column="en") in rejected.inner_text()
    assert seen.violations() == []
    page.click("#data-import")
    page.wait_for_selector("#data-tab-overview")
    page = seen.open(f"/data?dataset={words}&remap=1")
    page.click(".data-more-rows")
    page.wait_for_selector(f"{user}:has-text('in Chinese?')")
    assert page.input_value("#data-wording-prompt-1") == "{en} in Chinese?"
    seen.assert_clean()


@pytest.fixture
def supplement(server: Server, tmp_path: Path) -> int:
    """An Excel file in which 39 of 300 rows have a supplement."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["问题", "补充", "回答", "类别"])
    for n in range(300):
        sheet.append([f"问题 {n}？", f"第 {n} 单已付款" if n < 39 else None, f"回答 {n}。", "甲乙"[n % 2]])
    book.save(tmp_path / "book.xlsx")
    ctx = open_context(Settings(home=server.home, offline=True))
    made = sources.add_upload(ctx, tmp_path / "book.xlsx", "book.xlsx")
    ctx.db.close()
    return made


def test_a_column_left_out_is_told_and_mappings_stay(visit: Open, supplement: int) -> None:
    seen = visit(size=PHONE)
    page = seen.open(f"/zh/data?dataset={supplement}")
    page.wait_for_selector(".data-preview:not(.stale) .ts-bubble.user:has-text('第 0 单已付款')")
    assert page.input_value("#data-column-input") == "补充"
    page.select_option("#data-column-input", index=0)
    told = page.wait_for_selector(".data-loss .ts-note.warn")
    assert t("zh", "data.left_out.rows", column="补充", total=300, n=39) in told.inner_text()
    assert "类别" in page.locator(".data-loss details").text_content()
    assert seen.violations() == []
    page.click(".data-loss [data-column=补充] button")
    assert page.evaluate("document.activeElement.id") == "data-column-input"
    page.wait_for_selector(".data-loss .ts-note.warn", state="detached")
    page.wait_for_selector(".data-preview:not(.stale) .ts-bubble.user:has-text('第 0 单已付款')")
    page.click(".data-loss [data-column=类别] button")
    assert page.input_value("#data-wording-input-0") == "{补充}\n{类别}"
    page.select_option("#data-shape", "alpaca")
    assert page.input_value("#data-column-instruction") == "问题"
    assert page.input_value("#data-column-output") == "回答"
    assert page.input_value("#data-wording-input-0") == "{补充}\n{类别}"
    page.select_option("#data-column-output", "类别")
    page.select_option("#data-shape", "prompt_completion")
    assert page.input_value("#data-column-completion") == "回答"
    page.select_option("#data-shape", "alpaca")
    assert page.input_value("#data-column-output") == "类别"
    seen.assert_clean()


@pytest.fixture
def parcels(server: Server) -> int:
    """Rows whose calls hold numbers beyond what a browser counts."""
    case = Path(__file__).parents[1] / "cases" / "data" / "big_integer_argument.jsonl"
    ctx = open_context(Settings(home=server.home, offline=True))
    incoming = ctx.settings.folder("incoming") / "parcels"
    incoming.write_bytes(case.read_bytes())
    made = sources.add_upload(ctx, incoming, "parcels.jsonl")
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, name="Parcels", shape=view["shape"], mapping=view["mapping"], val_fraction=0.0)
    ctx.db.close()
    return made


def test_a_call_is_changed_by_hand_with_every_digit(visit: Open, parcels: int) -> None:
    seen = visit()
    page = seen.open(f"/data?dataset={parcels}&tab=rows")
    page.wait_for_selector(".bubble-call:has-text('1234567890123456791')")
    page.click("[aria-label='Edit row 1']")
    typed = page.input_value("#edit-messages-1-calls")
    assert "1234567890123456789" in typed
    page.fill("#edit-messages-1-calls", typed.replace("{", "", 1))
    page.click(".data-edit [type=submit]")
    page.wait_for_selector("#edit-messages-1-calls:invalid")
    page.fill("#edit-messages-1-calls", typed.replace("3456789,", "3456788,").replace("3456789\n", "3456788\n"))
    assert seen.violations() == []
    page.click(".data-edit [type=submit]")
    page.wait_for_selector(".data-edit", state="detached")
    page.click("#data-pending-make")
    page.wait_for_selector(f".data-source :text('{t('en', 'data.version.number', n=2)}')")
    page.wait_for_selector("[data-row='0'] .bubble-call:has-text('1234567890123456788')")
    assert "1234567890123456790" in page.inner_text("[data-row='1']")
    seen.assert_clean()


@pytest.fixture
def doubted(server: Server, tmp_path: Path) -> int:
    """A table that cannot be read in the encoding that fits best."""
    path = tmp_path / "doubt.csv"
    rows = "".join(f"Ärger über {n},Größe\n" for n in range(30)).encode().replace(b"\n", b"\xff\n")
    path.write_bytes(b"prompt,completion\n" + rows)
    ctx = open_context(Settings(home=server.home, offline=True))
    made = sources.add_upload(ctx, path, "doubt.csv")
    ctx.db.close()
    return made


@pytest.fixture
def messages(server: Server, tmp_path: Path) -> int:
    """An uploaded table of messages, of which some conversations have two questions in a row; with a text that only messages have."""
    lines = ["ticket,from,body,translation"]
    for n in range(12):
        said = ["customer", "agent"] if n % 3 else ["customer", "customer", "agent"]
        lines += [f"T{n},{who},{who} {n}.{turn},a long translation {n}.{turn}" for turn, who in enumerate(said)]
    path = tmp_path / "tickets.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ctx = open_context(Settings(home=server.home, offline=True))
    made = sources.add_upload(ctx, path, "tickets.csv")
    ctx.db.close()
    return made


def test_a_file_in_doubt_offers_every_encoding_by_a_name_that_people_know(visit: Open, doubted: int) -> None:
    seen = visit()
    page = seen.open(f"/data?dataset={doubted}")
    page.wait_for_selector("#data-doubt")
    assert "UTF-8" in page.inner_text(".ts-card")
    names = page.locator("#data-doubt option").all_inner_texts()
    assert "Central European, Windows (cp1250)" in names
    assert seen.violations() == []
    page.select_option("#data-doubt", "latin-1")
    page.wait_for_selector(".data-preview:not(.stale) .ts-bubble.user")
    assert "Western European (Latin-1)" in page.locator("#data-encoding option").first.inner_text()
    seen.assert_clean()


@pytest.fixture
def preferred(server: Server, tmp_path: Path) -> int:
    """A preference file of OpenAI's, uploaded."""
    path = tmp_path / "openai_preference.jsonl"
    path.write_bytes((Path(__file__).parents[1] / "cases" / "data" / "openai_preference.jsonl").read_bytes())
    ctx = open_context(Settings(home=server.home, offline=True))
    made = sources.add_upload(ctx, path, path.name)
    ctx.db.close()
    return made


def test_a_preference_file_of_openai_is_mapped_and_accepted(visit: Open, preferred: int) -> None:
    seen = visit(size=PHONE)
    page = seen.open(f"/data?dataset={preferred}")
    page.wait_for_selector(".data-preview:not(.stale) .ts-bubble.user:has-text('Q0')")
    assert page.input_value("#data-shape") == "preference"
    fields = {"prompt": "input", "chosen": "preferred_output", "rejected": "non_preferred_output"}
    assert {key: page.input_value(f"#data-column-{key}") for key in fields} == fields
    page.click("#data-import")
    page.wait_for_selector("#data-tab-overview")
    page.click("#data-tab-rows")
    page.wait_for_selector(".data-answer.rejected:has-text('Bad.')")
    assert page.locator(".data-answer.chosen").count() == 4
    seen.assert_clean()


def test_messages_become_conversations_and_a_fix_saves_rows(visit: Open, messages: int) -> None:
    fresh = ".data-preview:not(.stale)"
    seen = visit(size=PHONE)
    page = seen.open(f"/data?dataset={messages}")
    page.wait_for_selector(f"{fresh} .ts-bubble.user:has-text('customer 1.0')")
    assert "“ticket”" in page.inner_text("#data-arranged")
    assert "“translation”" in page.inner_text(".data-map-act .data-lost")
    assert t("en", "data.tidy.saves", n=4) in page.inner_text("label[for=data-tidy-join_turns]")
    page.check("#data-tidy-join_turns")
    page.wait_for_selector(f"{fresh} .ts-bubble.user:has-text('customer 0.0'):has-text('customer 0.1')")
    page.select_option("#data-arrange", label=t("en", "data.arrange.none"))
    page.wait_for_selector("[data-field=text], #data-column-text, .data-preview .ts-note")
    page.select_option("#data-arrange", label=t("en", "data.arrange.by_id", id="ticket"))
    page.wait_for_selector(f"{fresh} .ts-bubble.user:has-text('customer 0.1')")
    assert seen.violations() == []
    page.click("#data-import")
    page.wait_for_selector("#data-tab-overview")
    page = seen.open(f"/data?dataset={messages}&remap=1")
    page.wait_for_selector("#data-tidy-join_turns:checked")


def test_that_the_first_line_is_data_is_one_choice(visit: Open, words: int) -> None:
    seen = visit(size=PHONE)
    page = seen.open(f"/data?dataset={words}")
    assert page.input_value("#data-quoting") == "doubled"
    with page.expect_navigation():
        page.select_option("#data-header", "none")
    page.select_option("#data-shape", "prompt_completion")
    page.select_option("#data-column-prompt", "#1")
    page.select_option("#data-column-completion", "#2")
    page.wait_for_selector(".data-preview:not(.stale) .ts-bubble.user:has-text('en')")
    assert (page.input_value("#data-header"), seen.violations()) == ("none", [])
