"""Folders of models: every part is checked, links are followed, and what changed is registered anew when it is added again."""

from __future__ import annotations

import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.models.base import gguf, known_files
from engine.models.base.integrity import intact_weights
from engine.services.models import base_models
from storage.tables import LanguageModel
from tests import tiny, workers
from tests.model_files import edit


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(Fault) as caught:
        call()
    return caught.value.code


def _sharded(folder: Path) -> list[Path]:
    """The tiny model in several files, as large ones come."""
    from transformers import AutoModelForCausalLM

    tiny.write_model(folder)
    AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder / "parts", max_shard_size="200KB")
    (folder / "model.safetensors").unlink()
    for file in (folder / "parts").iterdir():
        file.replace(folder / file.name)
    return sorted(folder.glob("model-*.safetensors"))


def _add(ctx: Context, folder: Path) -> LanguageModel:
    model_id = base_models.add_folder(ctx, str(folder), wait=True)
    if base_models.base_model_view(ctx, model_id)["status"] == "preparing":
        assert workers.run_here(ctx).status == "succeeded"
    with ctx.db.read() as s:
        return s.get_one(LanguageModel, model_id)


def test_every_part_of_a_model_is_checked_and_named(ctx: Context, tmp_path: Path) -> None:
    parts = _sharded(tmp_path / "large")
    assert len(parts) > 2
    model = _add(ctx, tmp_path / "large")
    intact_weights(ctx.settings, model)
    for part in (parts[0], parts[-1]):
        edit(part)
        with pytest.raises(Fault) as caught:
            intact_weights(ctx.settings, model, whole=True)
        assert (caught.value.code, caught.value.params["file"]) == ("model.changed", part.name)
        edit(part)
        intact_weights(ctx.settings, model)
    parts[1].unlink()
    with pytest.raises(Fault) as caught:
        intact_weights(ctx.settings, model)
    assert (caught.value.code, caught.value.params["file"]) == ("model.vanished", parts[1].name)


def test_a_snapshot_that_links_into_blobs(ctx: Context, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    for file in tiny.write_model(tmp_path / "blobs").iterdir():
        (snapshot / file.name).symlink_to(Path("..", "..", "blobs", file.name))
    model = _add(ctx, snapshot)
    intact_weights(ctx.settings, model, whole=True)
    edit(tmp_path / "blobs" / "model.safetensors")
    assert code_of(lambda: intact_weights(ctx.settings, model, whole=True)) == "model.changed"
    (tmp_path / "blobs" / "model.safetensors").unlink()  # the link dangles
    assert code_of(lambda: intact_weights(ctx.settings, model)) == "model.vanished"


def test_weights_are_hashed_when_a_model_is_added_and_not_again_at_its_first_load(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_model(tmp_path / "mine")
    time.sleep(0.1)  # files that were written within a tick of the clock are hashed again
    model = _add(ctx, tmp_path / "mine")
    monkeypatch.setattr("engine.models.base.known_files.hash_file", lambda *_: pytest.fail("hashed again"))
    assert intact_weights(ctx.settings, model) == tmp_path / "mine"


def test_a_changed_folder_is_registered_as_a_new_model(ctx: Context, tmp_path: Path) -> None:
    tiny.write_model(tmp_path / "mine")
    first = _add(ctx, tmp_path / "mine")
    os.utime(tmp_path / "mine" / "model.safetensors")
    assert _add(ctx, tmp_path / "mine").id == first.id, "touched: the same model"
    tiny.write_model(tmp_path / "mine", seed=1)  # other numbers in a file of the same size
    second = _add(ctx, tmp_path / "mine")
    assert second.id != first.id
    assert second.weights_hash != first.weights_hash
    views = {view["id"]: view["status"] for view in base_models.list_base_models(ctx)}
    assert views == {first.id: "failed", second.id: "ready"}
    assert _add(ctx, tmp_path / "mine").id == second.id


def test_a_page_does_not_wait_for_the_hash_but_hears_of_it(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_model(tmp_path / "mine")
    first = _add(ctx, tmp_path / "mine")
    tiny.write_model(tmp_path / "mine", seed=1)
    large, real = threading.Event(), known_files.hash_file
    monkeypatch.setattr(known_files, "hash_file", lambda *given: large.wait(20) and real(*given))
    began = time.monotonic()
    assert base_models.add_folder(ctx, str(tmp_path / "mine")) == first.id
    assert time.monotonic() - began < 5
    large.set()
    workers.wait_until(lambda: base_models.base_model_view(ctx, first.id)["status"] == "failed")
    assert base_models.add_folder(ctx, str(tmp_path / "mine")) != first.id


def test_a_file_that_vanished_and_came_back_is_the_same_model(ctx: Context, tmp_path: Path) -> None:
    folder = tiny.write_model(tmp_path / "mine")
    model = _add(ctx, folder)
    (folder / "model.safetensors").rename(tmp_path / "away")
    assert base_models.base_model_view(ctx, model.id)["status"] == "failed"
    (tmp_path / "away").rename(folder / "model.safetensors")
    assert base_models.base_model_view(ctx, model.id)["status"] == "ready"
    assert _add(ctx, folder).id == model.id


def test_files_of_ours_that_changed_are_made_anew(ctx: Context, tmp_path: Path) -> None:
    ready = tiny.write_model(tmp_path / "starter")
    given = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, starter_from=ready))
    model_id = base_models.ensure_starter(given)
    assert workers.run_here(given).status == "succeeded"
    view = base_models.base_model_view(given, model_id)
    weights = given.settings.home / "models" / str(model_id) / "weights" / "model.safetensors"
    weights.unlink()  # it may be a link to the prepared one
    weights.write_bytes((ready / "model.safetensors").read_bytes() + b"x")
    changed = base_models.base_model_view(given, model_id)
    assert changed["error"] is not None
    assert (changed["status"], changed["error"]["code"]) == ("failed", "model.changed_here")
    assert base_models.ensure_starter(given) == model_id
    assert workers.run_here(given).status == "succeeded"
    assert base_models.base_model_view(given, model_id) == view


def test_another_gguf_in_the_folder_is_another_model(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its weights are a copy of ours, which stays what it was; what is added again is what lies there now."""

    def convert(file: Path, target: Path) -> None:
        tiny.write_model(target, seed=file.read_bytes()[0])

    monkeypatch.setattr(gguf, "check_room", lambda *_: None)
    monkeypatch.setattr(gguf, "convert", convert)
    file = tmp_path / "mine" / "model.gguf"
    file.parent.mkdir()
    file.write_bytes(b"\1" * 100)
    first = _add(ctx, file.parent)
    os.utime(file)
    assert _add(ctx, file.parent).id == first.id
    file.write_bytes(b"\2" * 100)
    second = _add(ctx, file.parent)
    file.rename(file.with_name("other.gguf"))
    third = _add(ctx, file.parent)
    assert len({first.id, second.id, third.id}) == 3
    assert first.weights_hash != second.weights_hash == third.weights_hash
    assert intact_weights(ctx.settings, first).is_dir()


def test_a_source_that_gives_other_weights_now_makes_a_new_model(ctx: Context, tmp_path: Path) -> None:
    ready = tiny.write_model(tmp_path / "starter")
    given = dataclasses.replace(ctx, settings=dataclasses.replace(ctx.settings, starter_from=ready))
    first = base_models.ensure_starter(given)
    workers.run_here(given)
    shutil.rmtree(given.settings.home / "models" / str(first) / "weights")
    tiny.write_model(ready, seed=1)
    assert base_models.ensure_starter(given) == first
    job = workers.run_here(given)
    assert (job.status, job.error["code"]) == ("failed", "model.other_weights")
    second = base_models.ensure_starter(given)
    assert second != first
    assert workers.run_here(given).status == "succeeded"
    assert base_models.base_model_view(given, second)["status"] == "ready"
