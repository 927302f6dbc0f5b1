"""The fresh process of a proof: opens an export with a foreign library, holds it against the kept truth, prints the findings.

`python -m engine.exports.proof.harness READER FOLDER BASE TRUTH`, BASE empty where the export stands alone. What a reader imports is
its own affair; this file needs numpy and safetensors alone.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file

from engine.exports.proof.declaration import NumberedReading, ScoringReading
from engine.exports.proof.measures import divergence, log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.exports.proof.declaration import ForeignReading

_TRIED = 32  # tokens


def main() -> None:
    """Print {"finding": {...}} as the last line; a library that cannot read the export: {"error": ...}."""
    module, folder, base, truth = sys.argv[1:]
    try:
        reading = importlib.import_module(module).open_export(Path(folder), Path(base) if base else None)
        told: dict[str, Any] = {"finding": findings(reading, Path(truth))}
    except Exception as error:  # whatever a foreign library raises is what is wrong with the export
        told = {"error": f"{type(error).__name__}: {error}"[:500]}
    print("\n" + json.dumps(told, ensure_ascii=False))


def findings(reading: ForeignReading, truth: Path) -> dict[str, Any]:
    """All that is measured, as `engine.exports.proof.verdict` reads it."""
    told = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    forced = list(_forced(reading, told["rows"], load_file(truth / "logits.safetensors")))
    apart = np.concatenate([one for one, _same, _right in forced])
    same = np.concatenate([same for _apart, same, _right in forced])
    return {
        "library": reading.library,
        "places": int(apart.size),
        "divergence": float(apart.mean()),
        "divergence_99": float(np.quantile(apart, 0.99)),
        "agreement": float(same.mean()),
        "token_flips": int(sum(right for _apart, _same, right in forced)),
        "ends": sorted(reading.ends()),
        "expected_ends": sorted(told["ends"]),
        "formats": reading.formats(),
        "numbers": reading.numbers() if isinstance(reading, NumberedReading) else None,
        "answers": [_answer(reading, one, told["most_tokens"]) for one in told["prompts"]],
        "scores_apart": _scores_apart(reading, told),
        "overflows": isinstance(reading, NumberedReading) and reading.overflows(told["rows"][0]["ids"][:_TRIED]),
    }


def _forced(
    reading: ForeignReading, rows: list[Mapping[str, Any]], logits: Mapping[str, NDArray[np.float32]]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_], int]]:
    """Of each row: the divergence at each place, whether both expect the same token, tokens of the row that are expected no more."""
    for number, row in enumerate(rows):
        expected = log_softmax(logits[str(number)])
        ids = row["ids"][: row["first"] + row["kept"]]
        found = reading.log_probs(ids, row["first"])[:, : expected.shape[1]]
        before, now = expected.argmax(-1), found.argmax(-1)
        asked = np.array(row["ids"][row["first"] + 1 :][: len(before)])
        lost = (before[: len(asked)] == asked) & (now[: len(asked)] != asked)
        yield divergence(expected, found), before == now, int(lost.sum())


def _scores_apart(reading: ForeignReading, told: Mapping[str, Any]) -> float | None:
    """The largest difference of a reward model's scores, relative to the largest score; None of a model that talks."""
    expected: list[float] = told.get("scores", [])
    if not expected:
        return None
    if not isinstance(reading, ScoringReading):
        return float("inf")
    apart = [abs(reading.score(row["ids"]) - score) for row, score in zip(told["rows"], expected, strict=True)]
    return max(apart) / max(1.0, *map(abs, expected))


def _answer(reading: ForeignReading, asked: Mapping[str, Any], most: int) -> dict[str, Any]:
    rendered = reading.rendered(asked["messages"], asked["tools"], True) if asked["rendered"] else ""
    made = reading.answer(asked["ids"], most) if most else []
    return {
        "same_text": rendered == asked["rendered"],
        "rendered": rendered if rendered != asked["rendered"] else None,
        "same_tokens": not asked["rendered"] or reading.tokens(rendered) == asked["ids"],
        "same_answer": made == asked["answer"],
        "answer": reading.text(made),
    }


if __name__ == "__main__":
    main()
