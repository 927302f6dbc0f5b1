"""What each word was worth: probabilities are the model's own, halves of characters are joined, others' answers are read exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.data.templates.template import ChatTemplate
from engine.serving.protocol import (
    BASE,
    Ask,
    Forced,
    Request,
    ResidentModels,
    Weights,
    encode,
    read_request,
    request_message,
)
from engine.serving.runtime.adapted_model import AdaptedModel, SharedBase
from engine.serving.runtime.forced import force
from engine.serving.runtime.generation import generate
from engine.serving.runtime.loading import load_model
from engine.serving.words import HALF, TokenWorth, words_of
from tests import tiny
from tests.integration.chat_models import stir, write_adapter

PLAN = ResidentModels("it", Weights(BASE, "base", ""), (), "", "cpu", "fp32", 1)
QUESTION = [{"role": "user", "content": "Tell me about the lantern."}]
OTHERS = 5


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stir(tiny.write_model(tmp_path_factory.mktemp("base") / "it", tied=False))


@pytest.fixture(scope="module")
def template(folder: Path) -> ChatTemplate:
    return ChatTemplate.load(folder)


@pytest.fixture(scope="module")
def shared(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> SharedBase:
    trunk = SharedBase(load_model(folder, "fp32", "cpu"))
    trunk.add("tuned-1", str(write_adapter(folder, tmp_path_factory.mktemp("adapter") / "it", scale=0.3)))
    return trunk


def answered(
    shared: SharedBase, template: ChatTemplate, *asks: Ask, words: int = OTHERS, heat: float = 0.0
) -> dict[str, Any]:
    """The last event of each side."""
    events: list[dict[str, Any]] = []
    request = Request(1, PLAN, asks, heat, 1.0, tuple(template.eos_ids), words=words)
    generate(
        request, {key: AdaptedModel(shared, key) for key in (BASE, "tuned-1")}, template, lambda: False, events.append
    )
    return {event["side"]: event for event in events if event["event"] == "side"}


def own_shares(shared: SharedBase, ids: list[int]) -> torch.Tensor:
    """Probabilities of all tokens behind each token, by one pass of the model without any of ours."""
    with torch.inference_mode():
        scores: torch.Tensor = shared._model(input_ids=torch.tensor([ids])).logits[0].double().softmax(-1)
    return scores


@pytest.mark.parametrize("heat", [0.0, 0.9])
def test_words_are_worth_what_the_model_itself_gives_them(
    shared: SharedBase, template: ChatTemplate, heat: float
) -> None:
    prompt = template.encode_prompt(QUESTION)
    event = answered(shared, template, Ask("base", BASE, tuple(prompt), 3, 24), heat=heat)["base"]
    ids = event["ids"]
    shares = own_shares(shared, [*prompt, *ids])[len(prompt) - 1 :]
    assert len(ids) == 24
    place = 0
    for text, share, others, entropy in event["words"]:
        count = next(n for n in range(1, 5) if template.pieces(ids[: place + n])[-1])
        expected = math.prod(float(shares[place + n, ids[place + n]]) for n in range(count))
        assert share == pytest.approx(expected, rel=2e-3)
        assert entropy == pytest.approx(
            max(float(torch.special.entr(shares[place + n]).sum()) for n in range(count)), abs=2e-3
        )
        assert [one for _text, one in others] == sorted((one for _text, one in others), reverse=True)
        assert text not in [other for other, _share in others]
        if count == 1:
            best = [int(n) for n in shares[place].argsort(descending=True) if int(n) != ids[place]][:OTHERS]
            told = {template.decode([n], skip_special=False) for n in best}
            assert {other for other, _share in others} <= told
            assert others[0][1] >= round(float(shares[place, best[0]]), 4) - 1e-3
        place += count
    assert "".join(word[0] for word in event["words"]) == template.decode(ids, skip_special=False).rstrip(HALF)


def test_nothing_is_told_unless_it_is_asked_for_and_it_changes_no_answer(
    shared: SharedBase, template: ChatTemplate
) -> None:
    asks = [
        Ask(side, key, tuple(template.encode_prompt(QUESTION)), 3, 20)
        for side, key in (("base", BASE), ("tuned:1", "tuned-1"))
    ]
    plain, told = (answered(shared, template, *asks, words=words) for words in (0, OTHERS))
    assert all(not {"ids", "words", "end"} & set(event) for event in plain.values())
    assert {side: event["text"] for side, event in plain.items()} == {
        side: event["text"] for side, event in told.items()
    }
    assert told["base"]["ids"] != told["tuned:1"]["ids"]


def test_the_end_is_a_word_of_its_own(shared: SharedBase, template: ChatTemplate) -> None:
    prompt = tuple(template.encode_prompt(QUESTION))
    ids = answered(shared, template, Ask("base", BASE, prompt, 3, 12))["base"]["ids"]
    place = next(n for n in range(1, 12) if ids[n] not in ids[:n])
    events: list[dict[str, Any]] = []
    request = Request(1, PLAN, (Ask("base", BASE, prompt, 3, 12),), 0.0, 1.0, (ids[place],), words=OTHERS)
    generate(request, {BASE: AdaptedModel(shared, BASE)}, template, lambda: False, events.append)
    event = events[-1]
    share = float(own_shares(shared, [*prompt, *ids[:place]])[-1, ids[place]])
    assert (event["reason"], event["ids"]) == ("end", ids[:place])
    assert event["end"][1] == pytest.approx(share, rel=2e-3)


@pytest.mark.parametrize("pieces", [True, False])
def test_an_answer_of_another_is_read_as_a_plain_pass_reads_it(
    shared: SharedBase, template: ChatTemplate, pieces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "pieces", pieces)
    monkeypatch.setattr("engine.serving.runtime.forced._PROMPT_TOKENS", 7)
    monkeypatch.setattr("engine.serving.runtime.forced._ANSWER_TOKENS", 5)
    prompt = tuple(template.encode_prompt(QUESTION))
    answer = tuple(answered(shared, template, Ask("tuned:1", "tuned-1", prompt, 3, 24))["tuned:1"]["ids"])
    events: list[dict[str, Any]] = []
    both = (
        Forced(BASE, prompt + answer, len(answer)),
        Forced("tuned-1", prompt + answer, len(answer)),
        Forced(BASE, prompt[:1] + answer[:1], 1),
        Forced(BASE, prompt, 0),
    )
    request = read_request(read_back(request_message(Request(1, PLAN, words=OTHERS, forced=both))))
    assert request.forced == both
    force(request, {key: AdaptedModel(shared, key) for key in (BASE, "tuned-1")}, lambda: False, events.append)
    assert [event["place"] for event in events] == [0, 1, 2, 3]
    shares = own_shares(shared, [*prompt, *answer])[len(prompt) - 1 : -1]
    by_base, by_itself = ([TokenWorth(*worth) for worth in event["worths"]] for event in events[:2])
    for worth, token, share in zip(by_base, answer, shares, strict=True):
        assert worth.token == token
        assert worth.log_probability == pytest.approx(float(share[token].log()), abs=1e-3)
        assert next(number for number, _share in worth.others) == next(
            int(n) for n in share.argsort(descending=True) if int(n) != token
        )
    own = answered(shared, template, Ask("tuned:1", "tuned-1", prompt, 3, 24))["tuned:1"]["words"]
    assert [word[1] for word in words_of(template, by_itself)] == pytest.approx([word[1] for word in own], rel=1e-3)
    assert len(events[2]["worths"]) == 1
    assert events[3]["worths"] == []


def read_back(message: dict[str, Any]) -> dict[str, Any]:
    import json

    raw: dict[str, Any] = json.loads(encode(message))["request"]
    return raw


def test_halves_of_a_character_are_one_word(template: ChatTemplate) -> None:
    ids = template.tokenizer.encode("a🌸é你").ids
    others = tuple(template.tokenizer.encode("🌧").ids[-1:])
    worths = [TokenWorth(token, math.log(0.5), tuple((other, 0.25) for other in others), 1.0) for token in ids]
    words = words_of(template, worths)
    assert "".join(word[0] for word in words) == "a🌸é你"
    flower = next(word for word in words if word[0] == "🌸")
    pieces = len(template.tokenizer.encode("🌸").ids)
    assert pieces > 1
    assert flower[1] == pytest.approx(0.5**pieces)
    assert flower[3] == pytest.approx(1.0)
    assert words_of(template, worths[:2])[0][0] == "a", "a character that is not whole yet is no word"
    assert len(words_of(template, worths[:2])) == 1
