"""An import with several processes gives what one gives: the same rows in the same order, whatever becomes of a helper."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from engine.data.detection.detect_upload import detect_upload
from engine.data.importing import making, reading
from engine.data.importing.import_rows import Imported, import_rows
from engine.data.readers import jsonl_blocks
from engine.data.rows.index import index_path
from tests.unit.data.corpus import good, jsonl, table

BAD = b'{"prompt": "", "completion": 3}'


def content(name: str) -> bytes:
    """Some hundred rows with bad ones, blank lines, other line ends, a mark at the beginning and one row beyond a block."""
    if name.endswith("csv"):
        return table(*[f"Q{i},A{i}" + (",more" if i % 7 == 0 else "") for i in range(300)])
    lines = [jsonl(good(i)).strip() if i % 9 else BAD for i in range(300)]
    lines[40] = jsonl(good(40) | {"prompt": "Long " * 2_000, "n": 2**70}).strip()
    lines[90] = b""
    end = b"\r\n" if name.startswith("crlf") else b"\n"
    return b"\xef\xbb\xbf" * name.startswith("crlf") + end.join(lines)


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl_blocks, "BLOCK", 2_000)
    monkeypatch.setattr(reading, "_BATCH_ROWS", 16)
    monkeypatch.setattr(making, "_LONG", 0)


def imported(path: Path, folder: Path, processes: int, **options: Any) -> Imported:
    source = detect_upload(path, path.name)
    return import_rows(
        source, source.shape, source.mapping, folder, val_fraction=0.2, seed=1, processes=processes, **options
    )


def assert_same(one: Imported, other: Imported) -> None:
    assert one.stored is not None
    assert other.stored is not None
    assert one.stored.path.read_bytes() == other.stored.path.read_bytes()
    assert index_path(one.stored.path).read_bytes()[1024:] == index_path(other.stored.path).read_bytes()[1024:]
    assert (one.stats, one.kept, one.rejected) == (other.stats, other.kept, other.rejected)
    assert one.rejected_path is not None
    assert other.rejected_path is not None
    assert one.rejected_path.read_bytes() == other.rejected_path.read_bytes()


@pytest.mark.parametrize("name", ["rows.jsonl", "crlf.jsonl", "rows.csv"])
def test_helpers_make_the_same_rows(tmp_path: Path, small_pieces: None, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content(name))
    assert_same(imported(path, tmp_path / "one", 1), imported(path, tmp_path / "three", 3))


def test_what_a_killed_helper_leaves_undone_is_made(
    tmp_path: Path, small_pieces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content("rows.jsonl"))
    born: list[int] = []
    start = making.subprocess.Popen.__init__

    def noted(popen: Any, *arguments: Any, **options: Any) -> None:
        start(popen, *arguments, **options)
        born.append(popen.pid)

    monkeypatch.setattr(making.subprocess.Popen, "__init__", noted)
    told: list[int] = []

    def tell(_place: reading.Place, rows: int, _rejected: int) -> None:
        told.append(rows)
        if len(told) == 4:
            os.kill(born[0], signal.SIGKILL)

    assert_same(imported(path, tmp_path / "two", 2, tell=tell), imported(path, tmp_path / "one", 1))
    assert len(born) == 1
    assert not Path(f"/proc/{born[0]}").exists()


def test_helpers_are_for_large_files_alone() -> None:
    assert making.helpers_for(10**9, 2) == 1
    assert making.helpers_for(10**9, 64) == making.MOST_PROCESSES - 1
    assert making.helpers_for(10**9, 1) == making.helpers_for(10**5, 64) == 0
