"""Parts of the API without a server: scores, texts that end an answer, names, what tokens stand for, threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from engine.api.asking import seed_of
from engine.api.names import public_name
from engine.api.params import ENDPOINTS
from engine.core.errors import Fault
from engine.core.text import LANGUAGES
from engine.data.templates.isolated.isolated_template import isolated
from engine.services.chat.halt import Halt
from engine.serving.protocol import Shaping
from engine.serving.runtime.sampling import shaped
from engine.serving.runtime.stop_texts import StopTexts
from tests.zoo.keeper import ZooKeeper
from webui.api.bridge import Bridge
from webui.api.errors import error_body


def test_penalties_are_those_of_openai() -> None:
    scores = torch.tensor([1.0, 2.0, 3.0, 4.0])
    said = [1, 1, 3]
    found = shaped(scores, Shaping(presence_penalty=0.5, frequency_penalty=0.25, bias=((0, 5.0), (9, 1.0))), said)
    assert found.tolist() == [6.0, 2.0 - 2 * 0.25 - 0.5, 3.0, 4.0 - 0.25 - 0.5]
    assert scores.tolist() == [1.0, 2.0, 3.0, 4.0]  # what is told of the tokens' worth is read from these
    assert shaped(scores, Shaping(), said) is scores


def _stops(pieces: Sequence[str], *stop: str) -> tuple[list[str], StopTexts]:
    """What may be told after each token of an answer, until a text ended it."""
    template: Any = SimpleNamespace(answer_text=lambda ids: "".join(pieces[one] for one in ids))
    stops, told = StopTexts(template, Shaping(stop)), []
    for count in range(1, len(pieces) + 1):
        ended = stops.met(range(count))
        told.append(stops.sure("".join(pieces[:count]), over=ended))
        if ended:
            break
    return told, stops


def test_the_beginning_of_a_text_that_ends_an_answer_waits() -> None:
    told, stops = _stops(["Hel", "lo ", "wor", "k wo", "rl", "d!"], "world", "zzz")
    assert told == ["Hel", "Hello ", "Hello ", "Hello work ", "Hello work ", "Hello work "]
    assert stops.said(over=True) == 4
    told, stops = _stops(["a", "b"], "abc")
    assert told == ["", ""]
    assert stops.sure("ab", over=True) == "ab"
    assert (stops.said(over=False), stops.said(over=True)) == (0, 2)
    told, stops = _stops(["xSTOPy"], "STOP", "xS")  # the first of several in the text counts
    assert (told, stops.said(over=True)) == ([""], 0)


def test_names_are_short_readable_and_keep_their_number() -> None:
    assert public_name("Support bot", "tuned:3", 1) == "support-bot-tuned-3"
    assert public_name("SmolLM2-135M (Instruct)", "base", 2) == "smollm2-135m-instruct-base-2"
    assert public_name("客服 助手", "tuned:4", 1) == "客服-助手-tuned-4"
    assert public_name("../ 💡", "tuned:5", 1) == "tuned-5"
    assert len(public_name("x" * 300, "tuned:6", 1)) == 60 + len("-tuned-6")


def test_seeds_of_several_answers_differ() -> None:
    seeds = [seed_of(first, answer) for first in (0, 1, 2**63 - 1) for answer in range(16)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= one < 2**63 for one in seeds)
    assert seed_of(7, 0) == 7


@pytest.mark.parametrize("name", ["llama-2", "gemma-2", "qwen-3", "opt", "mistral"])
def test_tokens_are_spelt_byte_by_byte(zoo: ZooKeeper, name: str) -> None:
    template = isolated(zoo.tokenizer(name), name)
    text = "The kettle is über 你好 🙂!"
    ids = template.token_ids(text)
    spelt = b"".join(one for one, hidden in template.spelled(ids) if not hidden)
    assert spelt.decode("utf-8").strip() == template.text_behind(ids).strip()


def test_every_parameter_says_in_every_language_what_it_does() -> None:
    for param in (one for endpoint in ENDPOINTS for one in endpoint.params):
        assert len({param.help.in_(language) for language in LANGUAGES}) == len(LANGUAGES)
    for endpoint in ENDPOINTS:
        keys = [one.key for one in endpoint.params]
        assert len(set(keys)) == len(keys)


def test_too_much_at_once_is_refused_and_work_ends_with_its_asker() -> None:
    heard: list[str] = []

    def work(halt: Halt) -> Iterator[str]:
        with halt.calls(lambda: heard.append("stop")):
            yield "first"
            while not halt.called:
                pass
        heard.append("ended")

    async def ask() -> None:
        bridge = Bridge(1)
        crossing = bridge.begin(work)
        assert await crossing.next() == "first"
        with pytest.raises(Fault, match=r"api\.busy"):
            bridge.begin(work)

        async def gone() -> dict[str, str]:
            return {"type": "http.disconnect"}

        assert await crossing.heard(gone) is None
        assert await crossing.next() is None
        bridge.begin(work).halt.call()

    with ThreadPoolExecutor(1) as apart:  # a browser of other tests has a loop of its own in this thread
        apart.submit(asyncio.run, ask()).result()
    assert heard[:2] == ["stop", "ended"]


def test_an_error_that_nobody_foresaw_tells_nothing_of_the_inside() -> None:
    told = error_body("en", ZeroDivisionError("secret"))["error"]
    assert (told["type"], "secret" in told["message"]) == ("server_error", False)
