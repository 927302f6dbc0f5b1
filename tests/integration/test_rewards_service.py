"""Rewards in a home: what they name must be there, real answers are scored, and the doctor tells each thing once."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from engine.commands.given_settings import given_rewards
from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.jobs.reporter import Reporter
from engine.jobs.spec import make_spec
from engine.services.chat.question_lists import answers_file
from engine.services.jobs.lifecycle import start_job
from engine.services.rewards import apart
from engine.services.rewards.choices import reward_choices
from engine.services.rewards.shapes import RewardTrial, RewardTrialView
from engine.services.rewards.trying import ROWS, sample_for_rewards, try_rewards
from engine.training.doctor.doctor import Doctor
from storage.job_tables import Job, JobEvent, JobStatus
from tests.tiny import add_dataset, add_model
from webui.reward_forms import reward_forms

RAW: dict[str, Any] = {"name": "Learn", "base_model": 1, "dataset": 1, "method": "lora", "objective": "grpo"}


@pytest.fixture
def home(ctx: Context) -> Context:
    """A home with a tiny model and a data set of conversations."""
    add_model(ctx)
    add_dataset(ctx)
    return ctx


def own(ctx: Context, source: str) -> None:
    folder = ctx.settings.folder("rewards")
    (folder / "mine.py").write_text(source)
    os.chmod(folder / "mine.py", 0o600)


def wish(*rewards: Any, **further: Any) -> RewardTrial:
    made: Any = {"rewards": list(rewards), "dataset": None, "typed": [], "sampled": None, **further}
    return made


def typed(*answers: str, **rewards: Any) -> RewardTrial:
    return wish(rewards, typed=[{"question": "How much?", "answer": one, "expected": "42"} for one in answers])


# ---------------------------------------------------------------- settings of a job


def test_a_spec_keeps_its_rewards_with_all_their_settings() -> None:
    chosen = given_rewards([["length", "most=9", "weight=0.5"], ["json", 'schema={"required": ["city"]}']])
    kept = make_spec(RAW | {"training": {"rewards": chosen}}).training["rewards"]
    assert kept[0] == {"reward": "length", "weight": 0.5, "values": {"unit": "words", "least": 3, "most": 9}}
    assert json.loads(kept[1]["values"]["schema"]) == {"required": ["city"]}
    assert make_spec(RAW | {"training": {"rewards": kept}}).training["rewards"] == kept
    assert [one["reward"] for one in make_spec(RAW).training["rewards"]] == ["match"]


def test_faults_of_rewards_stand_beside_those_of_other_settings() -> None:
    with pytest.raises(SpecError) as found:
        make_spec(RAW | {"training": {"rewards": [{"reward": "length", "values": {"least": -1}}], "epochs": "many"}})
    assert found.value.faults.keys() == {"training.rewards.0.least", "training.epochs"}


@pytest.mark.parametrize(
    ("reward", "field", "code"),
    [
        ({"reward": "reward_model", "values": {"model": 7}}, "0.model", "reward.gone_reward_model"),
        ({"reward": "judge", "values": {"model": 7}}, "0.model", "reward.gone_model"),
        ({"reward": "judge", "values": {"host": "judge.example.com"}}, "0.host", "reward.no_endpoint"),
        ({"reward": "function", "values": {"function": "mine"}}, "0.reward", "reward.no_functions"),
    ],
)
def test_a_job_does_not_start_with_rewards_that_are_not_there(
    home: Context, reward: Any, field: str, code: str
) -> None:
    with pytest.raises(SpecError) as found:
        start_job(home, RAW | {"training": {"rewards": [reward]}}, key="k")
    assert found.value.faults[f"training.rewards.{field}"]["code"] == code


def test_rewards_for_which_no_row_is_made_are_refused(home: Context) -> None:
    asked = [{"prompt": [{"role": "user", "content": f"How much is {n}?"}], "reference": {"level": "easy", "topic": "sums"}} for n in range(6)]  # fmt: skip
    dataset = add_dataset(home, asked, held_out=1, name="Unanswered")
    rewards = [{"reward": "length"}, {"reward": "match"}, {"reward": "tool_call", "weight": 0}]
    with pytest.raises(SpecError) as found:
        start_job(home, RAW | {"dataset": dataset, "training": {"rewards": rewards}}, key="k")
    assert found.value.faults == {"training.rewards.1.reward": {"code": "reward.no_row_suits", "params": {}}}


def test_another_service_than_the_agreed_one_is_refused(home: Context) -> None:
    object.__setattr__(home.settings, "writer_url", "http://127.0.0.1:9/v1")
    object.__setattr__(home.settings, "writer_model", "m")
    assert reward_choices(home)["service"] == {"host": "127.0.0.1:9", "model": "m", "near": True}
    with pytest.raises(SpecError) as found:
        start_job(
            home, RAW | {"training": {"rewards": [{"reward": "judge", "values": {"host": "a.example"}}]}}, key="k"
        )
    assert found.value.faults["training.rewards.0.host"]["params"] == {"agreed": "a.example", "host": "127.0.0.1:9"}


def test_what_there_is_to_choose(home: Context) -> None:
    own(home, "def score(question, answer, row):\n    return 1\n")
    forms = reward_forms(home, "en")
    assert forms["choices"]["files"] == ["mine"]
    assert [one["id"] for one in forms["choices"]["models"]] == [1]
    assert {one["key"] for one in forms["rewards"] if one["why_not"]} <= {"gym"}


# ---------------------------------------------------------------- trying


def test_expected_and_typed_answers_are_scored(home: Context) -> None:
    both = wish({"reward": "match"}, {"reward": "length", "weight": 2, "values": {"least": 1, "most": 1}}, dataset=1)
    both["typed"] = [{"question": "q", "answer": "So 42.", "expected": "42"}, {"question": "q", "answer": "41"}]
    found = try_rewards(home, both)
    assert [one["origin"] for one in found["answers"]] == ["expected"] * ROWS + ["typed", "typed"]
    assert all(one["scores"]["match"] == 1 for one in found["answers"][:ROWS])
    assert found["answers"][ROWS]["total"] == 1 + 2 * 0
    assert (found["answers"][-1]["total"], found["answers"][-1]["scores"]["match"]) == (None, None)
    assert [(part["name"], part["unscored"], part["later"]) for part in found["parts"]] == [
        ("match", 1, False),
        ("length", 0, False),
    ]


def test_models_are_asked_while_the_job_runs(home: Context) -> None:
    found = try_rewards(home, wish({"reward": "length"}, {"reward": "judge", "values": {"model": 1}}, dataset=1))
    assert [part["later"] for part in found["parts"]] == [False, True]
    assert all(one["total"] is not None and one["scores"].keys() == {"length"} for one in found["answers"])


def test_the_models_own_answers_come_from_a_job(home: Context) -> None:
    job = sample_for_rewards(home, 1, 1)
    assert sample_for_rewards(home, 1, 1) == job
    waiting = try_rewards(home, wish({"reward": "json"}, sampled=job))
    assert waiting["sampling"] == {"job": job, "done": 0, "total": ROWS, "ended": False, "error": None}
    said = {"text": "sea", "reason": "end", "tokens": 2, "error": None}
    lines = [{"question": f"q {number}", "answers": {"base": said}} for number in range(4)]
    answers_file(home.settings, job).write_text("".join(json.dumps(one) + "\n" for one in lines))
    found = try_rewards(home, wish({"reward": "json"}, sampled=job))
    assert [(one["origin"], one["answer"], one["total"]) for one in found["answers"]] == [("sampled", "sea", 0.0)] * 4
    assert found["flat"]
    with home.db.write() as s:
        s.get_one(Job, job).status = JobStatus.FAILED
    assert sample_for_rewards(home, 1, 1) != job


def _of_own(home: Context) -> RewardTrialView:
    return try_rewards(home, typed("yes", reward="function", values={"function": "mine"}))


def test_own_functions_are_tried_in_a_process_of_their_own(home: Context) -> None:
    own(home, "print('hello')\ndef score(question, answer, row):\n    print('seen')\n    return len(answer)\n")
    assert _of_own(home)["answers"][0]["total"] == 3


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("def score(question, answer, row):\n    return 1 / 0\n", "reward.function_failed"),
        ("import os\nos._exit(3)\n", "reward.function_died"),
        ("while True:\n    pass\n", "reward.function_slow"),
    ],
)
def test_what_goes_wrong_there_is_told(home: Context, monkeypatch: pytest.MonkeyPatch, source: str, code: str) -> None:
    if code == "reward.function_slow":
        monkeypatch.setattr(apart, "PATIENCE", 2.0)
    own(home, source)
    with pytest.raises(Fault) as found:
        _of_own(home)
    assert found.value.code == code


def test_too_much_is_not_tried(home: Context) -> None:
    with pytest.raises(Fault):
        try_rewards(home, typed(*["a"] * 21, reward="json"))
    with pytest.raises(Fault):
        try_rewards(home, typed("a" * 200_001, reward="json"))


# ---------------------------------------------------------------- the doctor


def _events(ctx: Context) -> list[str]:
    with ctx.db.read() as s:
        return [one.code for one in s.query(JobEvent).order_by(JobEvent.id) if one.code.startswith("doctor")]


def test_each_finding_is_told_once_over_all_attempts(ctx: Context) -> None:
    with ctx.db.write() as s:
        s.add(Job(name="Job", kind="export", status=JobStatus.STARTING, lane="cpu", position=1.0, attempt=1, spec={}))
    training = make_spec(RAW).training
    for attempt in (1, 2):
        if attempt > 1:
            with ctx.db.write() as s:
                job = s.get_one(Job, 1)
                job.status, job.attempt = JobStatus.QUEUED, attempt
            with ctx.db.write() as s:
                s.get_one(Job, 1).status = JobStatus.STARTING
        reporter = Reporter(ctx, 1, attempt)
        reporter.start()
        told = Doctor(reporter, training, ())
        assert told.history.highest == 1.0
        for step in range(1, 5):
            reporter.metric(4 * (attempt - 1) + step, flat_groups=1.0, reward=0.0)
            told.look(step)
        reporter.flush()
        assert len(told.history.series["reward"]) == 4 * attempt
        reporter.hand_back()
        reporter.close()
    assert _events(ctx) == ["doctor_flat"]
