"""The Playground in a real browser, with the real inference process and a tiny model behind it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from engine.core.context import Context
from engine.services.chat.blind import new_blind
from storage.queries.ranked import rankings
from storage.tables import Conversation, Message, TunedModel
from tests.browser import seeds
from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_checkpoint, add_other_base, add_tuned
from tests.tiny import add_dataset

pytestmark = pytest.mark.browser

ANSWER = """# A heading

Some **bold**, *leaning* and `coded` words.
A second line.

1. first
2. second
   - nested

```python
print("<b>not bold</b>")
```

| a | b |
|---|---|
| 1 | 2 |

[a link](https://example.com/x) [a trap](javascript:window.hacked=1)
![a picture](https://example.com/picture.png)
"""


@dataclass
class Studio:
    """A server, its database and the models in it."""

    server: Server
    ctx: Context
    base: int
    tuned: tuple[int, int]
    checkpoint: int
    other: int  # another base model


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A tiny base with two adapters and a checkpoint, and another base."""
    home = tmp_path_factory.mktemp("playground") / "home"
    ctx = new_home(home)
    base, data = add_base(ctx), add_dataset(ctx)
    tuned = (
        add_tuned(ctx, base, data, name="First lesson", seed=1),
        add_tuned(ctx, base, data, name="Second lesson", seed=2),
    )
    checkpoint, other = add_checkpoint(ctx, base, data), add_other_base(ctx)
    with start_server(home) as server:
        yield Studio(server, ctx, base, tuned, checkpoint, other)
    ctx.db.close()


def _said(studio: Studio, prompt: str, answer: str) -> int:
    """A stored conversation of one turn."""
    with studio.ctx.db.write() as s:
        conversation = Conversation(title=prompt, base_model_id=studio.base, tuned_ids=[studio.tuned[0]], settings={})
        s.add(conversation)
        s.flush()
        sides = ("base", f"tuned:{studio.tuned[0]}")
        s.add(Message(conversation_id=conversation.id, turn=1, role="user", content=prompt))
        s.add_all(
            Message(
                conversation_id=conversation.id,
                turn=1,
                role="assistant",
                side=side,
                content=answer,
                weights_hash="5a" * 32,
            )
            for side in sides
        )
        return conversation.id


def _idle(page: Any, answers: int) -> None:
    page.wait_for_function(
        "n => document.querySelectorAll('.play-answer footer').length >= n && !document.querySelector('.play-send:not([hidden])').matches('.danger')",
        arg=answers, timeout=90_000,
    )  # fmt: skip


def _seed(page: Any, longest: str = "24") -> None:
    """Short answers."""
    page.locator("#play-do-settings").click()
    page.locator("#chat-max_tokens").last.fill(longest)
    page.locator("#chat-max_tokens").last.blur()
    page.locator(".ts-dialog .primary").click()
    page.wait_for_selector(".ts-dialog", state="detached")


def test_without_models_the_page_leads_to_the_first_lesson(visit: Open) -> None:
    tab = visit()
    page = tab.open("/en/playground")
    page.wait_for_selector("text=Nobody to talk to yet")
    assert page.get_by_role("link", name="Try it with the starter model").get_attribute("href") == "/en/"
    assert tab.violations() == []
    tab.assert_clean()


def test_escape_stops_while_the_model_is_loading(visit: Open, studio: Studio) -> None:
    page = visit(at=studio.server).open(f"/en/playground?tuned={studio.tuned[0]}")
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.fill("#play-input", "Stop at once")
    page.keyboard.press("Enter")
    page.wait_for_selector(".play-send.danger:not([hidden])")
    page.keyboard.press("Escape")
    _idle(page, 2)
    assert any('"chat_stop"' in data for data in asked)
    page.wait_for_selector(".play-answer .ts-badge:has-text('Stopped')")


def test_one_question_is_answered_side_by_side_and_kept(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    assert page.locator(".play-head .ts-badge").all_inner_texts() == ["Base", "Tuned"]
    page.locator(".play-welcome-chips .play-chip").nth(1).wait_for()  # they are asked for after the page is drawn
    assert tab.violations() == []
    _seed(page)
    page.fill("#play-input", "one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert page.input_value("#play-input") == "one\ntwo"
    page.keyboard.press("Enter")
    _idle(page, 2)
    base, tuned = page.locator(".play-answer .md").all_inner_texts()
    assert base
    assert tuned
    assert base != tuned
    footer = page.locator(".play-answer footer").first.inner_text()
    assert "tokens/s" in footer
    assert "weights" in footer
    assert "conversation=" in page.url
    page.reload()
    page.wait_for_selector(".play-answer footer")
    assert page.locator(".play-answer .md").all_inner_texts() == [base, tuned]
    assert page.locator(".play-asked").inner_text() == "one\ntwo"
    assert tab.violations() == []
    tab.assert_clean()


def test_a_conversation_is_edited_branched_and_walked(visit: Open, studio: Studio) -> None:
    talk = _said(studio, "Where is the lamp?", "On the table.")
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?conversation={talk}")
    _seed(page, "4")
    page.click("#play-edit-do-1")
    page.fill("#play-edit-1", "Where is the {{thing}} lamp?")
    page.fill("#play-edit-1-value-0", "{{old}}")
    assert tab.violations() == []
    page.click("#play-edit-1-save")
    page.wait_for_selector(".play-versions:has-text('2 / 2')")
    _idle(page, 2)
    assert page.locator(".play-asked .ts-bubble").all_inner_texts() == ["Where is the {{old}} lamp?"]
    page.click("#play-version-1-back")
    page.wait_for_selector(".play-versions:has-text('1 / 2')")
    assert page.locator(".play-answer .md").all_inner_texts() == ["On the table."] * 2
    assert page.url.endswith(f"conversation={talk}")
    page.click("#play-correct-1-base")
    page.fill("#play-edit-1", "On the shelf.")
    page.click("#play-edit-1-save")
    page.wait_for_selector(".play-answer .ts-badge:has-text('Edited')")
    page.wait_for_selector(".play-versions:has-text('3 / 3')")
    page.fill("#play-input", "And the {{what}}?")
    page.wait_for_selector("#play-variable-0")
    page.keyboard.press("Enter")
    page.wait_for_selector(".play-note:has-text('Fill in what')")
    page.fill("#play-variable-0", "chair")
    assert tab.violations() == []
    page.click(".play-composer .primary")
    _idle(page, 4)
    assert page.locator(".play-asked .ts-bubble").all_inner_texts() == ["Where is the lamp?", "And the chair?"]
    page.click("#play-do-clock")
    page.wait_for_selector(".play-past-branch >> nth=1")
    assert page.locator(".play-past-branch").count() == 2
    page.keyboard.press("Escape")
    page.click("#play-do-settings")
    page.fill("#chat-system", "Be a {{kind}} poet.")
    page.fill("#prompt-name", "Poet")
    page.click("#prompt-keep")
    page.wait_for_selector("#prompt-delete")
    assert tab.violations() == []
    page.select_option("#prompt-choice", index=2)
    assert "two short sentences" in page.input_value("#chat-system")
    page.select_option("#prompt-choice", label="Poet")
    assert page.input_value("#chat-system") == "Be a {{kind}} poet."
    page.click(".ts-dialog .primary")
    page.wait_for_selector("#play-variable-0")
    tab.assert_clean()


def test_sides_are_added_and_stream_together(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    _seed(page, "40")
    for side in (f"checkpoint:{studio.checkpoint}", f"model:{studio.other}"):
        page.click("#play-add")
        page.wait_for_selector(".pick-row")
        assert side != f"model:{studio.other}" or tab.violations() == []
        page.click(f"[id='pick-{side}']")
        page.wait_for_selector(f".play-head[data-side='{side}']")
    page.focus(f"[id='play-left-model:{studio.other}']")
    page.keyboard.press("Enter")
    names = page.locator(".play-head .ts-badge")
    page.wait_for_function("() => document.querySelectorAll('.play-head')[2].dataset.side.startsWith('model:')")
    assert names.all_inner_texts() == ["Base", "Tuned A", "Base", "B · step 4"]
    assert page.evaluate("document.activeElement.id") == f"play-left-model:{studio.other}"
    page.click("#play-remove-base")
    page.wait_for_function("() => document.querySelectorAll('.play-head').length === 3")
    assert page.url.endswith(
        f"sides=tuned%3A{studio.tuned[0]}%2Cmodel%3A{studio.other}%2Ccheckpoint%3A{studio.checkpoint}"
    )
    page.evaluate(
        "() => { window.grew = {}; new MutationObserver(() => document.querySelectorAll('.play-answer').forEach((one) => {"
        " const text = one.querySelector('.md')?.innerText; if (text) (window.grew[one.dataset.side] ||= new Set()).add(text); }))"
        ".observe(document.querySelector('.play-turns'), { childList: true, subtree: true, characterData: true }); }"
    )
    page.locator(".play-welcome-chips .play-chip").first.click()
    _idle(page, 3)
    assert len(set(page.locator(".play-answer .md").all_inner_texts())) == 3
    grew = page.evaluate(
        "() => Object.fromEntries(Object.entries(window.grew).map(([side, texts]) => [side, texts.size]))"
    )
    assert len(grew) == 3
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#play-regenerate").click()
    page.wait_for_selector(".play-send.danger:not([hidden])", timeout=5000)
    _idle(page, 3)
    assert page.locator(".play-turn").count() == 1
    page.set_viewport_size(PHONE)
    page.locator(".play-tab").nth(2).click()
    page.wait_for_function("() => document.querySelector('.play-answers').scrollLeft > innerWidth")
    assert page.locator(".play-tab[aria-current=true]").inner_text() == "B · step 4"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []
    tab.assert_clean()


def test_conversations_are_listed_reopened_and_deleted(visit: Open, studio: Studio) -> None:
    kept = _said(studio, "Keep this one", "kept")
    gone = _said(studio, "Throw this away", "gone")
    page = visit(at=studio.server).open("/en/playground")
    page.locator("#play-do-clock").click()
    page.get_by_role("link", name="Keep this one").click()
    page.wait_for_url(f"**conversation={kept}")
    page.wait_for_selector(".play-answer :text('kept')")
    page.locator("#play-do-clock").click()
    page.get_by_role("button", name="Delete “Throw this away”").click()
    page.locator(".ts-dialog .danger.primary").click()
    page.wait_for_function("() => !document.querySelector('.play-past').textContent.includes('Throw')")
    page.goto(f"{studio.server.url}/en/playground?conversation={gone}")
    page.wait_for_selector(".play-note .ts-note")
    assert "conversation" not in page.url


def test_a_vote_on_two_answers_is_kept(visit: Open, studio: Studio) -> None:
    talk = _said(studio, "Which one?", "the base's")
    with studio.ctx.db.write() as s:
        mine = Message.conversation_id == talk, Message.side == f"tuned:{studio.tuned[0]}"
        s.query(Message).filter(*mine).update({"content": "the tuned one's"})
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?conversation={talk}")
    page.click(f".play-vote [data-vote='tuned:{studio.tuned[0]}']")
    page.wait_for_selector(f".play-vote [data-vote='tuned:{studio.tuned[0]}'][aria-pressed=true]")
    assert tab.violations() == []
    page.reload()
    page.wait_for_selector(f".play-vote [data-vote='tuned:{studio.tuned[0]}'][aria-pressed=true]")
    page.click(".play-vote a")
    page.wait_for_selector("#rank-count[data-done]")
    assert "1" in page.inner_text("#rank-count")
    tab.assert_clean()


def test_blind_votes_by_keyboard_become_pairs_to_train_with(visit: Open, studio: Studio) -> None:
    with studio.ctx.db.write() as s:
        talk = Conversation(title="Which?", base_model_id=studio.base, tuned_ids=[studio.tuned[0]], settings={})
        talk.blind = new_blind([], apart=True, reveal=True)
        s.add(talk)
        s.flush()
        arena = talk.id
        for turn in (1, 2, 3):
            s.add(Message(conversation_id=arena, turn=turn, role="user", content=f"Question {turn}?"))
            for side in ("base", f"tuned:{studio.tuned[0]}"):
                said = Message(
                    conversation_id=arena, turn=turn, role="assistant", side=side, content=f"{side[:5]} {turn}"
                )
                said.weights_hash, said.stats = "5a" * 32, {"tokens_per_second": 9.5}
                s.add(said)
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?conversation={arena}")
    page.wait_for_selector("#arena-left")
    assert "arena=" in page.url, "a blind conversation opens as one"
    assert page.locator("article").count() == 2
    markup = page.inner_html(".arena-card")
    assert all(word not in markup for word in ("First lesson", "5a5a", "9.5", "data-side", "tuned:")), markup
    assert tab.violations() == []
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#arena-who")  # the names come after a moment
    assert "First lesson" in page.inner_text("#arena-who")
    assert "preferred answer A" in page.inner_text(".arena-after")
    assert "First lesson" in page.inner_text(".arena-said"), "who listens hears it"
    assert page.evaluate("document.activeElement.id") == "arena-next"
    page.keyboard.press("Enter")
    page.wait_for_selector("#arena-left")
    page.keyboard.press("b")
    page.wait_for_selector("#arena-change")
    page.keyboard.press("Control+z")
    page.wait_for_selector("#arena-left")
    page.keyboard.press("2")
    page.wait_for_selector("#arena-next")
    page.keyboard.press("e")
    page.fill("#arena-best-text", "A better one.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".arena-best")
    page.keyboard.press("Enter")
    page.wait_for_selector("#arena-left")
    page.keyboard.press("x")
    page.wait_for_selector("#arena-next")
    assert "Votes: 3" in page.inner_text("#arena-count")
    assert page.evaluate("id => fetch(`/api/chats/${id}/stop`, { method: 'POST' }).then((sent) => sent.ok)", arena), (
        "as it is left"
    )
    page.wait_for_selector("input[name=arena-form][value=pairs]:checked")
    assert tab.violations() == []
    page.click("#arena-gather")
    page.click("#arena-train")
    page.wait_for_url("**/train?**")
    with studio.ctx.db.read() as s:
        stored = [(row.verdict, row.blind, row.best) for row in rankings.rankings_of(s, None, arena)]
    assert stored == [("", True, None), ("", True, "A better one."), ("bad", True, None)]
    assert "objective=dpo" in page.url
    page.wait_for_selector("#train-heading")
    tab.assert_clean()


def test_markdown_is_drawn_and_nothing_in_it_runs_or_loads(visit: Open, studio: Studio) -> None:
    conversation = _said(studio, seeds.EVIL, ANSWER + seeds.EVIL)
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?conversation={conversation}")
    answer = page.locator(".play-answer .md").first
    answer.wait_for()
    assert answer.locator("strong").inner_text() == "bold"
    assert answer.locator("em").first.inner_text() == "leaning"
    assert answer.locator("p code").inner_text() == "coded"
    assert answer.locator("pre code").inner_text() == 'print("<b>not bold</b>")'
    assert answer.locator("ol > li").count() == 2
    assert answer.locator("ol ul > li").inner_text() == "nested"
    assert answer.locator("td").all_inner_texts() == ["1", "2"]
    assert answer.locator("a").evaluate_all("links => links.map((a) => [a.href, a.rel])") == [
        ["https://example.com/x", "noopener noreferrer nofollow"]
    ]
    assert "onerror" in answer.inner_text()
    assert page.locator(".ts-root img, .ts-root script").count() == 0
    assert page.evaluate("window.hacked") is None
    assert tab.violations() == []
    tab.assert_clean()


def test_hostile_markdown_is_quick(visit: Open, studio: Studio) -> None:
    page = visit(at=studio.server).open("/en/playground")
    deep = "\n".join("  " * depth + "- x" for depth in range(300))
    repeated = ("*", "[", "> ", "- ", "`", "|-", "**a", "*a *", "[a](", "~~a", "http://")
    for text in (deep, *(part * 3000 for part in repeated)):
        took = page.evaluate(
            """async text => { const { renderMarkdown } = await import("/scripts/en/views/shared/markdown.js");
            const begun = performance.now(); renderMarkdown(text); return performance.now() - begun; }""",
            text,
        )
        assert took < 1000, text[:20]


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "dark"), ("en", "light")])
def test_on_a_phone_the_answers_stand_below_each_other(visit: Open, studio: Studio, lang: str, scheme: str) -> None:
    conversation = _said(studio, "On a phone", "A short answer.")
    with studio.ctx.db.write() as s:
        mine = Message.conversation_id == conversation, Message.side == f"tuned:{studio.tuned[0]}"
        s.query(Message).filter(*mine).update({"content": "Another one."})
        tuned = s.get_one(TunedModel, studio.tuned[0])
        kept, tuned.name = tuned.name, "A lesson with a name " + "that is quite long " * 4
    tab = visit(at=studio.server, size=PHONE, scheme=scheme)
    page = tab.open(f"/{lang}/playground?conversation={conversation}")
    page.wait_for_selector(".play-answer .md")
    base, tuned = page.locator(".play-answer").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().toJSON())"
    )
    assert base["bottom"] <= tuned["top"]
    assert page.locator(".play-answer > header").first.is_visible()
    page.wait_for_selector(".play-vote .ts-btn")
    assert page.locator(".play-vote .ts-btn").evaluate_all(
        "all => all.every(one => one.getBoundingClientRect().left >= 0 && one.getBoundingClientRect().right <= innerWidth)"
    ), "a long name is not cut off"
    with studio.ctx.db.write() as s:
        s.get_one(TunedModel, studio.tuned[0]).name = kept
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.violations() == []


def test_a_list_of_questions_is_asked_followed_and_taken_away(visit: Open, studio: Studio, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["id", "question"])
    for row in ((1, "Where is the lamp?"), (2, "=1+1"), (3, "你好，请问灯在哪里？")):
        book.active.append(row)
    book.active["B3"].data_type = "s"
    book.save(tmp_path / "list.xlsx")
    tab = visit(at=studio.server, accept_downloads=True)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    _seed(page, "8")
    page.click("#play-do-table")
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".ts-dialog .ts-error:has-text('There is no question')")
    page.set_input_files("#list-file", tmp_path / "list.xlsx")
    page.wait_for_selector("#list-column")
    assert page.locator("#list-column option:checked").inner_text() == "question"
    assert "Questions: 3" in page.locator(".play-list-form").inner_text()
    assert tab.violations() == []
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".play-list .job-badge[data-status=succeeded]", timeout=90_000)
    page.reload()
    page.wait_for_selector(".play-list-answers tbody tr:nth-child(3)")
    assert page.locator(".play-row-text").all_inner_texts() == [
        "Where is the lamp?",
        "=1+1",
        "你好，请问灯在哪里？",
    ]
    assert page.locator(".play-list-answers thead .ts-badge").all_inner_texts() == ["Base", "Tuned"]
    assert tab.violations() == []
    with page.expect_download() as waiting:
        page.click("#list-csv")
    rows = [row for row in csv.reader(Path(waiting.value.path()).read_text("utf-8-sig").splitlines()) if row]
    assert [row[0] for row in rows] == ["Question", "Where is the lamp?", "'=1+1", "你好，请问灯在哪里？"]
    tab.assert_clean()


def test_a_batch_of_prompts_becomes_a_table(visit: Open, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_text("thing,tone\nlamp,kind\nfalcon,\nbell,dry\n", encoding="utf-8")
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    _seed(page, "6")
    page.click("#play-do-table")
    page.fill("#list-template", "In a {{ tone }} way: where is the {{thing}}?")
    page.wait_for_selector("text=Several variables need a file")
    page.set_input_files("#list-file", tmp_path / "things.csv")
    page.wait_for_selector("#list-fills-1")
    assert page.locator("#list-fills-0 option:checked, #list-fills-1 option:checked").all_inner_texts() == [
        "tone",
        "thing",
    ]
    told = page.locator(".play-list-form [role=status]").inner_text()
    assert "Questions: 3 · 1 of them lack a value" in told
    assert "First: In a kind way: where is the lamp?" in told
    assert tab.violations() == []
    page.click(".ts-dialog .primary")
    page.wait_for_selector(".play-list .job-badge[data-status=succeeded]", timeout=90_000)
    page.wait_for_selector(".play-list-answers tbody tr:nth-child(3)")
    failed = page.locator(".play-list-answers tbody tr:nth-child(2) td.ts-error")
    assert [text[:25] for text in failed.all_inner_texts()] == ["This row has no value for"] * 2
    page.select_option("#list-only", "differ")
    page.wait_for_selector("text=Rows found: 2")
    page.select_option("#list-sort", "unlike")
    page.fill("#list-search", "BELL")
    page.wait_for_selector("text=Rows found: 1")
    assert page.locator(".play-list-answers tbody tr").count() == 1
    assert tab.violations() == []
    page.get_by_role("button", name="Open row 3 as a conversation").click()
    page.wait_for_url("**conversation=*")
    page.wait_for_selector(".play-answer footer >> nth=1")
    assert page.locator(".play-asked .ts-bubble").inner_text() == "In a dry way: where is the bell?"
    page.click("#play-edit-do-1")
    assert page.input_value("#play-edit-1") == "In a {{ tone }} way: where is the {{thing}}?"
    assert page.locator(".play-edit-values textarea").evaluate_all("all => all.map(one => one.value)") == [
        "dry",
        "bell",
    ]
    tab.assert_clean()


def test_a_weights_hash_says_what_it_is(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?conversation={_said(studio, 'Whose weights?', 'These.')}")
    page.locator(".play-hash summary").first.click()
    page.wait_for_selector("text=Equal hashes mean the very same model")
    assert page.locator(".play-hash .ts-mono").first.inner_text() == "5a" * 32
    assert tab.violations() == []


def test_how_an_answer_was_made_how_sure_it_was_and_where_two_differ(visit: Open, studio: Studio) -> None:
    tab = visit(at=studio.server)
    page = tab.open(f"/en/playground?tuned={studio.tuned[0]}")
    _seed(page)
    page.fill("#play-input", "What is <|im_end|> the lantern?")
    page.keyboard.press("Enter")
    _idle(page, 2)
    page.locator(".play-exact").last.click()
    page.wait_for_selector(".ts-dialog .play-prompt")
    marks = page.locator(".play-prompt .trained").all_inner_texts()
    assert marks == ["<|im_start|>", "<|im_end|>"] * 2 + ["<|im_start|>"]
    assert "What is <|im_end|> the lantern?" in page.locator(".play-prompt").inner_text()
    page.click("#exact-again")
    page.wait_for_selector(".ts-dialog :text('The same answer, word for word.')", timeout=60_000)
    assert tab.violations() == []
    page.keyboard.press("Escape")

    page.click("#play-do-eye")
    page.wait_for_selector(".play-answer .play-words >> nth=1")
    assert page.get_attribute("#play-do-eye", "aria-pressed") == "true"
    assert page.locator(".play-answer [tabindex='0'].play-word").count() == 2
    page.locator(".play-answer .play-word").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".play-word-box .play-shares li")
    word = page.locator(".play-word:focus")
    assert word.get_attribute("data-place") == "1"
    assert word.get_attribute("aria-describedby") == "play-word-box"
    assert page.locator(".play-word-head b").inner_text() in str(word.get_attribute("aria-label"))
    assert tab.violations() == []
    page.keyboard.press("Escape")
    assert page.locator(".play-word-box").count() == 0

    page.click(".play-differ")
    page.click("#differ-do")
    page.wait_for_selector(".play-differ-found .play-words", timeout=60_000)
    page.locator(".play-differ-list .ts-link").first.click()
    page.wait_for_selector(".ts-dialog .play-word-box")
    assert page.locator(".play-word-line .ts-badge").count() == 2
    assert tab.violations() == []
    tab.assert_clean()
    address = page.url.replace("/en/", "/zh/").removeprefix(studio.server.url)
    phone = visit(at=studio.server, size=PHONE, scheme="dark")
    page = phone.open(address)
    page.wait_for_selector(".play-answer footer")
    page.click("#play-do-eye")
    page.locator(".play-answer .play-word").nth(2).click()
    box = page.locator(".play-word-box").evaluate("one => one.getBoundingClientRect().toJSON()")
    assert box["left"] >= 0
    assert box["right"] <= PHONE["width"]
    assert phone.violations() == []
    page.keyboard.press("Escape")
    page.click(".play-differ")
    page.click("#differ-do")
    page.wait_for_selector(".play-differ-found .play-words")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.violations() == []
