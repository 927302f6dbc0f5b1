"""The queue in front of the model, the settings of a chat, and drawing tokens."""

from __future__ import annotations

import threading
import time

import pytest

from engine.core.errors import Fault, SpecError
from engine.services.chat.settings import CHAT_PARAMS, read_chat_settings
from engine.serving.process.fair_queue import FairQueue
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights, encode, read_request, request_message


def test_a_hundred_at_once_are_served_one_by_one_in_order() -> None:
    turns, served, inside = FairQueue(), [], []

    def serve(number: int) -> None:
        with turns.turn(lambda _place: True) as mine:
            assert mine
            inside.append(number)
            assert len(inside) == 1
            served.append(number)
            inside.remove(number)

    with turns.turn(lambda _place: True):
        threads = [threading.Thread(target=serve, args=(number,)) for number in range(100)]
        for place, thread in enumerate(threads):
            thread.start()
            while turns.waiting < place + 2:
                time.sleep(0.001)
    for thread in threads:
        thread.join(timeout=30)
    assert served == list(range(100))
    assert turns.waiting == 0


def test_who_gives_up_leaves_the_queue_and_a_full_queue_refuses() -> None:
    turns = FairQueue(most_waiting=2)
    places: list[int] = []

    def give_up(place: int) -> bool:
        places.append(place)
        return False

    with turns.turn(lambda _place: True) as first:
        assert first
        with turns.turn(give_up) as second:
            assert not second
            with pytest.raises(Fault, match=r"chat\.queue_full"), turns.turn(give_up):
                pass
    assert places == [1]
    assert turns.waiting == 0


def test_settings_are_capped_and_filled_in() -> None:
    read = read_chat_settings({"max_tokens": 10**9, "temperature": -3, "top_p": "0.5", "system": "  Be brief. "})
    assert read == {
        "system": "Be brief.",
        "temperature": 0.0,
        "top_p": 0.5,
        "max_tokens": 2048,
        "seed": None,
        "weights": "full",
    }
    assert read_chat_settings(None) == {param.key: param.default for param in CHAT_PARAMS}
    assert read_chat_settings({"seed": ""})["seed"] is None
    with pytest.raises(SpecError) as refused:
        read_chat_settings({"temperature": "warm", "max_tokens": float("nan")})
    assert set(refused.value.faults) == {"chat.temperature", "chat.max_tokens"}


def test_requests_survive_the_wire() -> None:
    import json

    plan = ResidentModels(
        "1:x", Weights(BASE, "base", "/b"), (Weights("tuned-1", "adapter", "/t"),), "/k", "cpu", "fp32", 2, ("a",)
    )
    request = Request(4, plan, (Ask("base", BASE, (1, 2, 3), 9, 16),), 0.5, 0.9, (2,))
    line = encode(request_message(request))
    assert line.count(b"\n") == 1
    assert read_request(json.loads(line)["request"]) == request


def test_top_p_draws_only_from_the_likely_tokens() -> None:
    import torch

    from engine.serving.runtime.sampling import next_token

    logits = torch.log(torch.tensor([0.05, 0.5, 0.3, 0.15]))
    generator = torch.Generator().manual_seed(1)
    drawn = [next_token(logits, 1.0, 0.75, generator) for _ in range(300)]
    assert set(drawn) == {1, 2}
    assert 140 < drawn.count(1) < 235  # 0.5 of 0.8
    assert {next_token(logits, 1.0, 1.0, generator) for _ in range(300)} == {0, 1, 2, 3}
    assert next_token(logits, 0.0, 1.0, generator) == 1
    assert {next_token(logits, 2.0, 1e-6, generator) for _ in range(20)} == {1}
    with pytest.raises(Fault, match=r"chat\.not_finite"):
        next_token(torch.full((4,), float("nan")), 0.0, 1.0, generator)


@pytest.mark.parametrize("top_p", [0.2, 0.95, 0.9999])
def test_the_likely_tokens_of_many_are_those_of_all_put_in_order(monkeypatch: pytest.MonkeyPatch, top_p: float) -> None:
    import torch

    from engine.serving.runtime import sampling

    logits = torch.randn(600, generator=torch.Generator().manual_seed(4)) * 2
    drawn = []
    for few in (40, 10_000):
        monkeypatch.setattr(sampling, "_FEW", few)
        generator = torch.Generator().manual_seed(5)
        drawn.append([sampling.next_token(logits, 1.0, top_p, generator) for _ in range(200)])
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) > 1
