"""A home is its owner's alone: what is made in it, what earlier versions made, and the key that signs sessions."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.commands.serve import write_log
from engine.core import private_home
from engine.core.private_home import make_private, others_home
from tests.homes import migrated, new_home
from webui.http import security
from webui.http.security import session_key


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o777


def open_to_others(home: Path) -> list[str]:
    every = (home, *home.rglob("*"))
    return [str(path) for path in every if not path.is_symlink() and mode(path) & 0o077]


def test_all_that_is_made_in_a_home_is_private(tmp_path: Path) -> None:
    ctx = new_home(tmp_path / "home")
    with ctx.db.write() as s:
        s.execute(text("create table more (a)"))
    assert {path.name for path in ctx.settings.home.iterdir()} >= {
        "tunesmith.db",
        "tunesmith.db-wal",
        "tunesmith.db-shm",
    }
    write_log(ctx.settings)
    session_key(ctx.settings.home)
    (ctx.settings.folder("uploads", "deep") / "a.jsonl").write_text("{}")
    assert open_to_others(ctx.settings.home) == []
    assert (mode(ctx.settings.home / "uploads"), mode(ctx.settings.home / "session.key")) == (0o700, 0o600)
    ctx.db.close()


def test_a_home_of_an_earlier_version_becomes_private_once(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside.txt"
    (home / "jobs" / "1").mkdir(parents=True)
    (home / "models" / "1").mkdir(parents=True)
    (home / "tunesmith.db").write_bytes(migrated())
    (home / "jobs" / "1" / "log.txt").write_text("secret")
    (home / "jobs" / "1" / "run.sh").touch(0o755)
    outside.write_text("mine")
    (home / "jobs" / "link").symlink_to(outside)
    os.link(outside, home / "models" / "1" / "model.safetensors")  # of a prepared model that others read too
    assert make_private(home) == 8
    shared = str(home / "models" / "1" / "model.safetensors")
    assert open_to_others(home) == [shared]
    assert (mode(home / "jobs" / "1" / "log.txt"), mode(home / "jobs" / "1" / "run.sh")) == (0o600, 0o700)
    assert mode(outside) == 0o644
    assert make_private(home) == 0


def test_the_folder_and_its_database_are_looked_at_each_time_and_a_copied_home_wholly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_private(home)
    os.umask(0o022)
    (home / "logs").mkdir(mode=0o700)
    (home / "logs" / "later.txt").write_text("x")
    (home / "tunesmith.db").write_bytes(b"")
    home.chmod(0o755)
    assert make_private(home) == 2
    assert (mode(home), mode(home / "tunesmith.db"), mode(home / "logs" / "later.txt")) == (0o700, 0o600, 0o644)
    shutil.copytree(home, tmp_path / "copy")
    make_private(tmp_path / "copy")
    assert open_to_others(tmp_path / "copy") == []


def test_what_is_not_ours_in_the_folder_keeps_its_rights(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("x")
    make_private(tmp_path)
    assert (mode(tmp_path / "site"), mode(tmp_path / "site" / "index.html")) == (0o755, 0o644)


def test_rights_that_cannot_be_changed_stop_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> None:
        raise PermissionError

    (tmp_path / "home").mkdir()
    monkeypatch.setattr(os, "chmod", refuse)
    assert make_private(tmp_path / "home") == 0


def test_windows_has_other_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_home, "_KNOWS_RIGHTS", False)
    assert make_private(tmp_path / "home") == 0
    assert others_home(tmp_path / "home") is None
    assert mode(tmp_path / "home") == 0o755


def test_a_home_of_somebody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert others_home(tmp_path) is None
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert others_home(tmp_path) == {"home": str(tmp_path), "owner": private_home._name(me)}


def as_folder(file: Path) -> None:
    file.mkdir()
    (file / "inside").touch()


def as_socket(file: Path) -> None:
    here = os.getcwd()
    os.chdir(file.parent)  # the name of a socket must be short
    socket.socket(socket.AF_UNIX).bind(file.name)
    os.chdir(here)


@pytest.mark.parametrize("spoil", [
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(b"x" * 31),
    lambda file: file.write_bytes(b"x" * 1_000_000),
    lambda file: os.mkfifo(file),
    lambda file: file.symlink_to("/dev/zero"),
    lambda file: file.symlink_to("nowhere"),
    as_folder,
    as_socket,
])  # fmt: skip
def test_a_session_key_that_cannot_be_used_is_made_anew(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "session.key"
    spoil(file)
    key = session_key(tmp_path)
    assert (len(key), file.read_bytes(), mode(file)) == (32, key, 0o600)
    assert session_key(tmp_path) == key
    assert [record.message for record in caplog.records if "a new one is made" in record.message] != []
    assert [path.name for path in tmp_path.glob("session.key.*") if not path.is_dir()] == []


def test_a_key_that_nobody_may_read_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = session_key(tmp_path)
    real = Path.read_bytes
    unread = [PermissionError()]

    def read(path: Path) -> bytes:
        if unread:
            raise unread.pop()
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    assert session_key(tmp_path) not in (old, b"")


def test_of_two_servers_that_begin_together_both_have_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = b"o" * 32
    real = security._give_name

    def later(draft: Path, file: Path) -> None:
        file.write_bytes(other)
        real(draft, file)

    monkeypatch.setattr(security, "_give_name", later)
    assert session_key(tmp_path) == other


def test_a_home_without_room_for_a_key_serves_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert len(session_key(tmp_path / "nowhere")) == 32
    assert "could not be written" in caplog.text
