"""Whole jobs over prompts with several answers: interrupted, short of memory, in whatever groups, they learn the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.core.context import Context
from engine.data.rows.store import read_rows
from engine.data.templates.template import ChatTemplate
from engine.evaluation import sampling
from engine.jobs.reporter import Reporter
from engine.jobs.spec import make_unnamed
from engine.objectives import objective_of
from engine.services.jobs import lifecycle
from engine.services.planning import estimates, speed_probe
from engine.training.batches.counted import counts_of
from engine.training.batches.examples import load_examples
from engine.training.forward.forward import Packed, Padded
from engine.training.loop import inputs as inputs_module
from engine.training.loop import ready
from engine.training.loop.callback import TrainingCallback
from engine.training.reference import before
from engine.training.reference.before import ReferenceWork
from storage.job_tables import Job
from storage.tables import Dataset
from tests import tiny, workers
from tests.homes import new_home
from tests.training_jobs import kept, tuned

pytestmark = pytest.mark.slow

SEED = 5
TRAINING = {"epochs": 2, "batch_size": 4, "evaluations": 2, "learning_rate": 0.01, "warmup": 0.0, "beta": 0.3}
STEPS = 8


@pytest.fixture(scope="module")
def ctx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    context = new_home(tmp_path_factory.mktemp("bundles") / "home")
    tiny.add_model(context)
    tiny.add_dataset(context, rows(), held_out=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sampling, "NEW_TOKENS", 4)  # the sample answers take most of a tiny run
        yield context
    context.db.close()


def rows() -> list[dict[str, Any]]:
    numbers = np.random.default_rng(SEED)

    def said(role: str) -> list[dict[str, str]]:
        words = numbers.choice(tiny.WORDS, numbers.integers(1, 9))
        return [{"role": role, "content": " ".join(words)}]

    return [{"prompt": said("user"), "chosen": said("assistant"), "rejected": said("assistant")} for _ in range(20)]


def queue(ctx: Context, **raw: Any) -> int:
    own = {} if "objective" in raw else {"imitate": 0.0}
    raw["training"] = TRAINING | own | raw.get("training", {})
    raw.setdefault("sample_prompts", [])
    return workers.queue(ctx, 1, 1, **{"objective": "dpo", **raw})


def run(ctx: Context, **raw: Any) -> Job:
    queue(ctx, **raw)
    return workers.run_here(ctx)


def adapter(ctx: Context, job: Job) -> dict[str, torch.Tensor]:
    made = tuned(ctx, job.id)
    assert made is not None, job.error
    return load_file(ctx.settings.absolute(made.path) / "adapter_model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(ctx: Context) -> Job:
    return run(ctx)


def forget_reference(ctx: Context) -> Path:
    folder = ctx.settings.home / "cache" / "reference"
    for file in folder.glob("*"):
        file.unlink()
    return folder


class Killed(BaseException):
    """The end of a process, at once."""


def killed(ctx: Context, job_id: int) -> None:
    """Run until it is killed; then what the supervisor does when a worker is gone."""
    job, attempt = workers.claim(ctx)
    assert job == job_id
    reporter = Reporter(ctx, job, attempt)
    reporter.start()
    try:
        with pytest.raises(Killed):
            workers.work_here(ctx, reporter)
    finally:
        reporter.close()
    with ctx.db.write() as s:
        row = s.get(Job, job_id)
        assert row is not None
        row.status = "interrupted"


def test_a_first_step_loses_what_chance_loses(ctx: Context, whole: Job) -> None:
    assert whole.status == "succeeded", whole.error
    assert workers.series(ctx, whole.id, "train_loss")[1] == pytest.approx(np.log(2), abs=2e-5)
    assert workers.series(ctx, whole.id, "val_loss")[0] == pytest.approx(np.log(2), abs=2e-5)
    assert whole.result["val_accuracy"] == workers.series(ctx, whole.id, "val_accuracy")[whole.result["model_step"]]
    assert whole.result["base_val_margin"] == pytest.approx(0, abs=1e-4)


def test_killed_while_the_reference_is_made_it_goes_on_there_and_learns_the_same(
    ctx: Context, whole: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(before, "_PIECE", 100)
    monkeypatch.setattr(before, "_KEEP_SECONDS", 0.0)
    folder, expected = forget_reference(ctx), run(ctx)
    assert expected.status == "succeeded"
    forget_reference(ctx)
    read, places = ReferenceWork._read, list[int]()

    def dying(self: ReferenceWork, examples: Any, at: range, numbers: Any) -> None:
        if len(places) == 3:
            raise Killed
        places.append(at.start)
        read(self, examples, at, numbers)

    monkeypatch.setattr(ReferenceWork, "_read", dying)
    job_id = queue(ctx)
    killed(ctx, job_id)
    assert len(list(folder.glob("*.f32"))) == 1
    done, places[:] = list(places), []

    def noting(self: ReferenceWork, examples: Any, at: range, numbers: Any) -> None:
        places.append(at.start)
        read(self, examples, at, numbers)

    monkeypatch.setattr(ReferenceWork, "_read", noting)
    lifecycle.resume_job(ctx, job_id)
    job = workers.run_here(ctx)
    assert job.status == "succeeded", job.error
    assert places
    assert places[0] > done[-1]  # nothing is read twice
    assert same(adapter(ctx, job), adapter(ctx, expected))


def test_killed_between_two_steps_it_ends_with_the_same_weights(
    ctx: Context, whole: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReferenceWork, "_read", None)  # it is there: nobody may make it again
    on_step_end = TrainingCallback.on_step_end

    def dying(self: TrainingCallback, args: Any, state: Any, control: Any, **options: Any) -> None:
        on_step_end(self, args, state, control, **options)
        if state.global_step == STEPS // 2 + 1:
            raise Killed

    monkeypatch.setattr(TrainingCallback, "on_step_end", dying)
    job_id = queue(ctx)
    killed(ctx, job_id)
    assert [one.step for one in kept(ctx, job_id)] == [STEPS // 2]
    monkeypatch.setattr(TrainingCallback, "on_step_end", on_step_end)
    lifecycle.resume_job(ctx, job_id)
    job = workers.run_here(ctx)
    assert (job.status, job.attempt) == ("succeeded", 2), job.error
    assert "resumed" in workers.event_codes(ctx, job_id)
    assert same(adapter(ctx, job), adapter(ctx, whole))
    for name in ("train_loss", "val_loss", "accuracy", "margin"):
        assert workers.series(ctx, job.id, name) == workers.series(ctx, whole.id, name), name


@pytest.mark.parametrize("way", [Packed, Padded])
def test_steps_are_the_same_in_every_arrangement(
    ctx: Context, whole: Job, way: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prompt read once or with each answer, packed or padded; with groups of one pair each."""
    monkeypatch.setattr(ready, "choose_forward", lambda model, *_args, **_options: way(model))
    job = run(ctx, budget={"device": "cpu", "goal": "smallest"}, training={"checkpointing": "off"})
    assert job.status == "succeeded", job.error
    for name in ("train_loss", "val_loss", "margin"):
        assert workers.series(ctx, job.id, name) == pytest.approx(workers.series(ctx, whole.id, name), abs=2e-4), name


def test_short_of_memory_pairs_stay_whole_and_one_that_is_too_large_is_named(
    ctx: Context, whole: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, most = Packed.read, 80

    def short(self: Packed, group: Any, **options: Any) -> Any:
        if torch.is_grad_enabled() and sum(map(len, group)) > most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return read(self, group, **options)

    monkeypatch.setattr(Packed, "read", short)
    job = run(ctx)
    assert job.status == "succeeded", job.error
    assert "groups_halved" in workers.event_codes(ctx, job.id)
    assert workers.series(ctx, job.id, "train_loss") == pytest.approx(
        workers.series(ctx, whole.id, "train_loss"), abs=2e-4
    )
    most = 5
    job = run(ctx, training={"evaluations": 0, "checkpointing": "off"})
    assert job.error is not None
    assert (job.status, job.error["code"]) == ("failed", "training.out_of_memory")


@pytest.mark.parametrize("objective", ["dpo", "kto"])
def test_a_row_whose_loss_is_no_number_is_named(ctx: Context, objective: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model breaks at the first answer of one row."""
    read, reads, broken = Packed.read, inputs_module.load_examples, list[int]()

    def first(example: Any) -> list[int]:
        return example.ids[: example.shared + example.parts[0]].tolist()  # type: ignore[no-any-return]

    def breaks(self: Packed, group: Any, **options: Any) -> Any:
        found = read(self, group, **options)
        counts = [
            float("nan") if one.parts and first(one) == broken else 1.0 for one in group for _ in range(one.trained)
        ]
        return replace(found, log_probs=found.log_probs * torch.tensor(counts))

    def noting(*args: Any) -> Any:
        found = reads(*args)
        broken[:] = first(found.train[7])
        return found

    monkeypatch.setattr(Packed, "read", breaks)
    monkeypatch.setattr(inputs_module, "load_examples", noting)
    job = run(ctx, objective=objective, training={"evaluations": 0})
    assert job.error is not None
    assert (job.status, job.error["code"]) == ("failed", "training.nan_row"), job.error
    assert job.error["params"]["row"] == 8


@pytest.mark.parametrize(
    ("objective", "more"),
    [
        ("dpo", {}),
        ("kto", {}),
        ("grpo", {"answers": 2, "answer_tokens": 8, "rewards": [{"reward": "length", "values": {"most": 5}}]}),
    ],
)
def test_a_plan_is_made_measured_and_promised_again(ctx: Context, objective: str, more: dict[str, Any]) -> None:
    """The plan's tokens are those that the job will see; its speed can be measured before."""
    dataset = 1
    if objective == "grpo":
        dataset = tiny.add_dataset(
            ctx, [{"prompt": row["prompt"], "reference": {}} for row in rows()], name="AskedPrompt"
        )
    training = {key: TRAINING[key] for key in ("epochs", "batch_size", "evaluations")}
    raw = {
        "name": "Planned", "base_model": 1, "dataset": dataset, "method": "lora", "objective": objective,
        "training": training | more, "budget": {"device": "cpu"},
    }  # fmt: skip
    before = estimates.plan(ctx, raw)
    assert before["verdict"]["ok"], before["verdict"]
    parts = {part["key"] for part in before["time"]["parts"]}
    assert ("reference" in parts) == (objective != "grpo")
    speed_probe.start_probe(ctx, raw)
    probe = workers.run_here(ctx)
    assert probe.status == "succeeded", probe.error
    assert estimates.plan(ctx, raw)["time"]["source"] == "probe"
    spec = make_unnamed(raw)
    train, val = estimates.case_of(ctx, spec).counts()
    with ctx.db.read() as s:
        row = s.get(Dataset, dataset)
        assert row is not None
        path = ctx.settings.absolute(str(row.rows_path))
    template = ChatTemplate.load(ctx.settings.home / "models" / "tiny" / "tokenizer")
    folder = ctx.settings.home / "look" / objective
    made = load_examples(read_rows(path), template, objective_of(objective), spec.training, folder)
    for counted, examples in ((train, made.train), (val, made.val)):
        found = counts_of(examples, spec)
        assert (counted.rows, counted.tokens, counted.trained) == (found.rows, found.tokens, found.trained)
        assert sorted(counted.lengths) == sorted(found.lengths)
