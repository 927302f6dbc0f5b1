"""Conversations that branch, prompts with variables: on tiny models, with everything that is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from engine.core.errors import Fault, NotFound
from engine.services.chat.conversations import Chat
from engine.services.chat.turns import branches
from engine.services.data.annotation import feedback
from engine.services.data.annotation.annotation_queue import queue
from storage.tables import Conversation, Message
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.integration.test_chat import World
from tests.tiny import add_dataset

QUESTIONS = ("Tell me about the lantern.", "And the kettle?", "And the falcon?")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    adapter = add_tuned(ctx, base, dataset, name="House style")
    chat = Chat(ctx)
    yield World(ctx, chat, base, adapter, adapter)
    chat.close()
    ctx.db.close()


@pytest.fixture(scope="module")
def talk(world: World) -> int:
    """A conversation of three turns, which nothing changes."""
    conversation = world.open(max_tokens=4)
    for question in QUESTIONS:
        world.ask(conversation, question)
    with world.ctx.db.write() as s:
        s.scalars(select(Message).where(Message.conversation_id == conversation, Message.side == "base")).first().made_by = {"prompt": "<user>"}  # type: ignore[union-attr]  # fmt: skip
    return conversation


def rows(world: World, conversation: int) -> list[tuple[Any, ...]]:
    """All that is stored of the messages."""
    with world.ctx.db.read() as s:
        found = s.scalars(select(Message).where(Message.conversation_id == conversation).order_by(Message.id))
        kept = ("turn", "role", "side", "content", "status", "weights_hash", "stats", "made_by", "created_at")
        return [tuple(getattr(one, name) for name in kept) for one in found]


def finished(world: World, conversation: int) -> dict[str, Any]:
    """The view once nothing is being answered any more."""
    list(world.chat.follow(conversation))
    return dict(world.chat.view(conversation))


def walk(world: World, conversation: int) -> dict[int, tuple[int, list[int]]]:
    return {one["turn"]: (one["place"], one["conversations"]) for one in world.chat.view(conversation)["versions"]}


def test_an_edited_question_is_a_branch_and_nothing_of_the_old_is_lost(world: World, talk: int) -> None:
    before = rows(world, talk)
    new = branches.ask_instead(world.ctx, world.chat, talk, 2, "And the bridge?")
    view = finished(world, new)
    assert rows(world, talk) == before
    assert rows(world, new)[:3] == before[:3]  # with the numbers of each answer and what made it
    assert [m["content"] for m in view["messages"] if m["role"] == "user"] == [QUESTIONS[0], "And the bridge?"]
    assert {m["status"] for m in view["messages"]} == {"complete"}
    third = branches.ask_instead(world.ctx, world.chat, new, 2, "And the tower?")
    finished(world, third)
    assert walk(world, talk) == {2: (0, [talk, new, third])}
    assert walk(world, third) == {2: (2, [talk, new, third])}
    world.ask(new, "Which one is higher?")
    other = branches.ask_instead(world.ctx, world.chat, new, 3, "Which one is older?")
    finished(world, other)
    assert walk(world, new) == {2: (1, [talk, new, third]), 3: (0, [new, other])}
    assert walk(world, talk) == {2: (0, [talk, other, third])}  # of one version, what was used last
    world.chat.delete(new)
    assert walk(world, other) == {2: (1, [talk, other, third])}
    listed = [(one["id"], one["root"], one["branch_prompt"]) for one in world.chat.list() if one["root"] == talk]
    assert listed == [(talk, talk, ""), (third, talk, "And the tower?"), (other, talk, "Which one is older?")]


def test_a_branch_goes_on_from_what_a_person_made_of_an_answer(world: World, talk: int) -> None:
    before = rows(world, talk)
    new = branches.correct(world.ctx, talk, 1, "base", "A lantern holds a light.")
    stored = world.answers(new, 1)
    assert (stored["base"]["content"], stored["base"]["weights_hash"]) == ("A lantern holds a light.", None)
    assert stored["base"]["stats"] == {"edited": True}
    assert stored[f"tuned:{world.adapter}"]["content"] == before[2][3]
    told = world.ask(new, QUESTIONS[1])
    again = world.answers(talk, 2)
    assert told["base"]["stats"]["prompt_tokens"] != again["base"]["stats"]["prompt_tokens"]
    assert told[f"tuned:{world.adapter}"]["text"] == again[f"tuned:{world.adapter}"]["content"]
    assert rows(world, talk) == before
    with pytest.raises(Fault, match=r"chat\.empty_answer"):
        branches.correct(world.ctx, talk, 1, "base", "  ")
    with pytest.raises(NotFound):
        branches.correct(world.ctx, talk, 1, "tuned:99", "x")
    whole = branches.branch(world.ctx, talk, 3)
    assert rows(world, whole) == before
    with pytest.raises(NotFound):
        branches.branch(world.ctx, talk, 4)


def test_one_side_answers_again_alone_and_an_earlier_turn_in_a_branch(world: World, talk: int) -> None:
    before = rows(world, talk)
    warm = branches.branch(world.ctx, talk, 3)
    world.chat.update(warm, settings={"temperature": 1.5, "max_tokens": 24})
    side = f"tuned:{world.adapter}"
    assert branches.answer_again(world.ctx, world.chat, warm, 3, side) == warm
    finished(world, warm)
    now = {row[:3]: row for row in rows(world, warm)}
    changed = [row[:3] for row in before if now[row[:3]] != row]
    assert changed == [(3, "assistant", side)]
    one = branches.answer_again(world.ctx, world.chat, warm, 2, side)
    finished(world, one)
    assert one != warm
    assert rows(world, one)[:-1] == before[:5]
    assert rows(world, one)[-1][:3] == (2, "assistant", side)
    assert rows(world, one)[-1][3] != before[5][3]
    every = branches.answer_again(world.ctx, world.chat, warm, 1)
    assert [m["turn"] for m in finished(world, every)["messages"]] == [1, 1, 1]
    place, made = walk(world, every)[1]
    assert (place, made[place]) == (len(made) - 1, every)
    assert rows(world, talk) == before
    with pytest.raises(NotFound):
        branches.answer_again(world.ctx, world.chat, warm, 3, "tuned:99")
    with pytest.raises(NotFound):
        branches.answer_again(world.ctx, world.chat, warm, 9)


def test_what_cannot_be_asked_leaves_no_branch(world: World, talk: int) -> None:
    with world.ctx.db.read() as s:
        many = len(list(s.scalars(select(Conversation.id))))
    for prompt, values, code in (
        ("lamp " * 900, None, "chat.too_long"),
        (" ", None, "chat.empty"),
        ("Where is {{town}}?", {}, "chat.variables_missing"),
    ):
        with pytest.raises(Fault) as refused:
            branches.ask_instead(world.ctx, world.chat, talk, 2, prompt, values)
        assert refused.value.code == code
    with world.ctx.db.read() as s:
        assert len(list(s.scalars(select(Conversation.id)))) == many


def test_variables_are_filled_kept_and_asked_again(world: World) -> None:
    conversation = world.open(max_tokens=4, system="You guide people through {{town}}.")
    values = {"town": "Rome", "sight": "the {{bridge}}"}
    list(world.chat.ask(conversation, "Tell me of {{ sight }} and {{{{x}}.", values=values))
    asked = world.chat.view(conversation)["messages"][0]
    assert asked["content"] == "Tell me of the {{bridge}} and {{x}}."
    assert asked["stats"] == {"template": "Tell me of {{ sight }} and {{{{x}}.", "values": values}
    tokens = world.answers(conversation, 1)["base"]["stats"]["prompt_tokens"]
    list(world.chat.regenerate(conversation))
    assert world.answers(conversation, 1)["base"]["stats"]["prompt_tokens"] == tokens
    plain = world.open(max_tokens=4, system="You guide people through Rome.")
    assert world.ask(plain, "Tell me of the {{bridge}} and {{x}}.")["base"]["stats"]["prompt_tokens"] == tokens
    with pytest.raises(Fault, match="town"):
        list(world.chat.ask(conversation, "And {{sight}}?", values={"sight": "it"}))
    feedback.collect_answer(world.ctx, conversation, 1, "base", question="q", answer="a")
    assert queue(world.ctx)["rows"][-1]["row"]["messages"][0]["content"] == "You guide people through Rome."
