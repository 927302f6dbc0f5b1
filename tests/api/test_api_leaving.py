"""Programs that leave, jobs that train beside, and a home without memory."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.core.context import Context
from engine.core.hardware import Device
from engine.devices import devices
from engine.services.api_keys import list_keys, make_key
from engine.services.chat.conversations import Chat
from storage.job_tables import Job, JobStatus
from tests.api.conftest import TUNED, Served
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset
from tests.web import BASE as ADDRESS
from webui.http.server import create_app
from webui.site import Site

LONG: dict[str, Any] = {
    "model": TUNED, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 400, "n": 16, "logit_bias": {"2": -100, "0": -100},
}  # fmt: skip


def _tokens(ctx: Context, key_id: int) -> int:
    return next(one["tokens"] for one in list_keys(ctx) if one["id"] == key_id)


def _settled(ctx: Context, key_id: int) -> int:
    """The tokens of a key once its request is over."""
    end = time.monotonic() + 30
    while not (found := _tokens(ctx, key_id)):
        assert time.monotonic() < end, "the request goes on although nobody listens"
        time.sleep(0.05)
    return found


def test_who_leaves_ends_the_answer(served: Served) -> None:
    whole = 16 * 400
    key, secret = make_key(served.ctx, "leaves", 100)
    client = served.client(api_key=secret)
    stream = client.chat.completions.create(**LONG, stream=True)
    next(iter(stream))
    stream.close()
    assert _settled(served.ctx, key.id) < whole / 2
    began = time.monotonic()
    client.models.list()  # no thread of the pages, no turn of the model is held
    assert time.monotonic() - began < 5


def test_who_leaves_while_waiting_for_a_whole_answer_ends_it_too(served: Served) -> None:
    import httpx

    key, secret = make_key(served.ctx, "impatient", 100)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{served.url}/v1/chat/completions",
            json=LONG,
            headers={"authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(30, read=0.7),
        )
    assert _settled(served.ctx, key.id) < 16 * 400
    assert served.client(api_key=secret).models.list().data


def test_many_requests_of_one_key_let_others_in_between(served: Served) -> None:
    _key, secret = make_key(served.ctx, "busy", 1000)
    many, other = served.client(api_key=secret), served.client()
    ended: list[str] = []

    def long() -> None:
        many.chat.completions.create(**LONG | {"n": 4})  # type: ignore[call-overload]
        ended.append("many")

    waiting = [threading.Thread(target=long) for _ in range(5)]
    for one in waiting:
        one.start()
    time.sleep(0.3)
    other.completions.create(model=TUNED, prompt="Hi", max_tokens=1)
    ended.append("other")
    for one in waiting:
        one.join()
    assert ended.index("other") <= 2  # behind one that was under way, and one that stood before it


@pytest.fixture
def home(ctx: Context) -> Context:
    """A tiny base with one adapter."""
    add_tuned(ctx, add_base(ctx), add_dataset(ctx), name="Word Bot")
    return ctx


def _asked(ctx: Context, free_mb: int) -> Any:
    """The response of a server whose devices have so much memory free; nothing is ever loaded."""

    def full() -> list[Device]:
        return [replace(one, free_mb=free_mb) for one in devices()]

    chat = Chat(ctx, devices=full)
    _key, secret = make_key(ctx, "memory", 100)
    with TestClient(create_app(Site(ctx, chat)), base_url=ADDRESS) as client:
        asked = {"model": "tuned-1", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
        answer = client.post("/v1/chat/completions", json=asked, headers={"authorization": f"Bearer {secret}"})
    chat.close()
    return answer


def test_a_job_that_trains_is_not_pushed_aside(home: Context) -> None:
    with home.db.write() as s:
        s.add(
            Job(
                name="Night lesson",
                kind="train",
                status=JobStatus.RUNNING,
                lane="cpu",
                position=9.0,
                spec={},
                method="lora",
            )
        )
    answer = _asked(home, 310)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (503, "service_unavailable")
    assert "Night lesson" in error["message"]
    assert int(answer.headers["retry-after"]) >= 1


def test_without_memory_it_says_so(home: Context) -> None:
    answer = _asked(home, 310)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "chat.no_memory_alone")


def test_what_is_not_done_here_is_told_before_anything_is_loaded(home: Context) -> None:
    _key, secret = make_key(home, "checks", 100)
    chat = Chat(home)
    with TestClient(create_app(Site(home, chat)), base_url=ADDRESS) as client:
        headers = {"authorization": f"Bearer {secret}"}
        answer = client.post(
            "/v1/embeddings", json={"model": "tuned-1", "input": "a", "dimensions": 8}, headers=headers
        )
        assert answer.status_code == 400
        assert chat.status()["loaded"] is False
        assert client.options("/v1/models").json()["error"]["type"] == "invalid_request_error"
    chat.close()
