"""Importing by a job: progress, cancel, a kill in the middle, a full disk, deletion meanwhile. Real processes and files."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Context
from engine.core.errors import Fault
from engine.data.detection.detect_upload import detect_upload
from engine.data.importing import import_rows as importing
from engine.data.importing import import_work, reading
from engine.data.importing.import_rows import import_rows
from engine.data.importing.reading import Place
from engine.data.readers import jsonl_blocks
from engine.data.rows.index import RowIndex, index_path
from engine.data.rows.store import read_rows
from engine.jobs.supervisor import Supervisor
from engine.services.data import datasets, imports, rejected_rows
from storage.job_tables import Job
from storage.tables import Dataset
from tests.integration.test_datasets import files, rows_file, upload, with_indexes
from tests.unit.data.corpus import good, jsonl, table

BAD = b'{"prompt": "only a question"}\n'


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 0)


def start(ctx: Context, dataset: int, **options: Any) -> int:
    view = datasets.dataset_view(ctx, dataset)
    wanted = {key: view[key] for key in ("name", "shape", "mapping", "val_fraction", "seed")} | options
    return int(imports.start_import(ctx, dataset, wanted)["job"])


def job_of(ctx: Context, job: int) -> Job:
    with ctx.db.read() as s:
        row = s.get(Job, job)
        assert row is not None
        return row


def until(ctx: Context, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    Supervisor(ctx, interval=0.02).run_until(lambda: done() or time.monotonic() > deadline)
    assert done()


def ended(ctx: Context, job: int, status: str) -> None:
    until(ctx, lambda: job_of(ctx, job).finished_at is not None)
    assert (job_of(ctx, job).status, job_of(ctx, job).error) == (status, None)


def test_a_job_imports_and_every_rejected_row_stays_whole(ctx: Context) -> None:
    long = b'{"prompt": "' + b"x" * 3_000 + b'"}\n'
    made = upload(ctx, jsonl(*[good(i) for i in range(50)]) + BAD + long)
    job = start(ctx, made)
    assert start(ctx, made) == job  # a double click
    with pytest.raises(Fault, match="busy"):
        start(ctx, made, seed=7)
    state = imports.import_state(ctx, made)
    assert state is not None
    assert (state["status"], state["waiting"], state["ended"]) == ("queued", 1, False)
    ended(ctx, job, "succeeded")
    assert imports.import_state(ctx, made) is None
    view = datasets.dataset_view(ctx, made)
    assert (view["status"], view["accepted"], view["rejected"], view["version"]) == ("ready", 50, 2, 1)
    with ctx.db.read() as s:
        path = s.get_one(Dataset, made).rejected_path
    assert path is not None
    whole = [json.loads(line) for line in ctx.settings.absolute(path).read_text().splitlines()]
    assert [one["raw"].encode() + b"\n" for one in whole] == [BAD, long]
    assert [one["place"] for one in rejected_rows.rejected_rows(ctx, made)["rows"]] == [0, 1]
    assert not imports.work_folder(ctx, job).exists()
    datasets.delete_dataset(ctx, made)
    assert files(ctx, "rejected") == files(ctx, "datasets") == set()


def test_what_is_wrong_with_the_choice_is_said_before_a_job_begins(ctx: Context) -> None:
    made = upload(ctx, jsonl(*[good(i) for i in range(5)]))
    for options, code in (({"mapping": {}}, "data.mapping.missing"), ({"seed": None}, "param.not_whole")):
        with pytest.raises(Fault) as caught:
            start(ctx, made, **options)
        assert caught.value.code == code
    assert imports.import_state(ctx, made) is None


def test_an_import_without_a_good_row_fails_with_the_reasons(ctx: Context) -> None:
    made = upload(ctx, jsonl({"prompt": "a", "completion": ""}))
    job = start(ctx, made)
    until(ctx, lambda: job_of(ctx, job).status == "failed")
    state = imports.import_state(ctx, made)
    assert state is not None
    assert (state["error"]["code"], state["can_resume"], state["ended"]) == ("data.import.none_accepted", False, True)
    assert [row["column"] for row in rejected_rows.rejected_rows(ctx, made)["rows"]] == ["completion"]
    imports.cancel_import(ctx, made)
    assert imports.import_state(ctx, made) is None
    assert files(ctx, "imports") == set()


def many(ctx: Context) -> int:
    """A file that takes a worker a few seconds."""
    line = b'{"prompt": "Q%d", "completion": "' + b"word " * 40 + b'"}\n'
    return upload(ctx, b"".join(line % i + (BAD if i % 9 == 0 else b"") for i in range(60_000)))


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_the_rows_are_the_same(ctx: Context) -> None:
    made = many(ctx)
    job = start(ctx, made)
    state = imports.work_folder(ctx, job) / "state.json"
    until(ctx, lambda: state.exists() or job_of(ctx, job).finished_at is not None)
    pid = job_of(ctx, job).pid
    assert pid is not None
    os.kill(pid, 9)
    until(ctx, lambda: job_of(ctx, job).status == "interrupted")
    seen = imports.import_state(ctx, made)
    assert seen is not None
    assert seen["can_resume"]
    before = json.loads(state.read_text())["place"]["items"]
    assert 0 < before < 66_667
    imports.resume_import(ctx, made)
    ended(ctx, job, "succeeded")
    with ctx.db.read() as s:
        places = RowIndex.open(rows_file(ctx, made)).id.tolist()
        rejected = ctx.settings.absolute(str(s.get_one(Dataset, made).rejected_path)).read_bytes().count(b"\n")
    bad = {place + i + 1 for i, place in enumerate(range(0, 60_000, 9))}
    assert places == [place for place in range(60_000 + len(bad)) if place not in bad]  # none twice, none lost
    assert rejected == len(bad) == datasets.dataset_view(ctx, made)["rejected"]
    assert files(ctx, "imports") == set()


def test_deleted_while_it_is_imported_nothing_remains(ctx: Context) -> None:
    made = many(ctx)
    job = start(ctx, made)
    until(ctx, lambda: job_of(ctx, job).step > 0)
    datasets.delete_dataset(ctx, made)
    ended(ctx, job, "cancelled")
    assert files(ctx, "imports") == files(ctx, "datasets") == files(ctx, "rejected") == set()


class _Stop(Exception):
    pass


def test_what_a_killed_server_left_goes_with_the_next_import(ctx: Context) -> None:
    made = upload(ctx, jsonl(*(good(n) for n in range(3))))
    left = [ctx.settings.folder("uploads") / name for name in ("a.part", "a.part.text", "a.new")]
    new = ctx.settings.folder("uploads") / "b.part"
    for path in (*left, new):
        path.write_bytes(b"x")
    for path in left:
        os.utime(path, (1, 1))
    view = datasets.dataset_view(ctx, made)
    imports.import_dataset(ctx, made, **{key: view[key] for key in ("name", "shape", "mapping")})
    assert ([path for path in left if path.exists()], new.exists()) == ([], True)


def in_parts(folder: Path, path: Path, name: str) -> importing.Imported:
    """Import with an end after each batch, and half a row behind what is known to be written."""
    source = detect_upload(path, name)
    for _ in range(100):
        calls = iter((None, None))

        def tell(_place: Place, _rows: int, _rejected: int) -> None:
            if next(calls, _Stop) is _Stop:  # noqa: B023
                raise _Stop

        try:
            return import_rows(
                source, source.shape, source.mapping, folder, val_fraction=0.2, seed=1, tell=tell, lasting=True
            )
        except _Stop:
            for part in folder.glob("r*"):
                with part.open("ab") as file:
                    file.write(b'{"split": "tra')
    raise AssertionError("no end")


@pytest.mark.parametrize("name", ["rows.jsonl", "crlf.jsonl", "rows.csv", "rows.txt"])
def test_gone_on_with_at_any_place_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(jsonl_blocks, "BLOCK", 700)
    monkeypatch.setattr(reading, "_BATCH_ROWS", 7)
    monkeypatch.setattr(import_work, "_FIRST_SAVE_S", -1.0)
    monkeypatch.setattr(import_work, "_LONGEST_S", -1.0)
    data = {
        "rows.csv": table(*[f"Q{i},A{i}" + (",more" if i % 7 == 0 else "") for i in range(60)]),
        "rows.txt": "".join(f"Line {i} of a text 灯\n" for i in range(60)).encode(),
    }.get(name, b"\n".join(jsonl(good(i)) + (BAD if i % 7 == 0 else b"") for i in range(60)))
    path = tmp_path / name
    path.write_bytes(data.replace(b"\n", b"\r\n") if name.startswith("crlf") else data)
    source = detect_upload(path, name)
    whole = import_rows(source, source.shape, source.mapping, tmp_path / "whole", val_fraction=0.2, seed=1)
    parts = in_parts(tmp_path / "parts", path, name)
    assert whole.stored is not None
    assert parts.stored is not None
    assert whole.stored.path.read_bytes() == parts.stored.path.read_bytes()
    assert index_path(whole.stored.path).read_bytes()[1024:] == index_path(parts.stored.path).read_bytes()[1024:]
    assert (whole.stats, whole.kept) == (parts.stats, parts.kept)
    assert {item.name for item in (tmp_path / "parts").iterdir()} == {
        item.name for item in (tmp_path / "whole").iterdir()
    }
    ids = [row["id"] for row in read_rows(parts.stored.path)]
    assert len(set(ids)) == len(ids) == whole.stored.train_rows + whole.stored.val_rows


def test_a_full_disk_is_said_and_nothing_is_lost(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "AT_ONCE_BYTES", 10**9)
    made = upload(ctx, jsonl(*[good(i) for i in range(50)]))
    view = datasets.dataset_view(ctx, made)
    choice = {key: view[key] for key in ("name", "shape", "mapping")}
    imports.import_dataset(ctx, made, **choice)
    before = datasets.dataset_view(ctx, made)

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for where in (
        "engine.data.rows.drafts.RowsDraft.append",
        "engine.data.rows.drafts.RowsDraft.move",
        "engine.data.rows.index.IndexWriter.finish",
    ):
        with monkeypatch.context() as patched:
            patched.setattr(where, full)
            with pytest.raises(Fault, match="disk_full"):
                imports.import_dataset(ctx, made, **choice, seed=9)
        assert datasets.dataset_view(ctx, made) == before
        assert files(ctx, "datasets") == with_indexes(before["content_hash"])
        assert files(ctx, "imports") == set()
