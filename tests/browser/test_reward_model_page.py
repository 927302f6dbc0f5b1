"""A reward model in a real browser: it scores any text, picks the best of several answers, and shows what it has learnt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from storage.tables import Dataset
from tests.browser.conftest import Open, Server, axe_violations, start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_reward_model
from tests.tiny import WORDS, add_dataset

pytestmark = pytest.mark.browser


@dataclass
class Studio:
    """A server with a tiny base and a reward model on it."""

    server: Server
    scorer: int


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("scores") / "home"
    ctx = new_home(home)
    rows = [
        {
            "prompt": [{"role": "user", "content": f"Tell me about the {word}."}],
            "chosen": [{"role": "assistant", "content": f"The {word} is violet."}],
            "rejected": [{"role": "assistant", "content": f"The {word} is a {word} and a {word}."}],
        }
        for word in WORDS
    ]
    base, data = add_base(ctx), add_dataset(ctx, rows, name="Pairs")
    with ctx.db.write() as s:
        s.get_one(Dataset, data).kind = "preference"
    scorer = add_reward_model(ctx, base, data)
    ctx.db.close()
    with start_server(home) as server:
        yield Studio(server, scorer)


def test_it_scores_a_text_picks_the_best_and_is_looked_at(studio: Studio, visit: Open) -> None:
    page = visit(at=studio.server).open(f"/en/models?model={studio.scorer}")
    page.get_by_text("What it has learnt").wait_for()
    page.locator("#scores-look").click()
    page.locator(".score-bars").wait_for(timeout=60_000)
    assert page.locator(".model-scores tbody tr").count() == 5
    assert axe_violations(page) == []
    page.get_by_role("link", name="Score with it").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#score-question").fill("Tell me about the lantern.")
    dialog.locator("#score-answer").fill("The lantern is <b>violet</b>.")
    dialog.locator("#score-text").click()
    dialog.locator(".play-score-said", has_text="score").wait_for(timeout=60_000)
    dialog.locator("#score-ask").fill("Tell me about the tower.")
    dialog.locator("#score-count").select_option("4")
    dialog.locator("#score-draw").click()
    dialog.locator(".play-best-all").wait_for(timeout=60_000)
    dialog.locator(".play-best-all summary").click()
    said = [float(text.split()[-1].replace("−", "-")) for text in dialog.locator(".play-best-one b").all_inner_texts()]
    assert said == sorted(said, reverse=True)
    assert len(said) == 4
    assert axe_violations(page) == []
