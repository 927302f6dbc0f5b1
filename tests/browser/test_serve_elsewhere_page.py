"""The page of a tuned model tells how other programs serve it: its commands, and the export that they need first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import PHONE, Open, Server, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset
from webui.i18n import t

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("serve") / "home"
    ctx = new_home(home)
    add_tuned(ctx, add_base(ctx), add_dataset(ctx), name="Support bot")
    ctx.db.close()
    with start_server(home) as server:
        yield server


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_commands_of_each_program_are_told(visit: Open, shelf: Server, language: str) -> None:
    tab = visit(at=shelf, **({"size": PHONE, "scheme": "dark"} if language == "zh" else {}))
    page = tab.open(f"/{language}/models?model=1")
    page.locator("#model-serve > summary").click()
    fold = page.locator("#model-serve")
    fold.get_by_text("vllm serve ./Support-bot-merged").wait_for()
    assert "--max-lora-rank 8" in fold.inner_text()
    assert tab.violations() == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    fold.get_by_text("Ollama", exact=True).click()
    fold.get_by_text("TUNESMITH_SERVERS=http://127.0.0.1:11434/v1 python app.py").wait_for()
    fold.get_by_text("vLLM", exact=True).click()
    fold.get_by_role("button", name=t(language, "models.serve.make")).first.wait_for()
    tab.assert_clean()
