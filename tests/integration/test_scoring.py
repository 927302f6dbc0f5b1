"""A reward model as an instrument, with the real inference process on the tiny model: it scores and never talks."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.hardware import cpu
from engine.data.rows.scored_answers import answers_path, write_answers
from engine.exports.common.model_card import SCORE_CODE
from engine.services.chat.conversations import Chat
from engine.services.data.making.writers import writers
from engine.services.models.tuned import start_export, tuned_view
from engine.services.rewards.trying import try_rewards
from engine.services.scoring.asking import AskedScorer, scorers
from engine.services.scoring.best_of import best_of_view, start_best_of
from engine.services.scoring.conversation import score_conversation, score_text
from engine.services.scoring.judging import judge_job
from engine.services.scoring.spread import score_spread
from engine.serving.runtime.reward_model import load_reward_model
from storage.job_tables import JobStatus
from storage.tables import Dataset
from tests import tiny, training_jobs, workers
from tests.homes import new_home

QUESTION = "What is the colour of the {}?"


@dataclass
class World:
    """A home with the tiny base, pairs whose better answers are the short ones, and the reward model made of them."""

    ctx: Context
    chat: Chat
    base: int
    dataset: int
    scorer: int
    job: int


def rows() -> list[dict[str, Any]]:
    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    return [
        {
            "prompt": [{"role": "user", "content": QUESTION.format(word)}],
            "chosen": said(f"The {word} is {colour}."),
            "rejected": said(f"The {word} is {colour}. Tell me about the {word}. Tell me about the {word}."),
        }
        for word in tiny.WORDS
        for colour in ("violet", "copper", "basket")
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = tiny.add_model(ctx), tiny.add_dataset(ctx, rows(), held_out=6)
    with ctx.db.write() as s:
        s.get_one(Dataset, dataset).kind = "preference"
    job = training_jobs.train(ctx, (base, dataset), objective="reward_model", training={"epochs": 3, "evaluations": 1})
    assert job.status == JobStatus.SUCCEEDED, job.error
    made = training_jobs.tuned(ctx, job.id)
    assert made is not None
    chat = Chat(ctx)
    yield World(ctx, chat, base, dataset, made.id, job.id)
    chat.close()
    ctx.db.close()


def test_it_scores_alike_in_the_page_and_in_a_worker_and_never_talks(world: World) -> None:
    question = QUESTION.format("lantern")
    short, long = (
        "The lantern is violet.",
        "The lantern is violet. Tell me about the lantern. Tell me about the lantern.",
    )
    found = [score_text(world.ctx, world.chat, world.scorer, question, one)["score"] or 0.0 for one in (short, long)]
    assert found[0] > found[1]
    here = load_reward_model(world.ctx, world.scorer, cpu())
    talk = [{"role": "user", "content": question}]
    first, nothing, second = here([(talk, short), (talk, ""), (talk, long)])
    assert (first, second) == (pytest.approx(found[0], abs=1e-4), pytest.approx(found[1], abs=1e-4))
    assert nothing is None
    assert [one["id"] for one in scorers(world.ctx)] == [world.scorer]
    assert tuned_view(world.ctx, world.scorer)["talks"] is False
    assert (world.ctx.settings.home / "tuned" / str(world.job) / "head.safetensors").is_file()
    assert world.chat.options()["bases"][0]["tuned"] == []
    assert not any(one["key"].startswith("tuned") for one in writers(world.ctx))
    with pytest.raises(Fault) as caught:
        world.chat.open(world.base, [world.scorer])
    assert caught.value.code == "reward.scores"


def test_what_cannot_be_scored_says_why(world: World) -> None:
    told = AskedScorer(world.ctx, world.chat, world.scorer).score([([], " "), ([], "kettle " * 600)])
    assert [one["score"] for one in told] == [None, None]
    assert [one["error"]["code"] for one in told if one["error"]] == ["reward.no_answer", "reward.too_long"]


def test_scores_stand_beside_the_answers_of_a_conversation(world: World) -> None:
    conversation = world.chat.open(world.base, [], {"max_tokens": 8})
    list(world.chat.ask(conversation, QUESTION.format("kettle")))
    said = world.chat.view(conversation)["messages"][-1]
    (found,) = score_conversation(world.ctx, world.chat, conversation, world.scorer)
    assert (found["turn"], found["side"]) == (1, "base")
    alone = score_text(world.ctx, world.chat, world.scorer, QUESTION.format("kettle"), str(said["content"]))
    assert found["score"] == alone["score"]


def test_the_best_of_several_is_the_one_that_scores_highest(world: World) -> None:
    wanted = {"base_id": world.base, "tuned_id": None, "scorer_id": world.scorer, "question": "Why?", "count": 4, "settings": {"temperature": 1.5, "max_tokens": 24}}  # fmt: skip
    key = start_best_of(world.ctx, world.chat, wanted)  # type: ignore[arg-type]
    deadline = time.monotonic() + 60
    while (view := best_of_view(key))["status"] not in ("done", "failed"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert view["status"] == "done", view["error"]
    scores = [one["score"] for one in view["answers"] if one["score"] is not None]
    assert len({one["text"] for one in view["answers"]}) > 1
    assert view["best"] is not None
    assert view["answers"][view["best"]]["score"] == max(scores)


def test_it_judges_the_answers_of_a_job(world: World) -> None:
    def answer(place: int, long: bool) -> str:
        return f"The {tiny.WORDS[place]} is violet." + " Tell me about the tower." * (2 if long else 0)

    told = [
        {"question": QUESTION.format(word), "expected": "-", "base": answer(place, True), "answer": answer(place, place == 3)}
        for place, word in enumerate(tiny.WORDS[:8])
    ]  # fmt: skip
    write_answers(answers_path(world.ctx.settings.home, world.job), told)
    found = _whole(lambda: judge_job(world.ctx, world.chat, world.job, world.scorer))
    assert (found["wins"], found["ties"], found["count"]) == (7, 1, 8)
    assert found["low"] > 0.5
    assert found["longer"] == 0.0  # what it has learnt is length
    with pytest.raises(Fault) as caught:
        judge_job(world.ctx, world.chat, 999, world.scorer)
    assert caught.value.code == "reward.no_answers"


def test_a_model_that_learnt_length_is_found_out(world: World) -> None:
    found = _whole(lambda: score_spread(world.ctx, world.chat, world.dataset, world.scorer))
    assert found["right"] == 1.0
    assert found["length"] < -0.5
    assert found["longer_better"] == 0.0
    assert {group["key"]: sum(group["counts"]) for group in found["groups"]} == {"better": 45, "worse": 45}
    spoilt = {one["key"]: one["worse"] for one in found["probes"]}
    assert set(spoilt) == {"twice", "half", "shuffled", "other", "word"}
    assert {one["count"] for one in found["probes"]} == {24}


def _whole(ask: Any) -> Any:
    for _ in range(200):
        if "working" not in (found := ask()):
            return found
    raise AssertionError("it never ends")


def test_it_is_taken_away_with_its_head_and_never_as_a_model_that_talks(world: World) -> None:
    assert set(tuned_view(world.ctx, world.scorer)["export_jobs"]) == {"adapter"}
    with pytest.raises(Fault) as caught:
        start_export(world.ctx, world.scorer, "merged")
    assert caught.value.code == "export.not_offered"
    start_export(world.ctx, world.scorer, "adapter")
    job = workers.run_here(world.ctx)
    assert job.result
    with zipfile.ZipFile(world.ctx.settings.absolute(job.result["files"][0]["path"])) as packed:
        names = {Path(name).name: name for name in packed.namelist()}
        readme = packed.read(names["README.md"]).decode()
    assert "head.safetensors" in names
    assert SCORE_CODE in readme
    assert "generate(" not in readme


def test_the_code_of_its_card_gives_its_score(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = world.ctx.settings.home / "tuned" / str(world.job)
    weights = world.ctx.settings.home / "models" / "tiny"
    tokenizer = AutoTokenizer.from_pretrained(weights / "tokenizer")
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(weights / "weights"), folder)
    monkeypatch.chdir(folder)
    code = SCORE_CODE.strip().removesuffix("```")
    exec(
        code,
        {"tokenizer": tokenizer, "model": model, "settings": SimpleNamespace(eos_token_id=[tokenizer.eos_token_id])},
    )
    said = float(capsys.readouterr().out.splitlines()[-1])
    assert said == pytest.approx(
        score_text(world.ctx, world.chat, world.scorer, "Hello!", "Good day.")["score"], abs=1e-4
    )


def test_a_reward_model_is_tried_before_a_job_learns_from_it(world: World) -> None:
    wish: Any = {
        "rewards": [{"reward": "reward_model", "values": {"model": world.scorer}}],
        "dataset": None,
        "sampled": None,
    }
    question = QUESTION.format(tiny.WORDS[0])
    answers = [f"The {tiny.WORDS[0]} is violet.", ""]
    wish["typed"] = [{"question": question, "answer": answer} for answer in answers]
    tried = try_rewards(world.ctx, wish, world.chat)
    found = [one["total"] for one in tried["answers"]]
    assert [part["later"] for part in tried["parts"]] == [False]
    assert found[0] == pytest.approx(score_text(world.ctx, world.chat, world.scorer, question, answers[0])["score"])
    assert found[1] is not None
    assert [part["later"] for part in try_rewards(world.ctx, wish)["parts"]] == [True]
