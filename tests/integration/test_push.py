"""Giving an export to a hub: all of it arrives, each refusal is a sentence, and the token lies nowhere but in its own file."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.services.jobs import lifecycle
from engine.services.models import pushing, tuned
from engine.shapes.taking.push import PushAsked
from storage.job_tables import Job, JobStatus
from tests import workers
from tests.homes import new_home
from tests.integration.chat_models import add_base, add_tuned
from tests.integration.taking_hub import TakingHub, taking_hub
from tests.tiny import add_dataset

TOKEN = "hf_SecretSecretSecretSecret0123456789"
REPO = "ada/poet"


@dataclass
class World:
    ctx: Context
    hub: TakingHub
    exported: int

    def asked(self, **other: Any) -> PushAsked:
        wish: PushAsked = {
            "export": self.exported,
            "file": 0,
            "repo": REPO,
            "private": True,
            "add": False,
            "confirmed": True,
        }
        return {**wish, **other}  # type: ignore[typeddict-item]

    def push(self, **other: Any) -> Job:
        job_id = pushing.start_push(self.ctx, self.asked(**other))
        job = workers.run_here(self.ctx)
        assert job.id == job_id
        return job

    def failed(self, **other: Any) -> dict[str, Any]:
        """The fault that a push ends with."""
        job = self.push(**other)
        assert job.status == JobStatus.FAILED
        assert job.error is not None
        return job.error


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, int]]:
    ctx = new_home(tmp_path_factory.mktemp("home"))
    base, dataset = add_base(ctx), add_dataset(ctx)
    job_id = tuned.start_export(ctx, add_tuned(ctx, base, dataset, name="Poet"), "adapter")
    job = workers.run_here(ctx)
    assert job.status == JobStatus.SUCCEEDED, job.error
    yield ctx, job_id
    ctx.db.close()


@pytest.fixture
def world(home: tuple[Context, int]) -> Iterator[World]:
    ctx, exported = home
    with taking_hub(TOKEN) as hub:
        here = replace(ctx, settings=replace(ctx.settings, hub_push=hub.url, offline=False))
        pushing.keep_push_token(here, TOKEN)
        yield World(here, hub, exported)
        pushing.forget_push_token(here)


def files_with(folder: Path, text: str) -> list[str]:
    """Files below the folder that hold the text anywhere."""
    wanted = text.encode()
    return [str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file() and wanted in one.read_bytes()]


def test_all_of_it_arrives_and_the_token_lies_nowhere_else(world: World) -> None:
    job = world.push()
    assert job.status == JobStatus.SUCCEEDED, job.error
    assert job.result == {"repo": REPO, "private": True, "url": f"{world.hub.url}/{REPO}", "commit": "c" * 40}
    path, _name = tuned.export_file(world.ctx, world.exported)
    with zipfile.ZipFile(path) as archive:
        sent = {one.filename.partition("/")[2]: archive.read(one) for one in archive.infolist()}
    assert world.hub.files[REPO] == sent
    assert world.hub.private[REPO] is True
    home = world.ctx.settings.home
    assert files_with(home, TOKEN) == ["secrets/hub-token"]
    file = home / "secrets" / "hub-token"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert not list((home / "exports").glob("push-*"))
    pushing.forget_push_token(world.ctx)
    assert files_with(home, TOKEN) == []
    with pytest.raises(Fault, match="no_token"):
        pushing.start_push(world.ctx, world.asked())


@pytest.mark.parametrize(
    ("call", "fault", "code"),
    [
        ("create", (401, "Invalid credentials for hf_SecretSecretSecretSecret0123456789"), "push.bad_token"),
        ("create", (403, "You don't have the rights to create a model under this namespace"), "push.forbidden"),
        ("commit", (403, "Private repository storage limit reached, please upgrade"), "push.quota"),
        ("preupload", (404, "Repository not found"), "push.not_found"),
        ("batch", (413, "Too large"), "push.quota"),
        ("create", (400, f"odd {TOKEN}"), "push.refused"),
    ],
)
def test_each_refusal_is_a_sentence_without_the_token(
    world: World, call: str, fault: tuple[int, str], code: str
) -> None:
    world.hub.faults[call] = fault
    error = world.failed()
    assert error["code"] == code
    assert TOKEN not in str(error)
    assert files_with(world.ctx.settings.home, TOKEN) == ["secrets/hub-token"]
    assert not world.hub.files.get(REPO)


def test_a_repository_that_is_there_is_added_to_only_when_that_is_wished(world: World) -> None:
    world.hub.files[REPO] = {"old.txt": b"x"}
    assert world.failed()["code"] == "push.exists"
    assert world.hub.files[REPO] == {"old.txt": b"x"}
    assert world.push(add=True).status == JobStatus.SUCCEEDED
    assert len(world.hub.files[REPO]) > 3


@pytest.mark.slow
def test_a_lost_connection_and_one_that_is_not_there(world: World) -> None:
    """The client tries for half a minute before it gives up."""
    world.hub.faults["put"] = "cut"
    assert world.failed()["code"] == "push.connection_lost"
    assert world.hub.files[REPO] == {}
    world.ctx = replace(world.ctx, settings=replace(world.ctx.settings, hub_push="http://127.0.0.1:9"))
    assert world.failed()["code"] == "push.unreachable"


def test_a_cancel_ends_it_and_nothing_is_committed(world: World) -> None:
    world.hub.faults["batch"] = "slow"
    job_id = pushing.start_push(world.ctx, world.asked())

    def cancel() -> None:
        workers.wait_until(lambda: "batch" in world.hub.calls)
        lifecycle.cancel_job(world.ctx, job_id)

    thread = threading.Thread(target=cancel)
    thread.start()
    job = workers.run_here(world.ctx)
    thread.join()
    assert job.status == JobStatus.CANCELLED
    assert world.hub.files[REPO] == {}
    assert not list((world.ctx.settings.home / "exports").glob("push-*"))


def test_nothing_leaves_unless_it_is_allowed_confirmed_and_proved(world: World) -> None:
    def refused(settings: dict[str, Any], **other: Any) -> str:
        ctx = replace(world.ctx, settings=replace(world.ctx.settings, **settings))
        with pytest.raises(Fault) as found:
            pushing.start_push(ctx, world.asked(**other))
        return found.value.code

    assert refused({"hub_push": ""}) == "push.not_allowed"
    assert refused({"offline": True}) == "push.offline"
    assert refused({"hub_push": "http://hub.example.com"}) == "push.not_encrypted"
    assert refused({}, confirmed=False) == "push.not_confirmed"
    assert refused({}, file=9) == "push.no_file"
    for name in ("poet", "/poet", "ada/", "a/b/c", "ada/..", "ada/po--et", "ada/x.git", "ада/поэт", "ada/poet\nx"):
        assert refused({}, repo=name) == "push.bad_name"
    with pytest.raises(NotFound):
        pushing.start_push(world.ctx, world.asked(export=999))
    with world.ctx.db.write() as s:
        made = s.get_one(Job, world.exported)
        kept = made.result
        made.result = {"files": [{**one, "proof": {"passed": False}} for one in (kept or {})["files"]]}
    assert refused({}) == "push.not_proved"
    with world.ctx.db.write() as s:
        s.get_one(Job, world.exported).result = kept
    assert world.hub.calls == []


def test_what_would_leave_is_told_before(world: World) -> None:
    offer = pushing.push_offer(world.ctx, world.exported, 0)
    assert {"README.md", "adapter_model.safetensors"} <= {one["name"] for one in offer["files"]}
    assert offer["bytes"] == sum(one["bytes"] for one in offer["files"])
    assert offer["repo"] == "Poet-adapter"
    assert offer["allowed"]
    assert offer["token"]
    assert offer["host"] in world.hub.url


def test_odd_tokens_are_not_kept(world: World) -> None:
    for odd in ("", "short", "with space inside", "né" * 10, "x" * 500, "a\nb" * 5):
        with pytest.raises(Fault, match="odd_token"):
            pushing.keep_push_token(world.ctx, odd)


def test_the_settings_say_where() -> None:
    from engine.core.settings import read_settings

    assert read_settings({}).hub_push == ""
    assert read_settings({"TUNESMITH_HUB_PUSH": "0"}).hub_push == ""
    assert read_settings({"TUNESMITH_HUB_PUSH": "1"}).hub_push == "https://huggingface.co"
    assert (
        read_settings({"TUNESMITH_HUB_PUSH": "1", "HF_ENDPOINT": "https://m.example"}).hub_push == "https://m.example"
    )
    with pytest.raises(Fault):
        read_settings({"TUNESMITH_HUB_PUSH": "ftp://x"})
    settings = read_settings({"TUNESMITH_HUB_PUSH": "1"})
    assert read_settings(settings.child_environment()).hub_push == settings.hub_push
