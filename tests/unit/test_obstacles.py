"""What the machine refuses is told as what it is: by the errors of Python, the database and the libraries that write."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from engine.core.context import Context
from engine.core.errors import Fault
from engine.core.obstacles import CODES, STATUS, obstacle, true_reason
from engine.core.text import LANGUAGES
from engine.services.app.preferences import get_setting, put_setting
from storage import dialect
from storage.db import Database
from tests.homes import new_home
from tests.machines import fill, read_only, small_disk
from webui.guard import guarded
from webui.i18n import error_text


def met(act: Callable[[], Any], home: Path | None = None) -> Fault | None:
    """What is told of the error that `act` raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it raises
        act()
    return obstacle(caught.value, home)


def code_of(error: BaseException) -> str | None:
    told = obstacle(error, Path("/"))
    return told.code if told else None


@pytest.mark.parametrize("number", CODES, ids=errno.errorcode.get)
def test_each_refusal_of_the_system_has_its_sentence(number: int) -> None:
    told = obstacle(OSError(number, os.strerror(number), "/nowhere/of a name"))
    assert told is not None
    for language in LANGUAGES:
        said = error_text(language, told)
        assert "{" not in said
        assert os.strerror(number) not in said
        assert ("/nowhere" in said) == ("where" in told.params)


def test_each_obstacle_has_a_status_and_a_sentence() -> None:
    for code, status in STATUS.items():
        assert status in (503, 507)
        for language in LANGUAGES:
            said = error_text(language, Fault(code, where="/home/x", free_mb=3))
            assert "{" not in said
            assert "obstacle." not in said


FOREIGN = [
    ValueError("[Errno 28] No space left on device"),
    KeyError(28),
    ConnectionResetError(errno.ECONNRESET, "reset"),
    BrokenPipeError(errno.EPIPE, "pipe"),
    TimeoutError(errno.ETIMEDOUT, "the hub did not answer"),
    OSError("no number"),
    RuntimeError("size mismatch at line: code: 28"),
    Fault("job.not_queued", name="x"),
    sqlite3.IntegrityError("UNIQUE constraint failed: jobs.id"),
]


@pytest.mark.parametrize("error", FOREIGN, ids=repr)
def test_what_is_no_matter_of_the_machine_is_left_alone(error: BaseException) -> None:
    assert obstacle(error) is None


def test_what_was_caught_on_the_way_is_not_blamed_but_a_named_cause_is() -> None:
    missing, full = FileNotFoundError(errno.ENOENT, "gone", "/cache/entry"), OSError(errno.ENOSPC, "full")
    by_the_way, named, in_passing = ValueError("else"), ValueError("else"), ValueError("else")
    by_the_way.__context__ = missing
    named.__cause__ = missing
    in_passing.__context__ = full
    assert [code_of(one) for one in (by_the_way, named, in_passing)] == [None, "obstacle.gone", "obstacle.disk_full"]


def test_libraries_that_tell_the_system_s_error_as_text_are_understood() -> None:
    arrow = type("ArrowIOError", (Exception,), {"__module__": "pyarrow.lib"})
    tensors = type("SafetensorError", (Exception,), {"__module__": "safetensors_rust"})
    assert (
        code_of(arrow("Error writing bytes to file. Detail: [errno 28] No space left on device"))
        == "obstacle.disk_full"
    )
    assert (
        code_of(tensors('IoError(Os { code: 30, kind: ReadOnlyFilesystem, message: "..." })')) == "obstacle.read_only"
    )
    assert code_of(Exception("Too many open files (os error 24)")) == "obstacle.open_files"
    torch = RuntimeError("[enforce fail at inline_container.cc:603] . PytorchStreamWriter failed writing file data/0")
    assert code_of(torch) in ("obstacle.unwritten", "obstacle.disk_full")
    assert code_of(RuntimeError("can't start new thread")) == "obstacle.no_process"
    assert code_of(MemoryError()) == "obstacle.no_memory"


SAID = [
    ("database or disk is full", "obstacle.disk_full"),
    ("database is locked", "obstacle.locked"),
    ("database table is locked: jobs", "obstacle.locked"),
    ("attempt to write a readonly database", "obstacle.read_only"),
    ("disk I/O error", "obstacle.disk_error"),
    ("database disk image is malformed", "obstacle.damaged"),
    ("file is not a database", "obstacle.damaged"),
    ("no such table: jobs", None),
]


@pytest.mark.parametrize(("said", "code"), SAID)
def test_the_database_is_understood(said: str, code: str | None) -> None:
    assert code_of(OperationalError("UPDATE", {}, sqlite3.OperationalError(said))) == code
    assert code_of(sqlite3.OperationalError(said)) == code


def test_a_locked_database_is_named(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr(dialect, "_DURABLE", tuple(one.replace("15000", "1") for one in dialect._DURABLE))
    hasty = Database(ctx.settings.database)
    with ctx.db.write() as session:
        session.connection()
        with pytest.raises(OperationalError) as locked, hasty.write() as another:
            another.connection()
    hasty.close()
    told = obstacle(locked.value)
    assert told is not None
    assert (told.code, told.params) == ("obstacle.locked", {"where": str(ctx.settings.database)})


def test_a_file_as_home_and_a_damaged_database_are_named(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("no folder")
    told = met(lambda: new_home(file), file)
    assert told is not None
    assert (told.code, told.params["where"]) == ("obstacle.no_folder", str(file))
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)

    def open_it() -> None:
        with Database(broken).read() as session:
            session.connection()

    told = met(open_it)
    assert told is not None
    assert (told.code, told.params["where"]) == ("obstacle.damaged", str(broken))


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk without a free byte, with a home on it."""
    with small_disk(tmp_path / "disk", 4) as folder:
        ctx = new_home(folder / "home")
        put_setting(ctx, "kept", 1)
        fill(folder)
        yield folder
        ctx.db.close()


def test_a_full_disk_is_told_whoever_writes_and_reads_go_on(full_disk: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    import safetensors.numpy
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    ctx = new_home(full_disk / "home")
    numbers = np.random.default_rng(0).random(300_000)
    words = Tokenizer(WordLevel({f"word{one}": one for one in range(20_000)}, unk_token="word0"))
    writers: list[Callable[[], Any]] = [
        lambda: (full_disk / "plain").write_bytes(bytes(100_000)),
        lambda: put_setting(ctx, "large", "x" * 100_000),
        lambda: pq.write_table(pa.table({"a": numbers}), full_disk / "rows.parquet"),
        lambda: safetensors.numpy.save_file({"a": numbers}, full_disk / "w.safetensors"),
        lambda: words.save(str(full_disk / "tokenizer.json")),
    ]
    for write in writers:
        told = met(write, full_disk)
        assert told is not None
        assert told.code == "obstacle.disk_full"
        assert told.params["where"].startswith(str(full_disk))
        assert told.params["free_mb"] == 0
    answer = guarded("en")(lambda: put_setting(ctx, "large", "x" * 100_000))([])
    assert answer["error"]["code"] == "obstacle.disk_full"
    assert str(full_disk) in answer["error"]["message"]
    assert get_setting(ctx, "kept") == 1
    ctx.db.close()


def test_a_folder_that_can_only_be_read_is_told(tmp_path: Path) -> None:
    ctx = new_home(tmp_path / "home")
    ctx.db.close()
    with read_only(tmp_path / "home"):
        told = met(lambda: ctx.settings.folder("uploads"))
        assert told is not None
        assert told.code in ("obstacle.read_only", "obstacle.denied")
        told = met(lambda: put_setting(ctx, "a", 1))
        assert told is not None
        assert told.code == "obstacle.read_only"


def fault_from(code: str, cause: Exception) -> Fault:
    made = Fault(code, name="x")
    made.__cause__ = cause
    return made


REASONS = [
    (fault_from("data.parquet.damaged", OSError(errno.EMFILE, "Too many open files", "/a")), "obstacle.open_files"),
    (fault_from("questions.gone", PermissionError(errno.EACCES, "denied", "/a")), "obstacle.denied"),
    (fault_from("model.hub_unreachable", OSError(errno.ENOSPC, "full")), "obstacle.disk_full"),
    (fault_from("questions.gone", FileNotFoundError(errno.ENOENT, "gone", "/a")), "questions.gone"),
    (fault_from("training.disk_full", OSError(errno.ENOSPC, "full")), "training.disk_full"),
    (fault_from("chat.out_of_memory", MemoryError()), "chat.out_of_memory"),
    (fault_from("data.json.broken", ValueError("x")), "data.json.broken"),
    (Fault("job.not_queued", name="x"), "job.not_queued"),
]


@pytest.mark.parametrize(("fault", "code"), REASONS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_that_was_made_of_a_refusal_of_the_machine_tells_it(fault: Fault, code: str) -> None:
    def act() -> None:
        raise fault from fault.__cause__

    assert true_reason(fault).code == code
    assert guarded("en")(act)([])["error"]["code"] == code
