"""What can be typed behind `data`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

FORMATS = ("jsonl", "csv", "parquet", "hub")


class Adding(Protocol):
    """A command that arguments are added to."""

    def add(self, *names: str, key: str, **options: Any) -> None:
        """One more argument, helped with the text cli.arg.<key>."""


def _nothing(_command: Adding) -> None:
    return


def _json(command: Adding) -> None:
    command.add("--json", key="json", action="store_true")


def _files(command: Adding) -> None:
    """Files and how they are read: the same for `check` and `import`."""
    command.add("files", key="data_files", nargs="+", type=Path, metavar="FILE")
    command.add("--shape", key="data_shape", metavar="SHAPE")
    command.add("--map", key="data_map", metavar="FIELD=COLUMN", action="append", default=[])
    command.add("--encoding", key="data_encoding", metavar="NAME")
    command.add("--splits", key="data_splits", choices=("keep", "random"))
    command.add("--split-column", key="data_split_column", metavar="COLUMN")
    command.add("--part", key="data_part", metavar="FILE=PART", action="append", default=[])
    command.add("--val", key="data_val", type=float, metavar="SHARE")
    command.add("--arrange", key="data_arrange", metavar="HOW")
    command.add("--tidy", key="data_tidy", metavar="NAME", action="append", default=[])
    command.add("--set", key="data_set", metavar="KEY=VALUE", action="append", default=[])
    _json(command)


def _check(command: Adding) -> None:
    _files(command)
    command.add("--limit", key="data_limit", type=int, metavar="ROWS")


def _import(command: Adding) -> None:
    _files(command)
    command.add("--name", key="data_name", metavar="TEXT")


def _audit(command: Adding) -> None:
    command.add("dataset", key="data_set_id", find="data", type=int, metavar="DATASET")
    _json(command)


def _export(command: Adding) -> None:
    command.add("dataset", key="data_set_id", find="data", type=int, metavar="DATASET")
    command.add("--version", key="data_version", type=int, metavar="N")
    command.add("--format", key="data_format", choices=FORMATS, default="jsonl")
    command.add("--set", key="data_export_set", metavar="KEY=VALUE", action="append", default=[])
    command.add("--to", key="to", type=Path, default=Path(), metavar="FOLDER")
    _json(command)


def _make(command: Adding) -> None:
    command.add("files", key="data_documents", nargs="+", type=Path, metavar="FILE")
    command.add("--writer", key="data_writer", metavar="WRITER", default="starter")
    command.add("--kind", key="data_kind", metavar="KIND", action="append", default=[])
    command.add("--for", key="data_for", dest="target", type=int, metavar="DATASET")
    command.add("--set", key="data_make_set", metavar="KEY=VALUE", action="append", default=[])
    command.add("--forecast", key="data_forecast", action="store_true")
    _json(command)


ACTIONS: dict[str, Callable[[Adding], None]] = {
    "list": _nothing,
    "check": _check,
    "import": _import,
    "make": _make,
    "audit": _audit,
    "export": _export,
}
