"""Side-by-side chat with the real inference process on the tiny model: what is shown, and what is stored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.hardware import cpu
from engine.services.chat.conversations import Chat
from engine.services.chat.memory import spared
from storage.job_tables import Job, JobStatus
from storage.tables import Conversation, Dataset, LanguageModel, Message, TunedModel
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.tiny import add_dataset, chat_rows

PROMPT = "Tell me about the lantern."
Row = dict[str, Any]


@dataclass
class World:
    """A home with the tiny base, an adapter, a whole tuned model, and a chat."""

    ctx: Context
    chat: Chat
    base: int
    adapter: int
    whole: int

    def open(self, *tuned: int, **settings: Any) -> int:
        return self.chat.open(self.base, tuned or (self.adapter,), {"max_tokens": 16, **settings})

    def ask(self, conversation: int, prompt: str = PROMPT) -> dict[str, Row]:
        """The last state of each side."""
        return {event["side"]: event for event in self.chat.ask(conversation, prompt)}

    def answers(self, conversation: int, turn: int) -> dict[str, Row]:
        messages = self.chat.view(conversation)["messages"]
        return {m["side"]: m for m in messages if m["turn"] == turn and m["role"] == "assistant"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    adapter = add_tuned(ctx, base, dataset, name="House style")
    whole = add_tuned(ctx, base, dataset, name="Whole", method="full")
    chat = Chat(ctx)
    yield World(ctx, chat, base, adapter, whole)
    chat.close()
    ctx.db.close()


def test_base_and_tuned_stream_differ_and_are_stored_with_their_weights(world: World) -> None:
    conversation = world.open(world.adapter, world.whole)
    sides = ["base", f"tuned:{world.adapter}", f"tuned:{world.whole}"]
    events = list(world.chat.ask(conversation, PROMPT))
    last = {event["side"]: event for event in events}
    assert list(last) == sides
    assert {event["status"] for event in last.values()} == {"complete"}
    assert len({event["text"] for event in last.values()}) == 3
    view = world.chat.view(conversation)
    stored = world.answers(conversation, 1)
    assert [side["side"] for side in view["sides"]] == sides
    for side in view["sides"]:
        answer = stored[side["side"]]
        assert answer["content"] == last[side["side"]]["text"]
        assert answer["weights_hash"] == side["weights_hash"]
        assert answer["stats"]["tokens"] == 16
        assert answer["stats"]["precision"] == "fp32"
        assert answer["stats"]["first_token_s"] > 0
        assert "owner" not in answer["stats"]
    with world.ctx.db.read() as s:
        base, whole = s.get_one(LanguageModel, world.base), s.get_one(TunedModel, world.whole)
        assert stored["base"]["weights_hash"] == base.weights_hash
        assert stored[sides[2]]["weights_hash"] == whole.weights_hash
    assert len({answer["weights_hash"] for answer in stored.values()}) == 3
    assert view["title"] == PROMPT
    assert view["messages"][0]["content"] == PROMPT
    assert world.chat.list()[0]["id"] == conversation
    assert world.chat.list()[0]["turns"] == 1


def test_base_is_the_same_before_between_and_after_tuned_answers(world: World) -> None:
    texts = []
    for tuned in ((), (world.adapter,), (), (world.whole,), (world.adapter, world.whole)):
        conversation = world.chat.open(world.base, tuned, {"max_tokens": 16})
        texts.append(world.ask(conversation)["base"]["text"])
    assert len(set(texts)) == 1


def test_each_side_reads_its_own_history(world: World) -> None:
    from engine.data.templates.template import ChatTemplate
    from engine.models.base.paths import tokenizer_folder

    conversation = world.open(world.adapter, system="Be brief.")
    first = world.ask(conversation)
    second = world.ask(conversation, "And the kettle?")
    with world.ctx.db.read() as s:
        template = ChatTemplate.load(tokenizer_folder(world.ctx.settings, s.get_one(LanguageModel, world.base)))
    for side, answer in second.items():
        history = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": PROMPT},
            {"role": "assistant", "content": first[side]["text"]},
            {"role": "user", "content": "And the kettle?"},
        ]
        assert answer["stats"]["prompt_tokens"] == len(template.encode_prompt(history))
    assert world.chat.list()[0]["turns"] == 2


def test_regenerate_replaces_the_last_answers_and_draws_anew(world: World) -> None:
    conversation = world.open(temperature=1.0)
    first = world.ask(conversation)
    again = {event["side"]: event for event in world.chat.regenerate(conversation)}
    stored = world.answers(conversation, 1)
    assert again["base"]["text"] != first["base"]["text"]
    assert stored["base"]["content"] == again["base"]["text"]
    assert stored["base"]["stats"]["seed"] != first["base"]["stats"]["seed"]
    world.chat.update(conversation, settings={"seed": first["base"]["stats"]["seed"]})
    fixed = {event["side"]: event for event in world.chat.regenerate(conversation)}
    assert {side: event["text"] for side, event in fixed.items()} == {side: e["text"] for side, e in first.items()}
    assert len(world.chat.view(conversation)["messages"]) == 3


def test_stop_keeps_the_words_and_says_so(world: World) -> None:
    conversation = world.open(max_tokens=450)
    last = {}
    for event in world.chat.ask(conversation, PROMPT):
        last[event["side"]] = event
        if event["status"] == "streaming" and event["stats"].get("tokens", 0) > 2:
            world.chat.stop(conversation)
    stored = world.answers(conversation, 1)
    for side, event in last.items():
        assert event["status"] == "stopped"
        assert stored[side]["status"] == "stopped"
        assert stored[side]["content"] == event["text"] != ""
        assert stored[side]["stats"]["tokens"] < 450


def test_one_side_is_stopped_while_the_others_go_on(world: World) -> None:
    conversation = world.open(world.adapter, world.whole, max_tokens=40)
    whole = {event["side"]: event["text"] for event in world.chat.ask(conversation, PROMPT)}
    other, last = world.open(world.adapter, world.whole, max_tokens=400), {}
    for event in world.chat.ask(other, PROMPT):
        last[event["side"]] = event
        if event["side"] == "base" and event["status"] == "streaming" and event["stats"].get("tokens", 0) > 2:
            world.chat.stop(other, "base")
    assert [last.pop("base")["status"], *{event["status"] for event in last.values()}] == ["stopped", "complete"]
    assert 2 < world.answers(other, 1)["base"]["stats"]["tokens"] < 400
    assert all(event["text"].startswith(whole[side]) for side, event in last.items())  # nothing else changed for them


def test_an_answer_that_nobody_reads_is_finished_and_can_be_followed(world: World) -> None:
    conversation = world.open(max_tokens=200)
    answer = world.chat.ask(conversation, PROMPT)
    next(answer)
    answer.close()  # type: ignore[attr-defined]
    assert world.chat.view(conversation)["busy"]
    with pytest.raises(Fault, match=r"chat\.busy"):
        next(world.chat.ask(conversation, "Another?"))
    with pytest.raises(Fault, match=r"chat\.busy"):
        world.chat.update(conversation, settings={"temperature": 1})
    while not any(a["content"] for a in world.answers(conversation, 1).values()):
        time.sleep(0.01)
    assert any(a["status"] == "streaming" for a in world.answers(conversation, 1).values())
    followed = {event["side"]: event for event in world.chat.follow(conversation)}
    stored = world.answers(conversation, 1)
    assert {side: event["text"] for side, event in followed.items()} == {s: a["content"] for s, a in stored.items()}
    assert {a["status"] for a in stored.values()} == {"complete"}
    assert list(world.chat.follow(conversation)) == []


def test_many_chats_wait_for_their_turn(world: World) -> None:
    conversations = [world.open(max_tokens=4) for _ in range(12)]
    results: dict[int, list[Row]] = {}

    def ask(conversation: int) -> None:
        results[conversation] = list(world.chat.ask(conversation, PROMPT))

    threads = [threading.Thread(target=ask, args=(conversation,)) for conversation in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    ends = [{event["side"]: event for event in events} for events in results.values()]
    assert len(ends) == 12
    assert {event["status"] for end in ends for event in end.values()} == {"complete"}
    assert len({end["base"]["text"] for end in ends}) == 1
    assert any(event["stats"].get("place") for events in results.values() for event in events)
    assert not world.chat.status()["busy"]


def test_who_leaves_the_queue_frees_the_place(world: World) -> None:
    """The page shows how many are before; a conversation that is stopped or deleted while it waits counts no more."""
    talks = [world.open(max_tokens=4) for _ in range(4)]

    def place(conversation: int) -> int | None:
        return world.answers(conversation, 1)["base"]["stats"].get("place")

    def wait_for(expected: dict[int, int]) -> None:
        deadline = time.monotonic() + 20
        while (found := {talk: place(talk) for talk in expected}) != expected:
            assert time.monotonic() < deadline, found
            time.sleep(0.02)

    with world.chat._turns.turn(lambda _place: True):
        for number, talk in enumerate(talks, 1):
            next(world.chat.ask(talk, PROMPT))
            wait_for({talk: number})
        world.chat.stop(talks[0])
        world.chat.delete(talks[2])
        wait_for({talks[1]: 1, talks[3]: 2})
        assert world.chat.status()["waiting"] == 2
    assert {event["status"] for talk in (talks[1], talks[3]) for event in list(world.chat.follow(talk))[-2:]} == {
        "complete"
    }
    assert {answer["status"] for answer in world.answers(talks[0], 1).values()} == {"stopped"}


def test_script_is_stored_verbatim(world: World) -> None:
    """Neither a question nor a model's answer is changed on its way into the database and out of it."""
    script = '<script>alert("1")</script><img src=x onerror=alert(1)> ${alert(1)} \x00 😀'
    conversation = world.open()
    world.ask(conversation, script)
    with world.ctx.db.write() as s:
        row = s.query(Message).filter_by(conversation_id=conversation, side="base").one()
        row.content = script
    messages = world.chat.view(conversation)["messages"]
    assert messages[0]["content"] == script
    assert next(m for m in messages if m["side"] == "base")["content"] == script
    assert world.ask(conversation, "And now?")["base"]["status"] == "complete"


def test_prompts_that_do_not_fit_are_refused_with_numbers(world: World) -> None:
    conversation = world.open()
    with pytest.raises(Fault) as refused:
        next(world.chat.ask(conversation, "lantern " * 600))
    assert refused.value.code == "chat.too_long"
    assert refused.value.params["limit"] == 511
    assert refused.value.params["tokens"] > 511
    for prompt, code in (("  \n", "chat.empty"), ("x" * 200_001, "chat.prompt_too_long")):
        with pytest.raises(Fault) as refused:
            next(world.chat.ask(conversation, prompt))
        assert refused.value.code == code
    assert world.chat.view(conversation)["messages"] == []
    near = world.ask(world.open(max_tokens=2048), "a b " * 150)["base"]["stats"]
    assert near["prompt_tokens"] > 400
    assert near["prompt_tokens"] + near["tokens"] == 512


def test_models_must_belong_together(world: World) -> None:
    other = add_model_row(world.ctx)
    with pytest.raises(Fault, match=r"chat\.other_base"):
        world.chat.open(other, [world.adapter])
    with pytest.raises(NotFound):
        world.chat.open(world.base, [10_000])
    bases = {base["id"]: base for base in world.chat.options()["bases"]}
    assert [tuned["id"] for tuned in bases[world.base]["tuned"]] == [world.whole, world.adapter]
    assert bases[other]["tuned"] == []


def add_model_row(ctx: Context) -> int:
    with ctx.db.write() as s:
        row = LanguageModel(name="Other", source="folder", ref="other", status="ready", path="x", tokenizer_path="x")
        s.add(row)
        s.flush()
        return row.id


def test_refused_with_a_sentence_when_memory_is_short_and_old_answers_stay(world: World) -> None:
    conversation = world.open()
    first = world.ask(conversation)
    with world.ctx.db.write() as s:
        job = Job(name="Night run", kind="train", status=JobStatus.RUNNING, lane="cpu", position=9.0, spec={})
        s.add(job)
    poor = Chat(world.ctx, devices=lambda: [replace(cpu(), free_mb=310)])
    with pytest.raises(Fault) as refused:
        list(poor.regenerate(conversation))
    assert refused.value.code == "chat.no_memory"
    assert refused.value.params["job"] == "Night run"
    assert poor.status() == poor.status() | {"loaded": False, "memory_mb": 0, "pid": None}
    assert world.answers(conversation, 1)["base"]["content"] == first["base"]["text"]
    with pytest.raises(Fault, match=r"chat\.no_memory"):
        list(poor.ask(conversation, "And now?"))
    failed = world.answers(conversation, 2)["base"]
    assert (failed["status"], failed["stats"]["error"]["code"]) == ("failed", "chat.no_memory")
    with world.ctx.db.write() as s:
        s.get_one(Job, job.id).status = JobStatus.SUCCEEDED
    retried = {event["side"]: event for event in world.chat.regenerate(conversation)}
    assert retried["base"]["status"] == "complete"
    assert world.answers(conversation, 2)["base"]["content"] == retried["base"]["text"]


def test_memory_that_a_running_job_will_still_take_is_left_to_it(world: World) -> None:
    with world.ctx.db.read() as s:
        dataset = s.get_one(TunedModel, world.adapter).dataset_id
    spec = {
        "name": "Starting",
        "base_model": world.base,
        "dataset": dataset,
        "method": "lora",
        "budget": {"device": "cpu"},
    }
    job = Job(id=1, name="Starting", kind="train", status=JobStatus.RUNNING, lane="cpu", position=1.0, spec=spec)
    device = replace(cpu(), free_mb=5_000)
    fresh = spared(world.ctx, [device], [job])[0]
    assert 300 < 5_000 - fresh.free_mb < 2_000
    job.pid = os.getpid()
    assert fresh.free_mb < spared(world.ctx, [device], [job])[0].free_mb <= 5_000
    assert spared(world.ctx, [device], [replace_spec(job)]) == [device]


def replace_spec(job: Job) -> Job:
    """The same job without a plan."""
    return Job(id=job.id, name=job.name, kind=job.kind, lane=job.lane, spec={})


@pytest.mark.slow
def test_a_killed_process_fails_that_answer_and_the_next_one_works(world: World) -> None:
    conversation = world.open(max_tokens=450)
    events = world.chat.ask(conversation, PROMPT)
    said: set[str] = set()
    while len(said) < 2:
        event = next(events)
        said |= {event["side"]} if event["text"] else set()
    pid = world.chat.status()["pid"]
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Fault) as died:
        list(events)
    assert died.value.code == "chat.process_died"
    broken = world.answers(conversation, 1)
    assert {answer["status"] for answer in broken.values()} == {"failed"}
    assert broken["base"]["content"]
    assert not world.chat.status()["loaded"]
    world.chat.warm(conversation)  # while the user still types
    deadline = time.monotonic() + 60
    while not world.chat.status()["loaded"] and time.monotonic() < deadline:
        time.sleep(0.05)
    status = world.chat.status()
    assert status["models"] == ["base", f"tuned-{world.adapter}"]
    assert status["memory_mb"] > 100
    assert status["pid"] not in (None, pid)
    world.chat.update(conversation, settings={"max_tokens": 8})
    again = {event["side"]: event for event in world.chat.regenerate(conversation)}
    assert {event["status"] for event in again.values()} == {"complete"}
    assert world.answers(conversation, 1)["base"]["content"] == again["base"]["text"]


def test_suggestions_come_from_held_out_rows_and_fresh_phrasings(world: World) -> None:
    held_out = [row["messages"][0]["content"] for row in chat_rows()[-4:]]
    assert world.chat.suggestions(world.adapter, 3) == list(dict.fromkeys(held_out))[:3]
    assert world.chat.suggestions(None) == []
    with world.ctx.db.write() as s:
        s.get_one(Dataset, s.get_one(TunedModel, world.adapter).dataset_id).sample_key = "en"
    fresh = world.chat.suggestions(world.adapter, 3)
    assert len(fresh) == 3
    assert not set(fresh) & set(held_out)


def test_deleted_models_leave_conversations_readable(world: World) -> None:
    with world.ctx.db.read() as s:
        dataset = s.get_one(TunedModel, world.adapter).dataset_id
    doomed = add_tuned(world.ctx, world.base, dataset, name="Doomed", seed=9)
    conversation = world.open(doomed)
    world.ask(conversation)
    with world.ctx.db.write() as s:
        s.get_one(TunedModel, doomed).deleted_at = 1.0
    view = world.chat.view(conversation)
    assert view["read_only"] == {"code": "chat.tuned_gone", "params": {"names": "Doomed"}}
    assert len(view["messages"]) == 3
    with pytest.raises(Fault, match=r"chat\.tuned_gone"):
        next(world.chat.ask(conversation, "Still there?"))
    world.chat.delete(conversation)
    assert conversation not in {row["id"] for row in world.chat.list()}
    with pytest.raises(NotFound):
        world.chat.view(conversation)


@pytest.mark.slow
def test_answers_of_a_server_that_was_killed_are_marked_as_stopped(world: World) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from engine.core.context import open_context\n"
        "from engine.services.chat.conversations import Chat\n"
        "from engine.core.settings import Settings\n"
        "chat = Chat(open_context(Settings(home=Path(sys.argv[1]), offline=True)))\n"
        "answer = chat.ask(int(sys.argv[2]), 'Tell me about the falcon.')\n"
        "for event in answer:\n"
        "    if event['stats'].get('tokens', 0) > 40:\n"
        "        chat._answers[int(sys.argv[2])]._save()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    conversation = world.open(max_tokens=450)
    root = Path(__file__).resolve().parents[2]
    arguments = [str(world.ctx.settings.home), str(conversation)]
    killed = subprocess.run([sys.executable, "-c", script, *arguments], cwd=root, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = world.answers(conversation, 1)
    assert {answer["status"] for answer in left.values()} == {"streaming"}
    Chat(world.ctx)
    settled = world.answers(conversation, 1)
    assert {answer["status"] for answer in settled.values()} == {"stopped"}
    assert settled["base"]["content"] == left["base"]["content"] != ""
    assert "owner" not in settled["base"]["stats"]


@pytest.mark.slow
def test_closing_keeps_what_was_said(world: World) -> None:
    conversation = world.open(max_tokens=450)
    answer = world.chat.ask(conversation, PROMPT)
    while not next(answer)["text"]:
        pass
    world.chat.close()
    stored = world.answers(conversation, 1)
    assert {a["status"] for a in stored.values()} == {"stopped"}
    assert stored["base"]["content"]
    with world.ctx.db.read() as s:
        assert s.get_one(Conversation, conversation).title == PROMPT
    assert world.chat.status()["pid"] is None
