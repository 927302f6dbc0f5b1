"""Every method's result answers beside the untouched base, in the page, and the Models page says what can be taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.core.context import Context
from engine.methods import METHODS
from engine.methods.common.declaration import Method
from tests.browser.conftest import Open, Server, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_result
from tests.tiny import add_dataset

pytestmark = pytest.mark.browser
_BESIDE = 2  # tuned models in one conversation of the page
GROUPS = [METHODS[first : first + _BESIDE] for first in range(0, len(METHODS), _BESIDE)]


@dataclass
class Studio:
    """A server, its database, and one result a method, made when it is first asked for."""

    server: Server
    ctx: Context
    base: int
    data: int
    made: dict[str, int] = field(default_factory=dict)

    def tuned(self, method: Method) -> int:
        """The id of the method's result."""
        if method.key not in self.made:
            self.made[method.key] = add_result(self.ctx, self.base, self.data, method)
        return self.made[method.key]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("methods") / "home"
    ctx = new_home(home)
    base, data = add_base(ctx), add_dataset(ctx)
    with start_server(home) as server:
        yield Studio(server, ctx, base, data)
    ctx.db.close()


def _ask(page: Any, sides: int) -> None:
    page.locator("#play-do-settings").click()
    page.locator("#chat-max_tokens").last.fill("20")
    page.locator("#chat-max_tokens").last.blur()
    page.locator(".ts-dialog .primary").click()
    page.wait_for_selector(".ts-dialog", state="detached")
    page.fill("#play-input", "What is the colour of the lantern?")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.play-answer footer').length >= n", arg=sides, timeout=60_000
    )


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "+".join(method.key for method in group))
def test_each_method_answers_beside_the_base(visit: Open, studio: Studio, group: Sequence[Method]) -> None:
    tab = visit(at=studio.server)
    page = tab.open("/en/playground?tuned=" + ",".join(str(studio.tuned(method)) for method in group))
    _ask(page, 1 + len(group))
    assert page.locator(".play-answer .ts-error").all_inner_texts() == []
    answers = page.locator(".play-answer .md").all_inner_texts()
    assert len(answers) == 1 + len(group)
    assert all(answer.strip() for answer in answers)
    assert not set(answers[1:]) & {answers[0]}, "each differs from the base"
    badges = page.locator(".play-head .ts-badge")
    assert ["fewshot" in str(badges.nth(1 + i).get_attribute("class")) for i in range(len(group))] == [
        not method.capabilities.trains for method in group
    ]
    assert group is not GROUPS[-1] or tab.violations() == [], "the few-shot colours are in the last one"
    tab.assert_clean()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_models_page_says_why_a_result_cannot_be_merged(visit: Open, studio: Studio, lang: str) -> None:
    tab = visit(at=studio.server)
    stiff = [m for m in METHODS if not m.capabilities.merge and m.saves != "full"]
    reasons = list({m.capabilities.why_not["merge"]: m for m in stiff}.values())
    for method in reasons[:1] if lang == "zh" else reasons:
        page = tab.open(f"/{lang}/models?model={studio.tuned(method)}")
        page.wait_for_selector(".model-form.not")
        assert method.capabilities.why_not["merge"].in_(lang) in " ".join(
            page.locator(".model-form.not").all_inner_texts()
        )
        assert page.locator("[data-form]").count() == 1
    assert tab.violations() == []
    tab.assert_clean()
