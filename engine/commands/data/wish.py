"""The arguments that say how files are read, as a wish."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.commands.given_settings import read_settings
from engine.core.errors import Fault


def files_of(args: argparse.Namespace) -> list[Path]:
    """The files. Raises Fault("cli.no_file") for the first that is not there."""
    files: list[Path] = [file.expanduser() for file in args.files]
    for file in files:
        if not file.is_file():
            raise Fault("cli.no_file", file=str(file))
    return files


def wish_of(args: argparse.Namespace) -> dict[str, Any]:
    """What was typed, as `choice_of` takes it. Raises Fault("cli.bad_set")."""
    given = {
        "name": getattr(args, "name", None),
        "shape": args.shape,
        "columns": dict(_pairs(args.map)),
        "encoding": args.encoding,
        "val_fraction": args.val,
        "parts": dict(_pairs(args.part)),
        "splits": _splits(args),
        "arrange": _arrange(args.arrange),
        "tidy": args.tidy,
    }
    wish = {key: value for key, value in given.items() if value not in (None, [], {})}
    return wish | dict(read_settings(args.set))


def _arrange(given: str | None) -> Any:
    """A word, or a whole arrangement as YAML."""
    return next(iter(dict(read_settings([f"arrange={given}"])).values())) if given else None


def _splits(args: argparse.Namespace) -> dict[str, Any] | None:
    if args.splits == "random":
        return {"kind": "random"}
    if args.split_column:
        return {"kind": "kept", "files": {}, "column": args.split_column}
    return None


def _pairs(given: Sequence[str]) -> list[tuple[str, str]]:
    """The last sign counts for files, whose names may hold one."""
    found = []
    for pair in given:
        key, equals, value = pair.rpartition("=")
        if not equals:
            raise Fault("cli.bad_set", given=pair)
        found.append((key, value))
    return found
