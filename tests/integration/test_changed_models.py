"""Base and tuned models whose files changed are refused, wherever they would be loaded; what is the same goes on quietly."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, SpecError
from engine.core.text import LANGUAGES
from engine.models.base.integrity import change_of, intact_weights
from engine.models.base.known_files import stamp_of
from engine.models.tuned.integrity import intact_result
from engine.services.chat import question_lists
from engine.services.chat.conversations import Chat
from engine.services.comparisons import comparisons
from engine.services.jobs import lifecycle
from engine.services.models import base_models
from engine.services.models import tuned as tuned_models
from engine.services.planning import speed_probe
from storage.job_tables import Job
from storage.tables import LanguageModel, TunedModel
from tests import tiny, training_jobs, workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.model_files import edit
from webui.i18n import message


@dataclass
class World:
    """A home with the tiny base and an adapter, whose files every test may spoil."""

    ctx: Context
    base: int
    dataset: int
    adapter: int

    @property
    def base_row(self) -> LanguageModel:
        with self.ctx.db.read() as s:
            return s.get_one(LanguageModel, self.base)

    @property
    def tuned_row(self) -> TunedModel:
        with self.ctx.db.read() as s:
            return s.get_one(TunedModel, self.adapter)

    @property
    def weights(self) -> Path:
        return self.ctx.settings.absolute(self.base_row.path or "") / "model.safetensors"

    @property
    def result(self) -> Path:
        return self.ctx.settings.absolute(self.tuned_row.path) / "adapter_model.safetensors"

    @property
    def spec(self) -> dict[str, Any]:
        return {"name": "L", "base_model": self.base, "dataset": self.dataset, "method": "lora", "budget": {"device": "cpu"},
                "training": training_jobs.TRAINING}  # fmt: skip

    def record(self, name: str) -> Path:
        return self.ctx.settings.home / "cache" / "checks" / name

    def hide(self, record: str, file: Path) -> None:
        """As a disk does that returns other bytes than were written: no time tells it."""
        known = json.loads(self.record(record).read_text())
        known["files"][file.name] = stamp_of(file)
        self.record(record).write_text(json.dumps(known | {"stamped_at": time.time() + 1}))

    def load(self) -> Path:
        return intact_weights(self.ctx.settings, self.base_row)

    def export(self, form: str) -> Job:
        tuned_models.start_export(self.ctx, self.adapter, form)
        return workers.run_here(self.ctx)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), tiny.add_dataset(ctx)
    yield World(ctx, base, dataset, add_tuned(ctx, base, dataset, name="House style"))
    ctx.db.close()


@pytest.fixture
def world(home: World, tmp_path: Path) -> Iterator[World]:
    """All files as they were, whatever the test did."""
    kept = {home.weights.parent: tmp_path / "base", home.result.parent: tmp_path / "tuned"}
    for folder, copy in kept.items():
        shutil.copytree(folder, copy)
    yield home
    for folder, copy in kept.items():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(copy, folder)
    shutil.rmtree(home.ctx.settings.home / "cache" / "checks", ignore_errors=True)


def grow(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")


def lose_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def reshape(file: Path) -> None:
    """The weights stay; config.json says something else of them."""
    config = json.loads((file.parent / "config.json").read_text())
    (file.parent / "config.json").write_text(json.dumps(config | {"rope_theta": 5.0, "num_attention_heads": 2}))


def faults_of(call: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(SpecError) as caught:
        call()
    return caught.value.faults


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        call()
    return caught.value.code


# ------------------------------------------------------------------ every way in


@pytest.mark.parametrize(
    ("spoil", "code", "file"),
    [
        (grow, "model.changed", "model.safetensors"),
        (reshape, "model.changed", "config.json"),
        (os.unlink, "model.vanished", "model.safetensors"),
        (lose_folder, "model.vanished", "weights"),
    ],
)
def test_a_changed_base_is_refused_by_every_way_in(
    world: World, spoil: Callable[[Path], None], code: str, file: str
) -> None:
    world.load()
    workers.queue(world.ctx, world.base, world.dataset)  # waits already when the files change
    chat = Chat(world.ctx)
    conversation = chat.open(world.base, [world.adapter])
    spoil(world.weights)
    job = workers.run_here(world.ctx)
    assert (job.status, job.error["code"]) == ("failed", code)
    assert job.error["params"]["file"].endswith(file)
    assert job.error["params"]["name"] == "Tiny"
    assert faults_of(lambda: lifecycle.start_job(world.ctx, world.spec, key=""))["base_model"]["code"] == code
    assert faults_of(lambda: lifecycle.resume_job(world.ctx, job.id))["base_model"]["code"] == code
    assert faults_of(lambda: speed_probe.start_probe(world.ctx, world.spec))["base_model"]["code"] == code
    raw = {"name": "C", "base_model": world.base, "dataset": world.dataset, "device": "cpu",
           "entrants": [{"method": "lora", "params": {}}, {"method": "ia3", "params": {}}]}  # fmt: skip
    assert code in {
        fault["code"] for fault in faults_of(lambda: comparisons.start_comparison(world.ctx, raw, key="")).values()
    }
    assert code_of(lambda: next(chat.ask(conversation, "Hello"))) == code
    read_only = chat.view(conversation)["read_only"]
    assert read_only is not None
    assert read_only["code"] == code
    question_lists.start_list(world.ctx, world.base, [], {"max_tokens": 4}, ["Hello"], name="List", key="")
    asked = workers.run_here(world.ctx)
    assert (asked.status, asked.error["code"]) == ("failed", code)
    merged = world.export("merged")
    assert (merged.status, merged.error["code"]) == ("failed", code)
    view = base_models.base_model_view(world.ctx, world.base)
    assert (view["status"], view["error"]["code"] if view["error"] else None) == ("failed", code)
    on_it = tuned_models.tuned_view(world.ctx, world.adapter)["changed"]
    assert on_it is not None
    assert on_it["code"] == code
    for language in LANGUAGES:
        said = message(language, code, job.error["params"])
        assert "Tiny" in said
        assert file in said
        assert "{" not in said


def test_a_base_that_was_touched_or_copied_back_goes_on(world: World) -> None:
    world.load()
    os.utime(world.weights)
    os.utime(world.weights.parent / "config.json")
    assert change_of(world.ctx.settings, world.base_row) is None
    assert world.load() == world.weights.parent
    copy = world.weights.with_name("copy")
    shutil.copyfile(world.weights, copy)
    copy.replace(world.weights)
    assert training_jobs.train(world.ctx, (world.base, world.dataset), training={"epochs": 0.1}).status == "succeeded"
    assert json.loads(world.record(f"base-{world.base}.json").read_text())["files"]["model.safetensors"][1] == (
        world.weights.stat().st_mtime_ns
    )


def test_a_hidden_edit_of_the_base_is_found_before_a_merge(world: World) -> None:
    world.load()
    edit(world.weights)
    world.hide(f"base-{world.base}.json", world.weights)
    world.load()  # sizes and times cannot tell, and it was hashed today
    job = world.export("merged")
    assert (job.status, job.error["code"]) == ("failed", "model.changed")
    assert base_models.base_model_view(world.ctx, world.base)["status"] == "failed", "and it is remembered"
    edit(world.weights)
    assert world.load() == world.weights.parent
    assert base_models.base_model_view(world.ctx, world.base)["status"] == "ready"


def test_a_hidden_edit_of_the_base_is_found_once_a_day(world: World) -> None:
    world.load()
    edit(world.weights)
    world.hide(f"base-{world.base}.json", world.weights)
    record = json.loads(world.record(f"base-{world.base}.json").read_text())
    world.record(f"base-{world.base}.json").write_text(json.dumps(record | {"hashed_at": time.time() - 90_000}))
    job = training_jobs.train(world.ctx, (world.base, world.dataset))
    assert (job.status, job.error["code"]) == ("failed", "model.changed")
    assert job.step == 0


def test_a_base_of_earlier_versions_is_hashed_at_its_first_load(world: World) -> None:
    edit(world.weights)
    assert code_of(world.load) == "model.changed"


def test_a_job_whose_base_changed_behind_its_checkpoint_is_not_resumed(world: World) -> None:
    workers.queue(world.ctx, world.base, world.dataset, training=training_jobs.TRAINING)
    job = workers.run_here(world.ctx)
    with world.ctx.db.write() as s:
        s.get_one(Job, job.id).status = "stopped"
    stamp = world.weights.stat()
    data = bytearray(world.weights.read_bytes())
    data[-1] ^= 1
    world.weights.write_bytes(data)  # the size stays
    assert world.weights.stat().st_size == stamp.st_size
    lifecycle.resume_job(world.ctx, job.id)  # only a hash can tell, and no page waits for one
    again = workers.run_here(world.ctx)
    assert (again.status, again.error["code"]) == ("failed", "model.changed")
    assert "base_model" in faults_of(lambda: lifecycle.resume_job(world.ctx, job.id)), "now it is known"


# ------------------------------------------------------------------ results


@pytest.mark.parametrize(("spoil", "code"), [(grow, "chat.damaged"), (edit, "chat.damaged"), (os.unlink, "tuned.file_gone"),
                                             (lose_folder, "tuned.file_gone")])  # fmt: skip
def test_a_changed_result_is_refused_in_chat_and_export(world: World, spoil: Callable[[Path], None], code: str) -> None:
    intact_result(world.ctx.settings, world.tuned_row)
    spoil(world.result)
    with pytest.raises(Fault) as caught:
        intact_result(world.ctx.settings, world.tuned_row)
    assert caught.value.code == code
    for language in LANGUAGES:
        assert f"tuned/{world.result.parent.name}" in message(language, code, caught.value.params)
    job = world.export("adapter")
    assert (job.status, job.error["code"]) == ("failed", code)
    changed = tuned_models.tuned_view(world.ctx, world.adapter)["changed"]
    assert changed is not None
    assert changed["code"] == code


def test_the_settings_of_an_adapter_count_as_well(world: World) -> None:
    intact_result(world.ctx.settings, world.tuned_row)
    file = world.result.with_name("adapter_config.json")
    file.write_text(file.read_text().replace('"lora_alpha": 16', '"lora_alpha": 99'))
    assert code_of(lambda: intact_result(world.ctx.settings, world.tuned_row)) == "chat.damaged"


def test_what_training_just_stored_is_known_from_the_start(world: World) -> None:
    job = training_jobs.train(world.ctx, (world.base, world.dataset), training={"epochs": 0.1})
    made = training_jobs.tuned(world.ctx, job.id)
    assert made is not None
    file = world.ctx.settings.absolute(made.path) / "adapter_config.json"
    file.write_text(file.read_text().replace('"lora_alpha": ', '"lora_alpha": 1'))
    assert code_of(lambda: intact_result(world.ctx.settings, made)) == "chat.damaged"


def test_a_readme_of_a_result_may_be_written_anew(world: World) -> None:
    intact_result(world.ctx.settings, world.tuned_row)
    world.result.with_name("README.md").write_text("Mine")
    assert intact_result(world.ctx.settings, world.tuned_row, whole=True) == world.result.parent


def test_the_command_line_says_it(world: World) -> None:
    import io

    from engine.commands.arguments import parse
    from engine.commands.console import Console
    from engine.commands.train import train
    from webui.i18n import error_text, t

    world.load()
    grow(world.weights)
    console = Console("en", t, error_text, out=io.StringIO())
    with pytest.raises(Fault) as caught:
        train(console, world.ctx, parse(console, ["train", "--model", str(world.base), "--data", str(world.dataset)]))
    assert caught.value.code == "model.changed"
