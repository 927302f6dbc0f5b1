"""What was found of each model and method: one file a cell as it was run, all of them in `docs/models.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.commands.documents.models import RESULTS, read_results
from engine.methods import METHODS
from tests.zoo import representatives

_ROOT = Path(__file__).resolve().parents[2]
CELLS = _ROOT / "build" / "zoo-cells"


def note(model: str, method: str, cell: dict[str, Any]) -> None:
    """Keep what was just found."""
    CELLS.mkdir(parents=True, exist_ok=True)
    (CELLS / f"{model}.{method}.json").write_text(json.dumps(cell, ensure_ascii=False), encoding="utf-8")


def known(model: str, method: str) -> dict[str, Any] | None:
    """What the docs say of it."""
    return read_results()["cells"].get(f"{model}/{method}")


def worse(found: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """What the docs say that holds, and that no longer does."""
    if "refused" in told:
        return []
    if "refused" in found:
        return [f"refused: {found['refused']}"]
    held = [name for name, trouble in told["facts"].items() if trouble is None]
    return [f"{name}: {found['facts'].get(name, 'no longer tried')}" for name in held if found["facts"].get(name, "")]


def gather() -> None:
    """Put every cell that was run into `docs/models.json`; the others stay as they are, those of no model go."""
    models = representatives()
    told = read_results()["cells"]
    cells = {}
    for model in models:
        for method in METHODS:
            file, name = CELLS / f"{model.key}.{method.key}.json", f"{model.key}/{method.key}"
            found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else told.get(name)
            if found is not None:
                cells[name] = found
    names = {model.key: {"likeness": model.likeness, "family": model.family} for model in models}
    RESULTS.write_text(_lines({"models": names, "cells": cells}), encoding="utf-8")


def _lines(content: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each model and cell, so that changes can be read."""
    parts = []
    for part, entries in content.items():
        lines = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items()]
        parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"
