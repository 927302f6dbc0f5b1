"""Answers that were written, and what was said of them, in files of the job until a checkpoint lies behind them.

Who goes on with a job after a kill takes the steps since its last checkpoint again; with the same weights the same answers would
be written, so those that are there are read instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine.core.caches import keep
from engine.training.rollout.decode import Asked, WrittenTokens


class WrittenAnswers:
    """Files in a folder, by step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def answers(self, step: int, first: int, asked: Sequence[Asked]) -> list[WrittenTokens] | None:
        """The answers of a step from the `first` one on, as many as were written together; None where there are none, or to other
        prompts."""
        told = self._read(f"{step}-{first}.json")
        if told is None or told.get("of") != _hash(asked[: len(told.get("answers", ()))]):
            return None
        return [WrittenTokens(ids, bool(ended)) for ids, ended in told["answers"]] or None

    def keep_answers(self, step: int, first: int, asked: Sequence[Asked], found: Sequence[WrittenTokens]) -> None:
        """Keep what was written together."""
        told = {"of": _hash(asked), "answers": [[list(one.ids), one.ended] for one in found]}
        keep(self.folder / f"{step}-{first}.json", json.dumps(told))

    def scores(self, step: int, found: Sequence[WrittenTokens]) -> Mapping[str, Any] | None:
        """What was said of the answers of a step."""
        told = self._read(f"{step}-scores.json")
        return told["scores"] if told is not None and told.get("of") == _hash_of(found) else None

    def keep_scores(self, step: int, found: Sequence[WrittenTokens], scores: Mapping[str, Any]) -> None:
        """Keep what was said."""
        keep(self.folder / f"{step}-scores.json", json.dumps({"of": _hash_of(found), "scores": scores}))

    def forget_before(self, step: int) -> None:
        """Remove what is of earlier steps."""
        with suppress(OSError):
            for file in self.folder.glob("*-*.json"):
                if file.name.partition("-")[0].isdigit() and int(file.name.partition("-")[0]) < step:
                    file.unlink(missing_ok=True)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return told if isinstance(told, dict) else None


def _hash(asked: Sequence[Asked]) -> str:
    return sha256(json.dumps([[list(one.ids), list(one.key)] for one in asked]).encode()).hexdigest()


def _hash_of(found: Sequence[WrittenTokens]) -> str:
    return sha256(json.dumps([[list(one.ids), one.ended] for one in found]).encode()).hexdigest()
