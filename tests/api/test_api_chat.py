"""/v1/chat/completions, asked by the real client."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from tests.api.conftest import BASE, SCORER, SECOND, TUNED, Served
from tests.api.plain import plain_logprobs

ASKED: Any = [{"role": "user", "content": "Tell me about the kettle."}]
ENDLESS: Any = {"2": -100, "0": -100}  # the tokens that end an answer never come
GREEDY: dict[str, Any] = {"model": TUNED, "messages": ASKED, "temperature": 0, "max_tokens": 24, "logit_bias": ENDLESS}


def said(answer: Any, place: int = 0) -> str:
    """The text of an answer."""
    return str(answer.choices[place].message.content)


def streamed(client: openai.OpenAI, **asked: Any) -> tuple[dict[int, list[str]], list[Any]]:
    """The pieces of each answer, and all chunks."""
    chunks = list(client.chat.completions.create(stream=True, **asked))
    pieces: dict[int, list[str]] = {}
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        pieces.setdefault(choice.index, []).append(choice.delta.content or "")
    return pieces, chunks


def test_models_are_listed_by_names_that_work(client: openai.OpenAI) -> None:
    assert [one.id for one in client.models.list()] == [SECOND, TUNED, BASE]
    found = client.models.retrieve(SECOND)
    assert (found.id, found.object, found.owned_by) == (SECOND, "model", "tunesmith")
    for name in ("tuned-1", "tuned:1", "renamed-since-tuned-1", "Word  Bot"):
        assert client.models.retrieve(name).id == TUNED


def test_an_answer_says_how_it_ended_and_what_it_took(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**GREEDY)
    assert answer.object == "chat.completion"
    assert answer.model == TUNED
    assert answer.choices[0].finish_reason == "length"
    assert said(answer)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 24
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 24
    at_once = client.chat.completions.create(**GREEDY | {"logit_bias": {"2": 100}})
    assert (said(at_once), at_once.choices[0].finish_reason) == ("", "stop")
    others = {said(client.chat.completions.create(**GREEDY | {"model": name})) for name in (TUNED, SECOND, BASE)}
    assert len(others) == 3


def test_a_stream_says_the_same_in_whole_characters(client: openai.OpenAI) -> None:
    asked = GREEDY | {"temperature": 1, "seed": 11, "max_tokens": 60, "n": 2}
    whole = client.chat.completions.create(**asked)
    pieces, chunks = streamed(client, **asked, stream_options={"include_usage": True})
    assert {place: "".join(some) for place, some in pieces.items()} == {0: said(whole, 0), 1: said(whole, 1)}
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert (chunks[-1].choices, chunks[-1].usage.completion_tokens) == ([], 120)
    ends = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert ends == ["length", "length"]
    assert chunks[0].choices[0].delta.role == "assistant"


def test_equal_seeds_give_equal_answers_and_several_answers_differ(client: openai.OpenAI) -> None:
    asked = GREEDY | {"temperature": 1, "n": 4}
    first, again, other = (client.chat.completions.create(**asked, seed=seed) for seed in (5, 5, -(2**63)))
    texts = [said(first, place) for place in range(4)]
    assert texts == [said(again, place) for place in range(4)]
    assert len(set(texts)) == 4
    assert said(other) not in texts
    assert said(client.chat.completions.create(**asked | {"n": 1}, seed=5)) == texts[0]


def test_texts_that_end_an_answer_are_never_told(client: openai.OpenAI) -> None:
    asked = GREEDY | {"max_tokens": 60}
    text = said(client.chat.completions.create(**asked))
    stop = text[7:12]
    cut = text[: text.find(stop)]
    whole = client.chat.completions.create(**asked, stop=["never said", stop], logprobs=True)
    assert (said(whole), whole.choices[0].finish_reason) == (cut, "stop")
    pieces, chunks = streamed(client, **asked, stop=stop, logprobs=True)
    assert "".join(pieces[0]) == cut
    told = [one for chunk in chunks for choice in chunk.choices if choice.logprobs for one in choice.logprobs.content]
    assert whole.choices[0].logprobs is not None
    assert told == whole.choices[0].logprobs.content
    assert whole.usage is not None
    assert len(told) <= whole.usage.completion_tokens < 60
    begun = client.chat.completions.create(**asked, stop=text[-1] + "!")  # its beginning alone is there: it is told
    assert said(begun) == text


def test_log_probabilities_are_the_models(client: openai.OpenAI, served: Served) -> None:
    answer = client.chat.completions.create(**GREEDY, logprobs=True, top_logprobs=4)
    choice = answer.choices[0]
    assert choice.logprobs is not None
    assert choice.logprobs.content is not None
    told = choice.logprobs.content
    plain = plain_logprobs(served.ctx, tuned=1, question=ASKED[0]["content"], count=len(told))
    assert sum(one.logprob for one in told) == pytest.approx(sum(plain), abs=1e-3)
    for one in told:
        assert len(one.top_logprobs) == 4
        shown = [other.logprob for other in one.top_logprobs]
        assert shown == sorted(shown, reverse=True)
        assert one.logprob <= shown[0] + 1e-6
    spelt = b"".join(bytes(one.bytes or ()) for one in told).decode("utf-8", "ignore")
    assert not set(said(answer).replace("\ufffd", "")) - set(spelt)


def test_penalties_and_bias_change_what_is_said(client: openai.OpenAI) -> None:
    def tokens(**more: Any) -> list[Any]:
        answer = client.chat.completions.create(**GREEDY | {"max_tokens": 48, "logprobs": True} | more)
        assert answer.choices[0].logprobs is not None
        return [tuple(one.bytes or ()) for one in answer.choices[0].logprobs.content or ()]

    only = {str(token): 100 for token in (40, 41, 42)}
    free, frequent, present = (
        tokens(logit_bias=only, **more) for more in ({}, {"frequency_penalty": 2}, {"presence_penalty": 2})
    )
    assert len(set(free)) <= 3
    counts = [sorted(some.count(one) for one in set(some)) for some in (free, frequent)]
    assert counts[1] != counts[0]
    assert max(counts[1]) - min(counts[1]) <= max(counts[0])
    assert frequent != free
    assert len(present) == 48


def test_messages_may_come_in_parts_and_from_developers(client: openai.OpenAI) -> None:
    one = client.chat.completions.create(**GREEDY | {"messages": [{"role": "system", "content": "Be kind."}, *ASKED]})
    parts: Any = [
        {"role": "developer", "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}]},
        *ASKED,
    ]
    assert said(client.chat.completions.create(**GREEDY | {"messages": parts})) == said(one)


def test_two_at_once_and_the_asynchronous_client(client: openai.OpenAI, served: Served) -> None:
    alone = [said(client.chat.completions.create(**GREEDY | {"model": name})) for name in (TUNED, BASE)]

    async def both() -> list[str]:
        async with openai.AsyncOpenAI(**served.options) as other:  # type: ignore[arg-type]
            asked = (other.chat.completions.create(**GREEDY | {"model": name}) for name in (TUNED, BASE) * 3)
            return [said(one) for one in await asyncio.gather(*asked)]

    async def pieces() -> str:
        async with openai.AsyncOpenAI(**served.options) as other:  # type: ignore[arg-type]
            stream = await other.chat.completions.create(**GREEDY, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    heard: list[str] = []
    beside = threading.Thread(target=lambda: heard.append("".join(streamed(client, **GREEDY)[0][0])))
    beside.start()
    with ThreadPoolExecutor(1) as apart:  # a browser of other tests has a loop of its own in this thread
        assert apart.submit(asyncio.run, both()).result() == alone * 3
        assert apart.submit(asyncio.run, pieces()).result() == alone[0]
    beside.join()
    assert heard == alone[:1]


def test_what_a_model_cannot_do_is_said(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(**GREEDY | {"model": "gpt-9"})
    assert unknown.value.code == "model_not_found"
    assert TUNED in str(unknown.value)
    with pytest.raises(openai.BadRequestError, match="Taste"):
        client.chat.completions.create(**GREEDY | {"model": SCORER})
    long: Any = [{"role": "user", "content": "kettle " * 600}]
    with pytest.raises(openai.BadRequestError) as too_long:
        client.chat.completions.create(**GREEDY | {"messages": long})
    assert (too_long.value.code, too_long.value.param) == ("context_length_exceeded", "messages")
    with pytest.raises(openai.BadRequestError) as tools:
        client.chat.completions.create(**GREEDY, tools=[{"type": "function", "function": {"name": "look"}}])
    assert (tools.value.code, tools.value.param) == ("unsupported_parameter", "tools")
