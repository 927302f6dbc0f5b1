"""Rows on disk for tests of checks and repairs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.core.params import read_all
from engine.data.audits.packing import unpack
from engine.data.audits.running import ChecksRun, run_check
from engine.data.operations.base import FoundRow
from engine.data.quality import check_of

Row = dict[str, Any]


def chat(question: str, answer: str, split: str = "train", **more: Any) -> Row:
    """One question and its answer."""
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"split": split, "messages": turns, **more}


def write(folder: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """A rows file; ids count from 0."""
    path = folder / "rows.jsonl"
    lines = (json.dumps({"id": at, "line": at + 1, **row}, ensure_ascii=False) for at, row in enumerate(rows))
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def look(folder: Path, check: str, rows: Iterable[Mapping[str, Any]], /, **values: Any) -> list[FoundRow]:
    """What a check finds in these rows, by way of the file and the packed form."""
    read, faults = read_all(check_of(check).params, values, check)
    assert faults == {}
    return list(unpack(run_check(ChecksRun(write(folder, rows), folder), check, read).payload))


def ids(found: Iterable[FoundRow]) -> set[int]:
    """Which rows were found."""
    return {one.row for one in found}


def codes(found: Iterable[FoundRow]) -> dict[int, str]:
    """What was found in each row."""
    return {one.row: one.detail["code"] for one in found}
