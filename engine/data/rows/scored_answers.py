"""The scored answers of a job on disk: one JSON object a question, next to its log."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def answers_path(home: Path, job_id: int) -> Path:
    """Where the answers of a job lie."""
    return home / "jobs" / str(job_id) / "answers.jsonl"


def write_answers(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write {"question", "expected", "base", "answer"} rows, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_text("".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    os.replace(draft, path)


def read_answers(path: Path) -> list[dict[str, Any]]:
    """What `write_answers` wrote; nothing where there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]
