"""Runs a file through detection, mapping and import, as an upload would be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.detection.detect_upload import DetectedUpload, detect_upload
from engine.data.importing.import_rows import import_rows
from engine.data.rows.store import read_rows


@dataclass
class Result:
    """What became of a file."""

    source: DetectedUpload
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(prompt, answer) of each row of one turn."""
        return [tuple(m["content"] for m in row["messages"] if m["role"] != "system") for row in self.rows]  # type: ignore[misc]

    @property
    def texts(self) -> list[str]:
        """The texts of rows of plain text."""
        return [row["text"] for row in self.rows]


def run(
    folder: Path,
    data: bytes,
    name: str = "data",
    *,
    shape: str | None = None,
    mapping: dict[str, str] | None = None,
    templates: dict[str, list[str]] | None = None,
    encoding: str | None = None,
    val_fraction: float = 0.0,
) -> Result:
    """Import `data` under the detected shape and mapping, or under the ones given."""
    path = folder / "upload"
    path.write_bytes(data)
    source = detect_upload(path, name, encoding)
    chosen = mapping if mapping is not None else source.mapping
    worded = templates if templates is not None or mapping is not None else source.templates
    done = import_rows(
        source, shape or source.shape, chosen, folder / "rows", val_fraction=val_fraction, seed=42, templates=worded
    )
    rows = list(read_rows(done.stored.path)) if done.stored else []
    assert len(done.kept) == done.rejected
    return Result(source, rows, done.kept)
