"""A home that takes nothing more: every page opens and shows what is there, and every action says why it cannot be done."""

from __future__ import annotations

import errno
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import app
from engine.core.context import Context, open_context
from engine.core.settings import Settings
from engine.core.text import LANGUAGES
from engine.jobs import worker
from engine.jobs.kinds import AUDIT
from engine.jobs.queue import enqueue
from engine.services.app.preferences import get_setting, put_setting
from engine.services.chat.conversations import Chat
from engine.services.data import datasets
from storage.db import Database
from tests import workers
from tests.earlier import LOADS, opened
from tests.homes import new_home
from tests.machines import fill, read_only, small_disk
from tests.web import web_client
from webui.border.views import borders
from webui.guard import guarded
from webui.pages import PAGES
from webui.site import Site
from webui.train_draft import fresh_draft

ACTS = {"open_lesson"}  # of what pages load: a button's answer, which makes a data set


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with everything in it, which nobody has open."""
    home = tmp_path_factory.mktemp("closed") / "home"
    opened(home).db.close()
    return home


@contextmanager
def on_a_read_only_disk(home: Path) -> Iterator[Context]:
    with read_only(home):
        ctx = open_context(Settings(home=home, offline=True), upgrade=True)
        yield ctx
        ctx.db.close()


@contextmanager
def while_another_writes(home: Path) -> Iterator[Context]:
    ctx = open_context(Settings(home=home, offline=True))
    another = Database(ctx.settings.database)
    with another.write() as session:
        session.connection()
        yield ctx
    another.close()
    ctx.db.close()


Refusing = Callable[[Path], AbstractContextManager[Context]]


def unshown(ctx: Context) -> list[tuple[str, Any]]:
    """What pages load and do not get."""
    chat = Chat(ctx)
    found = []
    for view in borders(Site(ctx, chat)):
        for name in LOADS.keys() & view.functions.keys() - ACTS:
            for arguments in LOADS[name]:
                answer = guarded("en")(view.functions[name].call)(arguments)
                found += [(name, answer["error"])] if "error" in answer else []
    chat.close()
    return found


@pytest.mark.parametrize("refusing", [on_a_read_only_disk, while_another_writes])
def test_every_page_shows_what_is_there(closed: Path, refusing: Refusing, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing(closed) as ctx:
        assert unshown(ctx) == []
        with web_client(ctx) as client:
            for page in PAGES:
                assert client.get(f"/en/{page.path}").status_code == 200
            assert client.get("/api/pulse").status_code == 200


def test_every_page_shows_what_is_there_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40) as disk:
        ctx = opened(disk / "home")
        put_setting(ctx, "running", True)  # a server that is at work has its database open
        assert get_setting(ctx, "running")
        fill(disk)
        assert unshown(ctx) == []
        ctx.db.close()


def test_every_act_says_that_the_disk_is_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with small_disk(tmp_path / "disk", 4) as disk, web_client(ctx := new_home(disk / "home")) as client:
        client.get("/en/")
        fill(disk)
        sent = client.post("/api/uploads", content=b"x" * 9000, headers={"x-filename": "a.txt"})
        looked = client.post("/api/questions", content=b"x" * 9000, headers={"x-filename": "a.txt"})
        draft = client.post("/api/drafts/train", json=fresh_draft(sample_prompts="y" * 50_000))
        for answer in (sent, looked, draft):
            assert answer.status_code == 507
            assert answer.json()["error"]["code"] in ("obstacle.disk_full", "web.disk_full")
        for language in LANGUAGES:
            answer = guarded(language)(lambda: datasets.ensure_sample(ctx, "en"))([])
            assert answer["error"]["code"] == "obstacle.disk_full"
            assert str(disk) in answer["error"]["message"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TUNESMITH_HOME", str(disk / "home"))
            patch.setattr(os, "environ", dict(os.environ))
            assert app.main(["starter", "--home", str(disk / "home")]) == 1
        assert "is full" in capsys.readouterr().out
        ctx.db.close()


@pytest.mark.parametrize("command", ["serve", "jobs", "models", "data"])
def test_a_file_as_home_is_said_at_the_terminal(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert app.main([command, "--home", str(tmp_path / "home"), *(["--port", "0"] if command == "serve" else [])]) == 1
    gc.enable()  # a server turns it off while it starts
    said = capsys.readouterr()
    assert f"{tmp_path / 'home'}" in said.out + said.err
    assert "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EROFS, "Read-only file system"), "obstacle.read_only"),
        (OSError(errno.EMFILE, "Too many open files"), "obstacle.open_files"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "obstacle.quota"),
    ],
)
def test_a_job_ends_with_what_its_machine_refused(
    ctx: Context, error: OSError, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: Any) -> None:
        raise error

    with ctx.db.write() as session:
        enqueue(session, AUDIT, name="x", spec={})
    monkeypatch.setattr(worker, "runner_of", lambda _kind: refuse)
    ended = workers.run_here(ctx)
    assert ended.status == "failed"
    assert ended.error["code"] == code
