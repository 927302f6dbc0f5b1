"""Parts that a data card declares: the head of a hub's README.md, "configs" with "data_files"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from engine.data.splits.words import furthest, parts_in, words_of

_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|\Z)", re.DOTALL)
_MOST = 2**20  # bytes of a card that are looked at
OUR_TAG = "tunesmith"


@dataclass(frozen=True)
class DataCard:
    """What a README says of the files beside it.

    Attributes:
        patterns: (path with wildcards as the data set sees it, part) in order; a part is "train", "val", "test" or "eval".
        ours: whether an export of this program wrote it: its parts are all there is.
    """

    patterns: list[tuple[str, str]] = field(default_factory=list)
    ours: bool = False

    def part_of(self, path: str) -> str | None:
        """The part of a file; None where the card does not name it."""
        return next((part for pattern, part in self.patterns if _matches(path, pattern)), None)


def read_card(path: Path, place: str) -> DataCard:
    """What the card at `path` says, which lies at `place` among the files. Empty where it says nothing that can be read."""
    with path.open("rb") as file:
        found = _HEAD.match(file.read(_MOST).decode("utf-8", "replace"))
    return card_of(_yaml(found[1]), str(PurePosixPath(place).parent)) if found else DataCard()


def card_of(head: Any, folder: str = "") -> DataCard:
    """The same out of the parsed head; `folder` is where the card lies."""
    if not isinstance(head, Mapping):
        return DataCard()
    prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"
    patterns = [
        (prefix + pattern.removeprefix("./"), part) for pattern, part in _declared(head.get("configs")) if pattern
    ]
    tags = head.get("tags")
    return DataCard(patterns, ours=isinstance(tags, list) and OUR_TAG in tags)


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _declared(configs: Any) -> Iterator[tuple[str, str]]:
    for config in configs if isinstance(configs, list) else []:
        files = config.get("data_files") if isinstance(config, Mapping) else None
        folder = config.get("data_dir") if isinstance(config, Mapping) else None
        prefix = f"{folder.strip('/')}/" if isinstance(folder, str) and folder.strip("/") else ""
        for name, paths in _named_files(files):
            found = [part for _place, part in parts_in(words_of(name))]
            for pattern in paths:
                if found:
                    yield prefix + pattern, furthest(found)


def _named_files(files: Any) -> Iterator[tuple[str, list[str]]]:
    """Names of parts with their paths: {train: path or paths}, or [{split: train, path: path or paths}]."""
    if isinstance(files, Mapping):
        files = [{"split": name, "path": paths} for name, paths in files.items()]
    for one in files if isinstance(files, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("split"), str):
            yield one["split"], _texts(one.get("path"))


def _texts(value: Any) -> list[str]:
    several: Sequence[Any] = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, str)]


def _matches(path: str, pattern: str) -> bool:
    """Wildcards as hubs read them, but for "**", which may be no folder at all."""
    return fnmatchcase(path, pattern) or fnmatchcase(path, pattern.replace("**/", ""))
