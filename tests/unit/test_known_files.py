"""Files whose content is known: what sizes and times tell, what needs a hash, and what is remembered."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from engine.models.base import known_files
from engine.models.base.inspect import hash_of_parts
from engine.models.base.known_files import DAY_S, FileDifference, KnownFiles, check, look, stamp_of
from tests.model_files import edit

PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownFiles:
    """Files that lie there for a while, so to speak."""
    monkeypatch.setattr(known_files, "_TICK_S", 0.0)
    folder = tmp_path / "model"
    folder.mkdir()
    for place, name in enumerate(PARTS):
        (folder / name).write_bytes(bytes([place]) * 1000)
    (folder / "adapter_config.json").write_text("{}")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    return KnownFiles(
        tmp_path / "kept" / "base-1.json", folder, PARTS, ("adapter_config.json",), hash_of_parts(hashes), hash_of_parts
    )


def age(known: KnownFiles, seconds: float) -> None:
    record = json.loads(known.kept_in.read_text())
    known.kept_in.write_text(json.dumps(record | {"hashed_at": time.time() - seconds}))


def hide(known: KnownFiles, name: str) -> None:
    """A disk that returns other bytes than were written: nothing else of the file is another."""
    edit(known.folder / name)
    record = json.loads(known.kept_in.read_text())
    record["files"][name] = stamp_of(known.folder / name)
    known.kept_in.write_text(json.dumps(record | {"stamped_at": time.time() + 1}))


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files as they are hashed."""
    names: list[str] = []
    real = known_files.hash_file

    def spy(file: Path, *rest: object) -> str:
        names.append(file.name)
        return real(file, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(known_files, "hash_file", spy)
    return names


def test_all_is_hashed_once_and_then_sizes_and_times_do(known: KnownFiles, hashed: list[str]) -> None:
    assert look(known).unsure == PARTS
    assert check(known) is None
    assert sorted(hashed) == ["adapter_config.json", *PARTS]
    assert check(known) is None
    assert len(hashed) == 3
    assert not look(known).unsure


def test_the_first_check_finds_what_changed_before_it(known: KnownFiles) -> None:
    edit(known.folder / PARTS[1])
    wrong = FileDifference(f"{PARTS[0]} … {PARTS[1]}", gone=False)
    assert check(known) == wrong
    assert look(known).difference == wrong
    edit(known.folder / PARTS[1])  # back again, with the same size and time
    assert check(known) is None
    assert look(known).difference is None


@pytest.mark.parametrize("name", [*PARTS, "adapter_config.json"])
def test_an_edit_that_sets_size_and_time_back_is_found_at_once(known: KnownFiles, name: str) -> None:
    check(known)
    edit(known.folder / name)
    assert look(known).unsure == (name,)
    assert check(known) == FileDifference(name, gone=False)
    edit(known.folder / name)
    assert check(known) is None


@pytest.mark.parametrize("part", [0, 1])
def test_what_no_time_tells_is_found_by_a_whole_check_and_once_a_day(known: KnownFiles, part: int) -> None:
    check(known)
    hide(known, PARTS[part])
    assert check(known) is None
    age(known, DAY_S + 60)
    assert check(known) == look(known).difference == FileDifference(PARTS[part], gone=False)
    edit(known.folder / PARTS[part])
    assert check(known) is None
    hide(known, PARTS[part])
    assert check(known, whole=True) == FileDifference(PARTS[part], gone=False)


def test_a_file_that_changed_within_a_tick_of_the_look_is_hashed_again(
    known: KnownFiles, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_files, "_TICK_S", 3600.0)
    check(known)
    hashed.clear()
    assert check(known) is None
    assert len(hashed) == 3


def test_a_record_of_earlier_versions_counts_by_size_and_time(known: KnownFiles, hashed: list[str]) -> None:
    check(known)
    record = json.loads(known.kept_in.read_text())
    record["files"] = {name: stamp[:2] for name, stamp in record["files"].items()}
    del record["stamped_at"]
    known.kept_in.write_text(json.dumps(record))
    hashed.clear()
    assert check(known) is None
    assert hashed == []


def test_a_clock_that_was_set_back_does_not_stop_the_daily_check(known: KnownFiles, hashed: list[str]) -> None:
    check(known)
    age(known, -10 * DAY_S)
    check(known)
    assert len(hashed) == 6


def test_small_files_are_always_hashed_where_asked(known: KnownFiles) -> None:
    small = dataclasses.replace(known, always_below=2000)
    check(small)
    edit(known.folder / PARTS[0])
    assert check(small) == FileDifference(PARTS[0], gone=False)


def test_a_touched_file_is_hashed_once_and_remembered(known: KnownFiles, hashed: list[str]) -> None:
    check(known)
    copy = known.folder / "copy"
    shutil.copyfile(known.folder / PARTS[0], copy)  # copied back: another inode, another time
    copy.replace(known.folder / PARTS[0])
    os.utime(known.folder / PARTS[0], ns=(1, 1))
    hashed.clear()
    assert look(known).unsure == (PARTS[0],)
    assert check(known) is None
    assert check(known) is None
    assert hashed == [PARTS[0]]


def _grow(folder: Path) -> None:
    with (folder / PARTS[1]).open("ab") as file:
        file.write(b"more")


def _shrink(folder: Path) -> None:
    (folder / PARTS[1]).write_bytes(b"")


def _replace(folder: Path) -> None:
    (folder / PARTS[1]).write_bytes(b"x" * 1000)
    os.utime(folder / PARTS[1], ns=(5, 5))


def _lose(folder: Path) -> None:
    (folder / PARTS[1]).unlink()


def _settings(folder: Path) -> None:
    (folder / "adapter_config.json").write_text('{"lora_alpha": 99}')


@pytest.mark.parametrize(
    ("spoil", "difference"),
    [
        (_grow, FileDifference(PARTS[1], gone=False)),
        (_shrink, FileDifference(PARTS[1], gone=False)),
        (_replace, FileDifference(PARTS[1], gone=False)),
        (_lose, FileDifference(PARTS[1], gone=True)),
        (_settings, FileDifference("adapter_config.json", gone=False)),
    ],
)
def test_what_changed_is_found_at_the_next_check(known: KnownFiles, spoil: object, difference: FileDifference) -> None:
    check(known)
    spoil(known.folder)  # type: ignore[operator]
    there = tuple(name for name in PARTS if (known.folder / name).exists())
    assert check(dataclasses.replace(known, weights=there)) == difference


def test_a_file_beside_the_known_ones_that_would_be_loaded_instead(known: KnownFiles) -> None:
    check(known)
    (known.folder / "model.safetensors").write_bytes(b"other")
    assert check(dataclasses.replace(known, weights=("model.safetensors",))) == FileDifference(
        "model.safetensors", gone=False
    )


def test_links_into_a_cache_are_followed(known: KnownFiles, tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    for name in PARTS:
        (known.folder / name).rename(blobs / name)
        (known.folder / name).symlink_to(blobs / name)
    assert check(known) is None
    (blobs / "other").write_bytes(b"z" * 1000)
    (known.folder / PARTS[0]).unlink()
    (known.folder / PARTS[0]).symlink_to(blobs / "other")
    assert check(known) == FileDifference(PARTS[0], gone=False)
    (blobs / "other").unlink()
    assert check(known) == FileDifference(PARTS[0], gone=True)


@pytest.mark.parametrize(
    "kept", ["", "{", "[]", '{"files": 3}', '{"expected": "other", "folder": "", "files": {}, "hashes": {}}']
)
def test_a_record_that_cannot_be_read_only_costs_a_hash(known: KnownFiles, kept: str) -> None:
    known.kept_in.parent.mkdir()
    known.kept_in.write_text(kept)
    assert check(known) is None
    edit(known.folder / PARTS[0])
    assert check(known, whole=True) == FileDifference(PARTS[0], gone=False)


def test_a_disk_that_takes_no_record_only_costs_a_hash(known: KnownFiles, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("no folder")
    assert check(known) is None
    edit(known.folder / PARTS[0])
    assert check(known) is not None


def test_hashing_can_be_ended(known: KnownFiles) -> None:
    class Ended(Exception):
        pass

    def end(_count: int) -> None:
        raise Ended

    with pytest.raises(Ended):
        check(known, on_bytes=end)
