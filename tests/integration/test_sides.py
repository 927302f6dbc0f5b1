"""Many sides at once: the base, results and checkpoints on top of it, and models of another base beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.hardware import cpu
from engine.services.chat import question_lists
from engine.services.chat.conversations import Chat
from storage.job_tables import Checkpoint
from storage.tables import Conversation, LanguageModel, TunedModel
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_checkpoint, add_other_base, add_reward_model, add_tuned
from tests.tiny import add_dataset

PROMPT = "Tell me about the lantern."


@dataclass
class World:
    """A home with two bases and much on top of them, and a chat."""

    ctx: Context
    chat: Chat
    base: int
    other: int
    tuned: tuple[int, ...]  # two adapters and a whole model of the base
    strange: int  # an adapter of the other base
    checkpoint: int

    @property
    def all(self) -> list[str]:
        """Seven sides, not in the order of their kinds."""
        first, second, whole = (f"tuned:{one}" for one in self.tuned)
        return [
            first,
            "base",
            f"checkpoint:{self.checkpoint}",
            f"model:{self.other}",
            whole,
            f"tuned:{self.strange}",
            second,
        ]

    def open(self, *sides: str, **settings: Any) -> int:
        return self.chat.open(self.base, settings={"max_tokens": 8, **settings}, sides=sides)

    def ask(self, conversation: int, prompt: str = PROMPT) -> dict[str, Any]:
        return {event["side"]: event for event in self.chat.ask(conversation, prompt)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    other = add_other_base(ctx)
    tuned = (
        add_tuned(ctx, base, dataset, name="First"),
        add_tuned(ctx, base, dataset, name="Second", seed=2),
        add_tuned(ctx, base, dataset, name="Whole", method="full"),
    )
    strange = add_tuned(ctx, other, dataset, name="Strange", seed=4)
    chat = Chat(ctx)
    yield World(ctx, chat, base, other, tuned, strange, add_checkpoint(ctx, base, dataset))
    chat.close()
    ctx.db.close()


def test_all_kinds_of_sides_answer_together_each_as_it_does_alone(world: World) -> None:
    conversation = world.open(*world.all)
    view = world.chat.view(conversation)
    assert [side["side"] for side in view["sides"]] == world.all
    assert [side["kind"] for side in view["sides"]] == ["tuned", "base", "tuned", "base", "tuned", "tuned", "tuned"]
    assert (view["sides"][2]["label"], view["sides"][2]["step"]) == ("Underway @4", 4)
    assert [side["base"] for side in view["sides"]] == ["", "", "", "Other", "", "Other", ""]
    together = world.ask(conversation)
    assert {side: event["status"] for side, event in together.items()} == dict.fromkeys(world.all, "complete")
    assert len({event["text"] for event in together.values()}) == len(world.all), {
        s: e["text"] for s, e in together.items()
    }
    stored = {m["side"]: m for m in world.chat.view(conversation)["messages"] if m["role"] == "assistant"}
    assert len({one["weights_hash"] for one in stored.values()}) == len(world.all)
    for side in world.all:
        alone = world.ask(world.open(side))
        assert (list(alone), alone[side]["status"]) == ([side], "complete"), alone
        assert alone[side]["text"] == together[side]["text"], side
        assert alone[side]["stats"]["prompt_tokens"] == together[side]["stats"]["prompt_tokens"]
    as_itself = world.chat.open(world.other, settings={"max_tokens": 8}, sides=["base", f"tuned:{world.strange}"])
    home = world.ask(as_itself)  # in its own base's conversation
    assert home["base"]["text"] == together[f"model:{world.other}"]["text"]
    assert home[f"tuned:{world.strange}"]["text"] == together[f"tuned:{world.strange}"]["text"]


def test_sides_change_their_order_and_go(world: World) -> None:
    conversation = world.open(*world.all[:3])
    world.chat.update(conversation, sides=[world.all[2], "base"])
    assert [side["side"] for side in world.chat.view(conversation)["sides"]] == [world.all[2], "base"]
    world.chat.update(conversation, sides=[f"model:{world.base}", "base", "base"])
    assert [side["side"] for side in world.chat.view(conversation)["sides"]] == ["base"]
    world.chat.update(conversation, tuned_ids=[world.tuned[1]])
    assert [side["side"] for side in world.chat.view(conversation)["sides"]] == ["base", f"tuned:{world.tuned[1]}"]


def test_conversations_of_before_name_no_sides(world: World) -> None:
    with world.ctx.db.write() as s:
        old = Conversation(
            title="Old", base_model_id=world.base, tuned_ids=[world.tuned[0]], settings={"max_tokens": 8}
        )
        s.add(old)
        s.flush()
        conversation = old.id
    assert [side["side"] for side in world.chat.view(conversation)["sides"]] == ["base", f"tuned:{world.tuned[0]}"]
    assert len(world.ask(conversation)) == 2


def test_what_cannot_answer_is_refused(world: World) -> None:
    for name in ("tuned:99", "checkpoint:99", "model:99", "tuned:0", "nobody", "base:1", ""):
        with pytest.raises(NotFound):
            world.open("base", name)
    with pytest.raises(Fault, match=r"chat\.no_sides"):
        world.open()
    with pytest.raises(Fault, match=r"chat\.too_many_sides"):
        world.open(*[f"tuned:{number}" for number in range(1, 10)])
    with world.ctx.db.read() as s:
        dataset = s.get_one(TunedModel, world.tuned[0]).dataset_id
    with pytest.raises(Fault, match=r"reward\.scores"):
        world.open("base", f"tuned:{add_reward_model(world.ctx, world.base, dataset)}")
    with world.ctx.db.write() as s:
        s.get_one(LanguageModel, world.other).status = "known"
    with pytest.raises(Fault, match=r"chat\.beside_not_ready"):
        world.open("base", f"model:{world.other}")
    with world.ctx.db.write() as s:
        s.get_one(LanguageModel, world.other).status = "ready"


def test_a_side_that_fails_takes_no_other_with_it(world: World) -> None:
    with world.ctx.db.read() as s:
        dataset = s.get_one(TunedModel, world.tuned[0]).dataset_id
    broken = add_tuned(world.ctx, world.base, dataset, name="Broken", seed=8)
    with world.ctx.db.write() as s:
        row = s.get_one(TunedModel, broken)
        folder = world.ctx.settings.absolute(row.path)
        (folder / "adapter_config.json").write_text(
            '{"peft_type": "LORA", "r": 4, "target_modules": ["nothing"], "task_type": "CAUSAL_LM"}'
        )
    damaged = add_checkpoint(world.ctx, world.base, dataset, step=7)
    with world.ctx.db.read() as s:
        file = world.ctx.settings.absolute(s.get_one(Checkpoint, damaged).path) / "trained.safetensors"
    conversation = world.open("base", f"tuned:{broken}", f"checkpoint:{damaged}", f"tuned:{world.tuned[0]}")
    file.write_bytes(file.read_bytes()[:-1] + b"!")  # of the same size: only its hash tells
    said = world.ask(conversation)
    assert {side: event["status"] for side, event in said.items()} == {
        "base": "complete", f"tuned:{broken}": "failed", f"checkpoint:{damaged}": "failed", f"tuned:{world.tuned[0]}": "complete",
    }  # fmt: skip
    assert said[f"checkpoint:{damaged}"]["stats"]["error"] == {
        "code": "chat.checkpoint_damaged",
        "params": {"job": "Underway", "step": 7},
    }
    assert said[f"tuned:{broken}"]["stats"]["error"]["code"]
    assert said["base"]["text"] == world.ask(world.open("base"))["base"]["text"]


def test_a_checkpoint_that_was_removed_is_named_and_can_be_taken_out(world: World) -> None:
    with world.ctx.db.read() as s:
        dataset = s.get_one(TunedModel, world.tuned[0]).dataset_id
    doomed = add_checkpoint(world.ctx, world.base, dataset, step=9, name="Doomed")
    conversation = world.open("base", f"checkpoint:{doomed}")
    world.ask(conversation)
    with world.ctx.db.write() as s:
        s.get_one(Checkpoint, doomed).deleted_at = 1.0
    view = world.chat.view(conversation)
    assert view["read_only"] == {"code": "chat.checkpoint_gone", "params": {"job": "Doomed", "step": 9}}
    with pytest.raises(Fault, match=r"chat\.checkpoint_gone"):
        next(world.chat.ask(conversation, PROMPT))
    world.chat.update(conversation, sides=["base"])
    assert list(world.ask(conversation, "And now?")) == ["base"]
    assert len([m for m in world.chat.view(conversation)["messages"] if m["side"] == f"checkpoint:{doomed}"]) == 1


def test_what_does_not_fit_is_named(world: World) -> None:
    from engine.services.chat.residents import place_sides, wanted_of
    from engine.services.chat.sides import load_setup
    from engine.serving.process.admission import Running, place

    setup, _messages = load_setup(
        world.ctx, world.open("base", f"tuned:{world.tuned[0]}", f"model:{world.other}", f"tuned:{world.strange}")
    )
    nothing = Running(None, True, 0, {})
    huge = {**setup.base.config, "num_hidden_layers": 4000}
    setup.further[0].base.config, setup.further[1].base.config = huge, huge
    setup.further[0].base.parameters = setup.further[1].base.parameters = 2_000_000_000
    free = [replace(cpu(), free_mb=4_000)]
    with pytest.raises(Fault) as refused:
        place_sides(setup, 100, lambda wanted: place(wanted, nothing, free))
    assert refused.value.code == "chat.leave_out"
    assert refused.value.params["names"] == "Other, Strange"
    assert (
        place_sides(setup, 100, lambda wanted: place(wanted, nothing, [replace(cpu(), free_mb=40_000)])).device == "cpu"
    )
    assert [tuned.key for tuned in wanted_of(setup, 100).tuned] == [
        f"tuned-{world.tuned[0]}",
        f"model-{world.other}",
        f"tuned-{world.strange}",
    ]
    with pytest.raises(Fault, match=r"chat\.no_memory_alone"):
        place_sides(setup, 100, lambda wanted: place(wanted, nothing, [replace(cpu(), free_mb=100)]))


def test_lists_of_questions_are_asked_of_all_kinds_of_sides(world: World) -> None:
    sides, settings = ["base", f"checkpoint:{world.checkpoint}", f"tuned:{world.strange}"], {"max_tokens": 8}
    job_id = question_lists.start_list(world.ctx, world.base, (), settings, [PROMPT], name="List", key="l", sides=sides)
    job = workers.run_here(world.ctx)
    assert (job.status, job.error) == ("succeeded", None)
    (row,) = question_lists.read_answers(world.ctx.settings, job_id)
    said = world.ask(world.open(*sides))
    assert {side: answer["text"] for side, answer in row["answers"].items()} == {
        side: said[side]["text"] for side in sides
    }
    assert [side["step"] for side in question_lists.list_view(world.ctx, job_id)["sides"]] == [None, 4, None]


def test_checkpoints_are_offered_below_their_job(world: World) -> None:
    (base, *_rest) = [one for one in world.chat.options()["bases"] if one["id"] == world.base]
    mine = next(one for one in base["checkpoints"] if one["id"] == world.checkpoint)
    assert (mine["step"], mine["val_loss"], mine["job"], mine["tuned_id"], mine["best"]) == (
        4,
        1.5,
        "Underway",
        None,
        False,
    )
