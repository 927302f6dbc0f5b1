"""A folder as hubs and `datasets.load_dataset` read it, packed as one ZIP: one Parquet file a split, and a data card."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.data.writers.card import HUB_SPLITS
from engine.data.writers.files import Columns, write_parquet
from engine.data.writers.layout import Record


def write_hub(
    path: Path, records: Callable[[str], Iterator[Record]], splits: list[str], columns: Columns, card: str
) -> None:
    """`records` gives the records of one split. What is packed was written next to `path` first, and is gone afterwards."""
    part = path.with_suffix(".parquet.part")
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:  # Parquet is packed already
            archive.writestr("README.md", card)
            for split in splits:
                write_parquet(part, records(split), columns)
                archive.write(part, f"data/{HUB_SPLITS[split]}-00000-of-00001.parquet")
    finally:
        part.unlink(missing_ok=True)
