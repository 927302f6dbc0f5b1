"""Answers are drawn by a tiny model, ranked by two people, compared, and become rows; votes of the playground as well."""

from __future__ import annotations

from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound, SpecError
from engine.data.rows.row import kind_of
from engine.data.rows.store import read_rows
from engine.services.arena.session import ask_next, open_arena
from engine.services.arena.turns import arena_view
from engine.services.arena.voting import keep_vote, show_names
from engine.services.data import datasets
from engine.services.data.quality import auditing
from engine.services.data.ranking import drawing, gathering, judging, votes
from engine.services.data.suggested_objective import suggested_objective
from engine.services.data.versions import versions
from engine.services.data.versions.version_files import version_file
from engine.services.jobs import lifecycle
from engine.services.planning import estimates
from engine.shapes.annotation import GatherWish, RankTask
from engine.shapes.arena import ArenaWish
from storage.job_tables import Job
from storage.queries.ranked import rankings
from storage.queries.tuned_models import list_tuned
from storage.tables import Conversation, Dataset, Message
from tests import tiny, workers
from tests.integration import chat_models
from tests.integration.chat_here import chat_here

CHOICE: dict[str, Any] = {
    "answers": 3,
    "temperature": 2.0,
    "longest": 8,
    "prompts": "One?\nTwo?\nThree?",
    "dataset": None,
}
WISH: GatherWish = {"form": "pairs", "which": "all", "rater": "", "held_out": 34.0, "name": "Ranked", "dataset": None}


def rows_of(ctx: Context, dataset: int) -> list[dict[str, Any]]:
    return list(read_rows(version_file(ctx, dataset)[1]))


def drawn(ctx: Context, **more: Any) -> int:
    model = chat_models.add_base(ctx)
    job = drawing.start_drawing(ctx, {**CHOICE, "writers": [f"model:{model}"], **more}, "a key")
    assert (
        drawing.start_drawing(ctx, {**CHOICE, "writers": [f"model:{model}"], **more}, "a key") == job
    )  # a double click
    done = workers.run_here(ctx)
    assert (done.id, done.status, done.error) == (job, "succeeded", None)
    return job


def made(ctx: Context, answers: int = 3, prompts: int = 4) -> tuple[int, list[int]]:
    """A drawing without a model: its job and the ids of its prompts."""
    with ctx.db.write() as s:
        job = Job(
            name="made", kind="draw_answers", status="succeeded", spec={}, spec_version=1, lane="cpu", position=0.0
        )
        s.add(job)
        s.flush()
        ids = []
        for place in range(prompts):
            row = rankings.RankedPrompt(source="page", job_id=job.id, place=place, drawn=True)
            row.prompt = [{"role": "user", "content": f"Q{place}?"}]
            row.answers = [{"text": f"Answer {n} to {place}.", "label": "m", "whole": True} for n in range(answers)]
            s.add(row)
            s.flush()
            ids.append(row.id)
        return job.id, ids


def ranked(task: RankTask) -> list[int]:
    """The answers in the order in which they were drawn."""
    return [1 + one["place"] for one in sorted(task["answers"], key=lambda one: one["place"])]


def test_from_the_draw_to_pairs_to_a_model_that_is_compared_blind(ctx: Context) -> None:
    job = drawn(ctx)
    view = drawing.drawing_of(ctx, job)
    assert (view["prompts"], view["step"], view["total"], view["ranked"]) == (3, 3, 3, 0)
    queue = judging.rank_queue(ctx, job, "Ann")
    assert (queue["ready"] + queue["alike"], queue["waiting"]) == (3, 0)
    assert queue["ready"], "all answers of a hot tiny model were the same"
    with ctx.db.read() as s:
        for row in rankings.prompts_of(s, job):
            assert len({one["text"] for one in row.answers}) == len(row.answers) <= 3
            assert all(one["weights"] and one["sampling"]["temperature"] == 2.0 for one in row.answers)
    assert "label" not in str(queue["tasks"])  # who answered is not told
    for task in queue["tasks"]:
        after = judging.keep_ranking(ctx, task["id"], "Ann", ranked(task))
    assert (after["ranked"], after["tasks"]) == (queue["ready"], [])
    done = gathering.gather(ctx, job, WISH)
    rows = rows_of(ctx, done["dataset"])
    assert {kind_of(row) for row in rows} == {"preference"}
    assert len(rows) == done["rows"]

    tuned, question = learnt(ctx, done["dataset"])
    chat, _client = chat_here(ctx)
    wish: ArenaWish = {"base_id": 1, "sides": ["base", f"tuned:{tuned}"], "settings": {"temperature": 1.5, "max_tokens": 8}, "source": "list",
                       "questions": [question], "apart": True, "reveal": False}  # fmt: skip
    compared = open_arena(ctx, chat, wish)
    assert ask_next(ctx, chat, compared, "Ann") == 1
    list(chat.follow(compared))
    turn = arena_view(ctx, chat, compared, "Ann")["turn"]
    assert turn is not None
    assert (turn["state"], len(turn["answers"]), turn["names"]) == ("ready", 2, [])
    keep_vote(ctx, chat, compared, 1, "Ann", {"ranks": [2, 1], "bad": False, "best": None})
    show_names(ctx, chat, compared, 1, "Ann")
    turn = arena_view(ctx, chat, compared, "Ann", 1)["turn"]
    assert turn is not None
    assert {one["side"] for one in turn["names"]} == {"base", f"tuned:{tuned}"}
    assert turn["vote"] == {"ranks": [2, 1], "bad": False, "best": None, "blind": True}
    chat.close()


def learnt(ctx: Context, dataset: int) -> tuple[int, str]:
    """What the objective that suits the rows makes of them, by its plan; and one of the questions."""
    with ctx.db.read() as s:
        kind = s.get_one(Dataset, dataset).kind
    objective = suggested_objective(kind)
    assert objective is not None
    assert objective.key == "dpo"
    training = {"epochs": 2, "batch_size": 2, "evaluations": 1, "max_length": 256}
    raw = {
        "name": "Learnt",
        "base_model": 1,
        "dataset": dataset,
        "method": "lora",
        "objective": objective.key,
        "training": training,
    }
    assert (estimates.plan(ctx, raw)["seconds"] or 0) > 0
    lifecycle.start_job(ctx, raw, key="")
    job = workers.run_here(ctx)
    assert (job.status, job.error) == ("succeeded", None)
    assert workers.series(ctx, job.id, "val_accuracy")[0] == 0.5
    with ctx.db.read() as s:
        (tuned,) = list_tuned(s, 1)
    return tuned.id, rows_of(ctx, dataset)[0]["prompt"][0]["content"]


def test_an_interrupted_draw_goes_on_where_it_was(ctx: Context) -> None:
    """The same answers as without the interruption: each has a seed of its own."""
    job = drawn(ctx)
    with ctx.db.write() as s:
        whole = [one.answers for one in rankings.prompts_of(s, job)]
        for one in rankings.prompts_of(s, job)[1:]:
            one.answers, one.drawn = [], False
        found = s.get_one(Job, job)
        found.status, found.result, found.request = "queued", {"done": 1}, None
    assert judging.rank_queue(ctx, job, "")["waiting"] == 2
    assert workers.run_here(ctx).status == "succeeded"
    with ctx.db.read() as s:
        assert [one.answers for one in rankings.prompts_of(s, job)] == whole


def test_prompts_of_a_data_set_are_training_questions_alone(ctx: Context) -> None:
    dataset = tiny.add_dataset(ctx)
    held = {row["messages"][0]["content"] for row in rows_of(ctx, dataset) if row["split"] != "train"}
    job = drawing.start_drawing(
        ctx, {**CHOICE, "writers": [f"model:{chat_models.add_base(ctx)}"], "dataset": dataset, "most": 7}, "k"
    )
    with ctx.db.read() as s:
        asked = [one.prompt for one in rankings.prompts_of(s, job)]
    assert len(asked) == 7
    assert [one[-1]["content"] for one in asked[:3]] == ["One?", "Two?", "Three?"]
    assert held.isdisjoint(one[-1]["content"] for one in asked)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"writers": []}, "rank.no_writer"),
        ({"answers": 1}, "rank.few_answers"),
        ({"prompts": " \n "}, "rank.no_prompts"),
        ({"prompts": "a" * 20_001}, "rank.long_prompt"),
        ({"writers": ["endpoint"]}, "making.no_endpoint"),
    ],
)
def test_what_cannot_be_drawn_is_said_before(ctx: Context, change: dict[str, Any], code: str) -> None:
    with pytest.raises(Fault, match=code.replace(".", r"\.")):
        drawing.start_drawing(ctx, {**CHOICE, "writers": [f"model:{chat_models.add_base(ctx)}"], **change}, "k")
    with pytest.raises(SpecError):
        drawing.start_drawing(ctx, {**CHOICE, "writers": ["model:1"], "answers": 99}, "k")


def test_a_ranking_is_kept_at_once_and_the_last_word_counts(ctx: Context) -> None:
    job, (first, *_others) = made(ctx)
    before = judging.rank_queue(ctx, job, "Ann")
    assert judging.rank_queue(ctx, job, "Ann") == before  # a refresh shows the same order
    judging.keep_ranking(ctx, first, "Ann", [3, 1, 1])
    assert judging.rank_task(ctx, first, "Ann")["ranks"] == [2, 1, 1]  # without gaps
    judging.keep_ranking(ctx, first, "Ann", [1, 2, 3], "Better than all.")
    assert judging.rank_queue(ctx, job, "Ann")["ranked"] == 1
    assert judging.rank_queue(ctx, job, "Ben")["ranked"] == 0
    judging.keep_ranking(ctx, first, "Ann", [])  # passed over
    assert [judging.rank_queue(ctx, job, "Ann")[key] for key in ("ranked", "passed", "ready")] == [0, 1, 4]
    with pytest.raises(Fault, match=r"rank\.ranks"):
        judging.keep_ranking(ctx, first, "Ann", [1, 2])
    with pytest.raises(NotFound):
        judging.keep_ranking(ctx, 99, "Ann", [1, 2])


def test_two_people_are_compared(ctx: Context) -> None:
    job, ids = made(ctx)
    for prompt in ids:
        judging.keep_ranking(ctx, prompt, "Ann", [1, 2, 3])
        judging.keep_ranking(ctx, prompt, " Ben ", [1, 3, 2])
    (found,) = gathering.ranked_view(ctx, job)["agreements"]
    assert (found["one"], found["other"], found["prompts"], found["pairs"], found["agreed"]) == ("Ann", "Ben", 4, 12, 8)
    assert found["tau"] == pytest.approx(1 / 3)
    assert found["low"] is not None
    assert found["low"] < 2 / 3 < (found["high"] or 0)
    assert found["verdict"] == "chance"  # four prompts are few


def test_a_rewritten_answer_is_the_best_and_ties_give_no_pair(ctx: Context) -> None:
    job, ids = made(ctx)
    judging.keep_ranking(ctx, ids[0], "Ann", [2, 1, 1], "Mine.")
    judging.keep_ranking(ctx, ids[1], "Ann", [1, 1, 1])
    assert gathering.ranked_view(ctx, job)["rows"] == {"ranking": 1, "pairs": 4, "thumbs": 2}
    done = gathering.gather(ctx, job, {**WISH, "form": "ranking"})
    (row,) = rows_of(ctx, done["dataset"])
    assert row["answers"][0] == [{"role": "assistant", "content": "Mine."}]
    assert row["ranks"] == [1, 3, 2, 2]


@pytest.mark.parametrize("form", gathering.FORMS)
def test_rows_of_one_prompt_are_learnt_or_held_out_together(ctx: Context, form: str) -> None:
    job, ids = made(ctx, prompts=6)
    for prompt in ids:
        judging.keep_ranking(ctx, prompt, "", [1, 2, 3])
    done = gathering.gather(ctx, job, {**WISH, "form": form})
    rows = rows_of(ctx, done["dataset"])
    sides: dict[str, set[str]] = {}
    for row in rows:
        sides.setdefault(row["prompt"][-1]["content"], set()).add(row["split"])
    assert sorted(map(sorted, sides.values())) == [["train"]] * 4 + [["val"]] * 2
    kind = datasets.dataset_view(ctx, done["dataset"])["kind"]
    assert kind == {"pairs": "preference", "ranking": "ranking", "thumbs": "kto"}[form]
    more = gathering.gather(ctx, job, {**WISH, "form": form, "dataset": done["dataset"]})
    assert len(rows_of(ctx, done["dataset"])) == len(rows) + more["rows"]
    with pytest.raises(Fault, match=r"rank\.other_kind"):
        gathering.gather(
            ctx, job, {**WISH, "form": "thumbs" if form == "pairs" else "pairs", "dataset": done["dataset"]}
        )


def talk(ctx: Context, *answers: str) -> int:
    base = chat_models.add_base(ctx)
    with ctx.db.write() as s:
        found = Conversation(title="t", base_model_id=base, tuned_ids=[], settings={"system": "Be brief."})
        s.add(found)
        s.flush()
        s.add(Message(conversation_id=found.id, turn=1, role="user", content="Q?"))
        for side, text in zip(("base", "tuned:1", "tuned:2"), answers, strict=False):
            s.add(Message(conversation_id=found.id, turn=1, role="assistant", side=side, content=text, stats={}))
        return found.id


def test_votes_of_the_playground_are_rankings_too(ctx: Context) -> None:
    conversation = talk(ctx, "Yes.", "No.")
    assert votes.vote(ctx, conversation, 1, "base") == {"turn": 1, "better": "base"}
    assert votes.vote(ctx, conversation, 1, "tuned:1") == {"turn": 1, "better": "tuned:1"}
    assert votes.votes(ctx, conversation) == [{"turn": 1, "better": "tuned:1"}]
    assert [one["prompts"] for one in drawing.drawings(ctx) if one["job"] is None] == [1]
    done = gathering.gather(ctx, None, WISH)
    (row,) = rows_of(ctx, done["dataset"])
    assert [row["chosen"][0]["content"], row["rejected"][0]["content"]] == ["No.", "Yes."]
    assert [one["role"] for one in row["prompt"]] == ["system", "user"]
    votes.vote(ctx, conversation, 1, None)
    assert votes.votes(ctx, conversation) == [{"turn": 1, "better": ""}]
    with pytest.raises(Fault, match=r"rank\.nothing"):
        gathering.gather(ctx, None, WISH)
    with pytest.raises(NotFound):
        votes.vote(ctx, conversation, 2, None)
    with pytest.raises(Fault, match=r"rank\.one_answer"):
        votes.vote(ctx, talk(ctx, "Yes."), 1, None)


def test_a_vote_on_an_answer_that_was_given_anew_is_kept_beside(ctx: Context) -> None:
    conversation = talk(ctx, "Yes.", "No.")
    votes.vote(ctx, conversation, 1, "base")
    with ctx.db.write() as s:
        s.query(Message).filter(Message.side == "base").update({"content": "Perhaps."})
    assert votes.votes(ctx, conversation) == []
    votes.vote(ctx, conversation, 1, "base")
    with ctx.db.read() as s:
        assert [[one["text"] for one in row.answers] for row in rankings.prompts_of(s, None)] == [
            ["Yes.", "No."],
            ["Perhaps.", "No."],
        ]


def test_rankings_are_looked_through_mended_and_become_pairs(ctx: Context) -> None:
    """The audit's job, its page, and the operations that it leads to, on rows of rankings."""
    job, ids = made(ctx, prompts=12)
    for prompt in ids:
        judging.keep_ranking(ctx, prompt, "Ann", [3, 2, 1], "A longer answer than all of the others.")
    dataset = gathering.gather(ctx, job, {**WISH, "form": "ranking", "held_out": 0.0})["dataset"]
    auditing.start_audit(ctx, dataset)
    assert workers.run_here(ctx).status == "succeeded"
    assert auditing.audit_of(ctx, dataset)["checks"]["length_bias"]["rows"] == 12
    (first, *_rest) = auditing.findings(ctx, dataset, "length_bias")["rows"]
    assert [part["list"] for part in first["parts"]] == ["prompt", *["answers"] * 4]
    assert first["detail"]["code"] == "length_bias.longer"
    versions.apply(ctx, dataset, "ranking_pairs", {"which": "best_worst"})
    rows = rows_of(ctx, dataset)
    assert [kind_of(row) for row in rows] == ["preference"] * 12
    assert datasets.dataset_view(ctx, dataset)["badge"] == "pairs"
    with pytest.raises(Fault, match=r"shape\.one_sided"):
        versions.apply(ctx, dataset, "balance_lengths", {})
