"""/v1/chat/completions by the real client."""

from __future__ import annotations

import asyncio

import openai

from tests.api.conftest import BASE, SECOND, TUNED, Served

ASKED = [{"role": "user", "content": "Tell me about the kettle."}]


def test_lists(client) -> None:
    names = [one.id for one in client.models.list()]
    assert names == [SECOND, TUNED, BASE]
    assert client.models.retrieve(SECOND).id == SECOND
    r = client.chat.completions.create(model=TUNED, messages=ASKED, max_tokens=12, temperature=0, n=2, logprobs=True, top_logprobs=3)
    print(r.model_dump_json(indent=1))
    out = client.chat.completions.create(model="tuned-1", messages=ASKED, max_tokens=40, seed=3, stream=True, stream_options={"include_usage": True})
    for chunk in out:
        print(chunk.model_dump_json())
    print(client.completions.create(model=BASE, prompt=["Tell me", "你好"], max_tokens=5, echo=True, logprobs=2).model_dump_json(indent=1))
    print(client.embeddings.create(model=BASE, input=["Tell me", "你好"]).data[1].embedding[:4])
