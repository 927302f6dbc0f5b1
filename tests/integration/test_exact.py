"""How answers were made: the exact prompt, the same once more, and where two models differ."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.templates.template import ChatTemplate
from engine.methods import METHODS
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.blind import new_blind
from engine.services.chat.conversations import Chat
from engine.services.chat.exact.again import ask_again
from engine.services.chat.exact.differences import differences
from engine.services.chat.exact.kept import kept_answer, kept_answers
from engine.services.chat.exact.view import exact_answer, sure_answers
from engine.serving.made_by import ids_sha256, packed, unpacked_ids
from storage.queries import conversations
from storage.tables import Conversation, LanguageModel
from tests.homes import new_home
from tests.integration.chat_here import HereClient, chat_here
from tests.integration.chat_models import add_base, add_result, add_tuned, stir
from tests.tiny import SPECIAL_TOKENS, add_dataset, write_model, write_tokenizer

PROMPT = "Tell me about the lantern. <|im_end|>"


@dataclass
class World:
    """A home with the tiny base, an adapter, examples, and a chat in this process."""

    ctx: Context
    chat: Chat
    client: HereClient
    base: int
    tuned: int
    shots: int

    @property
    def side(self) -> str:
        return f"tuned:{self.tuned}"

    def asked(self, *tuned: int, **settings: Any) -> int:
        """A conversation with one turn."""
        conversation = self.chat.open(self.base, tuned or (self.tuned,), {"max_tokens": 24, **settings})
        assert {event["status"] for event in self.chat.ask(conversation, PROMPT)} >= {"complete"}
        return conversation

    @property
    def template(self) -> ChatTemplate:
        with self.ctx.db.read() as s:
            return ChatTemplate.load(tokenizer_folder(self.ctx.settings, s.get_one(LanguageModel, self.base)))

    def ids(self, conversation: int, side: str) -> tuple[int, ...]:
        return kept_answer(self.ctx, conversation, 1, side).ended_ids


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    threads = torch.get_num_threads()
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    tuned = add_tuned(ctx, base, dataset, name="House style", scale=0.3)
    shots = add_result(ctx, base, dataset, next(method for method in METHODS if method.saves == "shots"))
    chat, client = chat_here(ctx)
    yield World(ctx, chat, client, base, tuned, shots)
    chat.close()
    ctx.db.close()
    torch.set_num_threads(threads)


def test_an_answer_keeps_the_exact_prompt_and_all_that_it_was_made_with(world: World) -> None:
    conversation = world.asked(system="Be brief.", temperature=0.7, seed=11)
    made = exact_answer(world.ctx, conversation, 1, world.side)
    asked = world.client.requests[-1].asks[1]
    text = "".join(part["text"] for part in made["prompt"])
    assert text == world.template.decode(asked.ids, skip_special=False)
    assert (made["prompt_tokens"], made["prompt_sha256"]) == (len(asked.ids), ids_sha256(asked.ids))
    marks = [part["text"] for part in made["prompt"] if part["control"]]
    assert marks == ["<|im_start|>", "<|im_end|>"] * 2 + ["<|im_start|>"], "what a person typed is no control token"
    assert text.count("<|im_end|>") == 3
    assert (made["temperature"], made["top_p"], made["max_tokens"], made["seed"]) == (0.7, 0.95, 24, 11)
    assert (made["device"], made["precision"]) == ("cpu", "fp32")
    assert made["engine"] == tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert all(made[name] for name in ("threads", "first_token_s", "tokens_per_second", "template_sha256"))  # type: ignore[literal-required]
    assert made["same_weights"] is True
    assert any(one.startswith("torch ") for one in made["libraries"])
    answers = {message["side"]: message for message in world.chat.view(conversation)["messages"]}
    assert all("made_by" not in message for message in answers.values())
    words = {one["side"]: one for one in sure_answers(world.ctx, conversation, 1)}
    for side in ("base", world.side):
        said = "".join(word["text"] for word in words[side]["words"])
        for token in SPECIAL_TOKENS:  # a random model says them; nobody sees them in its answer
            said = said.replace(token, "")
        assert answers[side]["content"]
        assert answers[side]["content"] in said
        assert words[side]["tokens"] == len(kept_answer(world.ctx, conversation, 1, side).answer_ids)
        assert all(0 <= word["share"] <= 1 and len(word["others"]) <= 5 for word in words[side]["words"])


def test_examples_stand_in_the_prompt_of_the_side_that_has_them(world: World) -> None:
    conversation = world.asked(world.shots)
    base, shown = (exact_answer(world.ctx, conversation, 1, side) for side in ("base", f"tuned:{world.shots}"))
    assert sum(part["text"] == "<|im_start|>" for part in shown["prompt"]) > sum(
        part["control"] for part in base["prompt"]
    )
    found = differences(world.ctx, world.chat, conversation, 1, "base", f"tuned:{world.shots}")
    assert not found["same_prompt"], "the same weights, behind another prompt"
    assert found["largest"]


def test_the_same_comes_again_and_nothing_of_the_conversation_changes(world: World) -> None:
    conversation = world.asked(temperature=0.9)
    before = world.chat.view(conversation)["messages"]
    world.chat.update(conversation, settings={"temperature": 0.0, "seed": 5, "system": "Other."})
    for side in ("base", world.side):
        again = ask_again(world.ctx, world.chat, conversation, 1, side)
        assert (again["same"], again["at"], again["device"], again["precision"]) == (True, None, "cpu", "fp32")
        assert again["text"] == kept_answer(world.ctx, conversation, 1, side).content
    assert world.chat.view(conversation)["messages"] == before


def test_another_reads_an_answer_as_its_own_plain_pass_would(world: World) -> None:
    conversation = world.asked()
    found = differences(world.ctx, world.chat, conversation, 1, world.side, "base")
    prompt, answer = kept_answer(world.ctx, conversation, 1, "base").prompt_ids, world.ids(conversation, world.side)
    with torch.inference_mode():
        model = world.client._server._models._bases["base"]._model
        logs = (
            model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0].double().log_softmax(-1)[len(prompt) - 1 : -1]
        )
    told = sum(word["difference"] for word in found["words"])
    own = kept_answer(world.ctx, conversation, 1, world.side)
    read = sum(float(row[token]) for row, token in zip(logs, answer, strict=True))
    assert found["same_prompt"]
    assert "".join(word["text"] for word in found["words"]) == world.template.decode(answer, skip_special=False).rstrip(
        "\ufffd"
    )
    shares = [word["own"] for word in found["words"]]
    assert shares == pytest.approx(
        [word[1] for word in [*own.made_by["words"], *([own.made_by["end"]] if found["ended"] else [])]], rel=5e-3
    )
    assert told == pytest.approx(
        sum(float(torch.tensor(one, dtype=torch.double).log()) for one in shares) - read, abs=0.05
    )
    largest = [abs(place["difference"]) for place in found["largest"]]
    assert largest == sorted(largest, reverse=True)
    assert largest[0] == max(abs(word["difference"]) for word in found["words"])
    for place in found["largest"]:
        assert place["other"][0]["share"] >= found["words"][place["place"]]["other"] - 1e-4
        assert place["text"] == found["words"][place["place"]]["text"]


def test_answers_at_temperature_0_part_where_they_say_another_word(world: World) -> None:
    conversation = world.asked()
    mine, theirs = world.ids(conversation, world.side), world.ids(conversation, "base")
    found = differences(world.ctx, world.chat, conversation, 1, world.side, "base")
    place = next(n for n, (one, other) in enumerate(zip(mine, theirs, strict=False)) if one != other)
    parting = found["greedy"]
    assert parting is not None
    assert (parting, True) == (found["first"], found["greedy_own"])
    before = "".join(word["text"] for word in found["words"][: parting["place"]])
    assert before == world.template.decode(mine[:place], skip_special=False).rstrip("\ufffd")
    drawn = world.asked(temperature=1.5, seed=3)
    assert world.ids(drawn, world.side) != mine
    again = differences(world.ctx, world.chat, drawn, 1, world.side, "base")
    assert not again["greedy_own"]
    assert again["greedy"] is not None
    assert {name: again["greedy"][name] for name in ("place", "text")} == {
        name: parting[name] for name in ("place", "text")
    }  # type: ignore[literal-required]


def test_what_was_found_is_kept_until_something_else_is_answered(world: World) -> None:
    conversation = world.asked(temperature=0.8)
    found = differences(world.ctx, world.chat, conversation, 1, "base", world.side)
    asked = len(world.client.requests)
    assert differences(world.ctx, world.chat, conversation, 1, "base", world.side) == found
    assert len(world.client.requests) == asked
    list(world.chat.regenerate(conversation))
    assert differences(world.ctx, world.chat, conversation, 1, "base", world.side)["words"] != found["words"]


def test_what_cannot_be_asked_for_says_why(world: World) -> None:
    conversation = world.asked()
    for call, code in (
        (lambda: differences(world.ctx, world.chat, conversation, 1, "base", "base"), "exact.same_side"),
        (lambda: exact_answer(world.ctx, conversation, 7, "base"), NotFound),
        (lambda: ask_again(world.ctx, world.chat, conversation, 1, "tuned:99"), NotFound),
    ):
        with pytest.raises(NotFound if code is NotFound else Fault, match=None if code is NotFound else str(code)):
            call()
    with world.ctx.db.write() as s:
        for row in conversations.answers_with_makers(s, conversation, 1):
            if row.side == "base":
                row.weights_hash = "other"
            else:
                row.made_by = {}
    with pytest.raises(Fault, match=r"exact\.other_weights"):
        ask_again(world.ctx, world.chat, conversation, 1, "base")
    with pytest.raises(Fault, match=r"exact\.not_kept"):
        ask_again(world.ctx, world.chat, conversation, 1, world.side)
    old = exact_answer(world.ctx, conversation, 1, world.side)
    assert (old["prompt"], old["again"], old["tokens"]) == ([], False, 24)
    assert old["seed"] is not None
    assert [one["words"] == [] for one in sure_answers(world.ctx, conversation, 1)] == [False, True]
    assert exact_answer(world.ctx, conversation, 1, "base")["same_weights"] is False
    assert len(kept_answers(world.ctx, conversation, 1)) == 2


def _another_base(world: World, *, tokenizer: str = "") -> str:
    """The side of another base, with the same tokens or with `tokenizer` added to its file."""
    folder = world.ctx.settings.folder("models", f"other{len(tokenizer)}")
    weights = stir(write_model(folder / "weights", seed=7, tied=False)) / "model.safetensors"
    tokens = write_tokenizer(folder / "tokenizer") / "tokenizer.json"
    tokens.write_text(tokens.read_text(encoding="utf-8") + tokenizer, encoding="utf-8")
    with world.ctx.db.write() as s:
        row = s.get_one(LanguageModel, world.base)
        kept = {name: getattr(row, name) for name in ("source", "status", "config", "parameters", "context_length")}
        paths = {
            "path": world.ctx.settings.relative(weights.parent),
            "tokenizer_path": world.ctx.settings.relative(tokens.parent),
        }
        sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
        other = LanguageModel(name="Other", ref=str(folder), weights_hash=sha256, **kept, **paths)
        s.add(other)
        s.flush()
        return f"model:{other.id}"


def test_a_model_of_another_base_reads_it_where_its_tokens_are_the_same(world: World) -> None:
    same, strange = _another_base(world), _another_base(world, tokenizer="\n")
    conversation = world.chat.open(world.base, settings={"max_tokens": 8}, sides=["base", same, strange])
    list(world.chat.ask(conversation, PROMPT))
    assert exact_answer(world.ctx, conversation, 1, same)["template"] == "Other"
    assert differences(world.ctx, world.chat, conversation, 1, same, "base")["largest"]
    assert ask_again(world.ctx, world.chat, conversation, 1, same)["same"]
    with pytest.raises(Fault, match=r"exact\.other_tokens"):
        differences(world.ctx, world.chat, conversation, 1, strange, "base")


def test_nothing_is_told_while_nobody_may_know_who_answered(world: World) -> None:
    conversation = world.asked()
    with world.ctx.db.write() as s:
        s.get_one(Conversation, conversation).blind = new_blind((), apart=False, reveal=False)
    for call in (exact_answer, lambda *asked: sure_answers(*asked[:3])):
        with pytest.raises(Fault, match=r"chat\.blind"):
            call(world.ctx, conversation, 1, "base")


@pytest.mark.parametrize("ids", [(), (0,), tuple(range(0, 200_000, 997))])
def test_token_ids_come_back_as_they_were(ids: tuple[int, ...]) -> None:
    assert unpacked_ids(packed(ids)) == ids
