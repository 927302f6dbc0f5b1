"""/v1/completions and /v1/embeddings, asked by the real client."""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import Any

import openai
import pytest

from tests.api.conftest import BASE, TUNED, Served
from tests.api.plain import greedy, plain_model, tokenizer_of

TEXT = "The kettle is"
GREEDY: dict[str, Any] = {"model": BASE, "temperature": 0, "logit_bias": {"2": -100, "0": -100}}


def test_texts_go_on_without_a_template(client: openai.OpenAI, served: Served) -> None:
    made = client.completions.create(prompt=TEXT, max_tokens=10, logprobs=2, **GREEDY)
    choice = made.choices[0]
    assert (made.object, choice.finish_reason) == ("text_completion", "length")
    ids = tokenizer_of(served.ctx)(TEXT, add_special_tokens=False)["input_ids"]
    assert choice.logprobs is not None
    told = choice.logprobs.token_logprobs or []
    assert told == pytest.approx(greedy(plain_model(served.ctx, None), ids, 10), abs=1e-4)
    by_tokens = client.completions.create(prompt=ids, max_tokens=10, **GREEDY)
    assert by_tokens.choices[0].text == choice.text
    assert made.usage is not None
    assert (made.usage.prompt_tokens, made.usage.completion_tokens) == (len(ids), 10)


def test_a_text_comes_back_with_what_its_tokens_are_worth(client: openai.OpenAI, served: Served) -> None:
    import torch

    texts = [TEXT, "你好，请问"]
    made = client.completions.create(prompt=texts, max_tokens=0, echo=True, logprobs=1, **GREEDY)
    model, tokenizer = plain_model(served.ctx, None), tokenizer_of(served.ctx)
    for text, choice in zip(texts, made.choices, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        with torch.inference_mode():
            worth = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
        wanted = [float(worth[place, token]) for place, token in enumerate(ids[1:])]
        assert choice.text == text
        assert choice.logprobs is not None
        told = choice.logprobs.token_logprobs or []
        assert told[0] is None
        assert told[1:] == pytest.approx(wanted, abs=1e-4)
        offsets = choice.logprobs.text_offset or []
        assert (offsets[0], offsets == sorted(offsets)) == (0, True)
        assert offsets[-1] < len(text)
    both = client.completions.create(prompt=TEXT, max_tokens=6, echo=True, n=2, **GREEDY)
    alone = client.completions.create(prompt=TEXT, max_tokens=6, **GREEDY)
    assert [one.text for one in both.choices] == [TEXT + alone.choices[0].text] * 2


def test_several_texts_in_a_stream(client: openai.OpenAI) -> None:
    asked = GREEDY | {"temperature": 1, "seed": 4, "max_tokens": 20, "n": 2}
    whole = client.completions.create(prompt=[TEXT, "你好"], **asked, echo=True)
    pieces = dict.fromkeys(range(4), "")
    ends = []
    for chunk in client.completions.create(prompt=[TEXT, "你好"], **asked, echo=True, stream=True):
        for choice in chunk.choices:
            pieces[choice.index] += choice.text
            ends += [choice.finish_reason] if choice.finish_reason else []
    assert pieces == {one.index: one.text for one in whole.choices}
    assert ends == ["length"] * 4
    stop = whole.choices[0].text[len(TEXT) + 2 : len(TEXT) + 5]
    cut = client.completions.create(prompt=[TEXT, "你好"], **asked, stop=[stop])
    assert cut.choices[0].finish_reason == "stop"
    assert stop not in cut.choices[0].text


def test_vectors_are_the_mean_of_the_last_states(client: openai.OpenAI, served: Served) -> None:
    import torch

    texts = [TEXT, "kettle kettle", "你好"]
    tokenizer, found = tokenizer_of(served.ctx), {}
    for name, tuned in ((BASE, None), (TUNED, 1)):
        made = client.embeddings.create(model=name, input=texts, encoding_format="float")
        assert [one.index for one in made.data] == [0, 1, 2]
        model = plain_model(served.ctx, tuned)
        for text, one in zip(texts, made.data, strict=True):
            ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
            with torch.inference_mode():
                state = model(ids, output_hidden_states=True).hidden_states[-1][0].mean(0)
            assert one.embedding == pytest.approx((state / state.norm()).tolist(), abs=1e-5)
            assert math.isclose(sum(value * value for value in one.embedding), 1, abs_tol=1e-5)
        found[name] = made
    assert found[BASE].data[0].embedding != found[TUNED].data[0].embedding
    packed: Any = json.loads(
        client.embeddings.with_raw_response.create(model=BASE, input=TEXT, encoding_format="base64").text
    )
    numbers = struct.unpack("<64f", base64.b64decode(packed["data"][0]["embedding"]))
    assert list(numbers) == pytest.approx(found[BASE].data[0].embedding, abs=1e-6)
    assert client.embeddings.create(model=BASE, input=TEXT).data[0].embedding == pytest.approx(list(numbers))


def test_what_cannot_be_continued_is_said(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as too_long:
        client.embeddings.create(model=BASE, input=["kettle", "kettle " * 600])
    assert too_long.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as empty:
        client.completions.create(prompt="", **GREEDY)
    assert empty.value.param == "prompt"
    with pytest.raises(openai.BadRequestError) as beyond:
        client.completions.create(prompt=[100_000], **GREEDY)
    assert "100000" in str(beyond.value).replace(",", "")
