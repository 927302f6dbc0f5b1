"""Tests of the API: the real `openai` client against the real program in a process of its own, with tiny models in its home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import openai
import pytest

from engine.core.context import Context
from engine.services.api_keys import make_key
from engine.serving.request_limits import MOST_PER_MINUTE
from tests.browser.conftest import start_server
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_reward_model, add_tuned
from tests.tiny import add_dataset

TUNED, SECOND, BASE, SCORER = "word-bot-tuned-1", "客服助手-tuned-2", "tiny-base-1", "taste-tuned-3"


@dataclass(frozen=True)
class Served:
    """A running server and what it holds: the tiny base, two adapters on it, and a reward model."""

    url: str  # without a path
    ctx: Context  # its home, opened beside it
    secret: str  # of a key that may ask much

    @property
    def options(self) -> dict[str, object]:
        """What a client is made with."""
        return {"base_url": f"{self.url}/v1", "api_key": self.secret, "max_retries": 0, "timeout": 120}

    def client(self, **options: object) -> openai.OpenAI:
        """The real client."""
        return openai.OpenAI(**{**self.options, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of the API."""
    home = tmp_path_factory.mktemp("api") / "home"
    ctx = new_home(home)
    base_id, dataset_id = add_base(ctx), add_dataset(ctx)
    for name, seed in (("Word  Bot", 1), ("客服助手", 2)):
        add_tuned(ctx, base_id, dataset_id, name=name, seed=seed)
    add_reward_model(ctx, base_id, dataset_id)
    _key, secret = make_key(ctx, "tests", MOST_PER_MINUTE)
    with start_server(home) as server:
        yield Served(server.url, ctx, secret)
    ctx.db.close()


@pytest.fixture(scope="session")
def client(served: Served) -> openai.OpenAI:
    """A client with that key."""
    return served.client()
