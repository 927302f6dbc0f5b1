"""The index beside a rows file, and what a new version says of itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.rows.index import SPLITS, RowIndex, index_path
from engine.data.rows.store import belongs_to, lines_of, read_rows, write_version


def row(number: int, **more: Any) -> dict[str, Any]:
    said = [{"role": "user", "content": f"Q{number}"}, {"role": "assistant", "content": "答" * number}]
    return {"split": SPLITS[number % 3], "id": 10 * number, "line": number, "messages": said, **more}


def stored(folder: Path, *rows: dict[str, Any], before: RowIndex | None = None) -> Path:
    return write_version(folder, iter(rows), before, lambda _rows: None).path


def test_columns_and_rows(tmp_path: Path) -> None:
    text = {"split": "test", "id": 3, "line": None, "text": "plain words of a text", "extra": {"label": "a"}}
    path = stored(tmp_path, *[row(i) for i in range(1, 8)], text)
    index = RowIndex.open(path)
    assert len(index) == 8
    assert index.id.tolist() == [10, 20, 30, 40, 50, 60, 70, 3]
    assert index.characters.tolist() == [2 + i for i in range(1, 8)] + [21]
    assert index.answer.tolist() == [*range(1, 8), 21]
    assert index.turns.tolist() == [1] * 7 + [0]
    assert [index.languages[code] for code in index.language[[6, 7]]] == ["zh", "en"]
    assert [index.count(split) for split in SPLITS] == [2, 3, 3]
    assert index.places_in("val").tolist() == [0, 3, 6]
    assert index.places_of([70, 5, 3]).tolist() == [6, -1, 7]
    assert index.rows([7, 0]) == [text, row(1)]
    assert list(read_rows(path)) == [*[row(i) for i in range(1, 8)], text]
    assert [line for line in lines_of(path) if belongs_to(line, "test")] == [
        line for line, code in zip(lines_of(path), index.split, strict=True) if code == 2
    ]
    with pytest.raises(ValueError, match="read-only"):
        index.split[0] = 1


def test_a_missing_torn_or_foreign_index_is_made_anew(tmp_path: Path) -> None:
    path = stored(tmp_path, *[row(i) for i in range(1, 30)])
    whole = index_path(path).read_bytes()
    for damaged in (None, whole[:500], whole[:-8], b"", b"[]" * 600):
        index_path(path).unlink()
        if damaged is not None:
            index_path(path).write_bytes(damaged)
        assert RowIndex.open(path).id.tolist() == [10 * i for i in range(1, 30)]
        assert index_path(path).read_bytes()[1024:] == whole[1024:]
    other = stored(tmp_path, *[row(i) for i in range(1, 28)])
    os.replace(index_path(other), index_path(path))
    assert len(RowIndex.open(path)) == 29
    assert not list(tmp_path.glob("*.part"))


def test_a_file_from_before_has_no_ids_and_one_by_another_name_may_change(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    for split in ("train", "val"):
        lines = [json.dumps({"split": split, "line": i, "text": f"Text {i}"}) for i in range(5)]
        path.write_text("\n".join(lines) + "\n")
        os.utime(path, ns=(0, SPLITS.index(split)))
        index = RowIndex.open(path)
        assert index.rows([3])[0] == {"id": 3, "split": split, "line": 3, "text": "Text 3"}
        assert index.count(split) == 5
    assert [one["id"] for one in read_rows(path, "val", offset=2)] == [2, 3, 4]


def test_without_room_for_it_the_index_serves_this_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored(tmp_path, *[row(i) for i in range(1, 6)])
    index_path(path).unlink()

    def full(source: Path, target: Path) -> None:
        if Path(target).parent == tmp_path:
            raise OSError(28, "No space left on device")
        rename(source, target)

    rename = os.replace
    monkeypatch.setattr(os, "replace", full)
    assert len(RowIndex.open(path)) == 5
    assert not index_path(path).exists()


def test_a_version_says_what_changed(tmp_path: Path) -> None:
    first = RowIndex.open(stored(tmp_path, *[row(i) for i in range(1, 11)]))
    rows = [row(i) for i in range(2, 11)]
    rows[0]["split"] = "val"
    rows[3]["messages"][1]["content"] = "another answer"
    rows.append({**row(99), "split": "test"})
    told: list[int] = []
    made = write_version(tmp_path, iter(rows), first, told.append)
    assert made.summary == {"dropped": 1, "added": 1, "changed": 1, "moved": 1}
    assert (made.train_rows, made.val_rows, made.test_rows) == (3, 4, 3)
    assert made.stats["characters"] == int(RowIndex.open(made.path).characters.sum())
    again = write_version(tmp_path, iter(rows), first, told.append)
    assert again.path == made.path
    with pytest.raises(ValueError, match="one id"):
        write_version(tmp_path, iter([row(1), row(1)]), None, told.append)
    assert not list(tmp_path.glob("*.part"))


def test_numbers_that_only_python_can_write_come_back(tmp_path: Path) -> None:
    extra = {"big": 10**30, "small": -0.5, "nan": float("inf"), "none": None, "yes": True}
    (found,) = read_rows(stored(tmp_path, row(1, extra=extra)))
    assert found["extra"] == extra
    calls = [{"role": "assistant", "content": "", "tool_calls": [{"arguments": {"n": 10**30}}]}]
    (found,) = read_rows(stored(tmp_path, {**row(1), "messages": calls, "tools": []}))
    assert found["messages"] == calls


def test_fingerprints_stand_for_what_is_learnt(tmp_path: Path) -> None:
    rows = [row(1), {**row(1, extra={"a": 1}), "id": 11, "line": 7}, {**row(1), "id": 12, "tools": [{"a": 1}]}]
    pair = {"split": "train", "line": 1, "prompt": [{"role": "user", "content": "a"}]}
    sides = [[{"role": "assistant", "content": text}] for text in ("b", "c")]
    rows += [{**pair, "id": 20 + i, "chosen": sides[i], "rejected": sides[1 - i]} for i in range(2)]
    index = RowIndex.open(stored(tmp_path, *rows))
    assert index.fingerprint[0] == index.fingerprint[1]
    assert len(np.unique(index.fingerprint)) == 4
    assert index.duplicates() == 1
