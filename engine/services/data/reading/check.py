"""Files looked through as an import would, to the last row; nothing is kept and no database is asked."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

from engine.core.settings import Settings
from engine.data.detection.detect_upload import DetectedUpload
from engine.data.importing.given_files import looked_at
from engine.data.importing.import_rows import Imported, Tell
from engine.data.rows.row import message_lists
from engine.data.rows.store import read_rows
from engine.data.schema.declared import shape_of
from engine.services.data.imports import ImportChoice, read_rows_of
from engine.services.data.reading.choosing import as_used, choice_of
from engine.shapes.reading import FilesRead, RejectedReason, SplitCounts

_PLAIN = {"split", "id", "line", "file", "message.role", "message.content"}
_SHOWN = 20  # rejected rows that are shown whole


def check_files(
    settings: Settings,
    files: Sequence[Path],
    wish: Mapping[str, Any],
    most: int | None = None,
    tell: Tell = lambda _place, _rows, _rejected: None,
) -> FilesRead:
    """What the files are and what an import of them would store.

    Args:
        settings: whose limits count; nothing is written to their home.
        wish: as in `choice_of`.
        most: how many records are read; None: all.
        tell: hears how far it is, as in `import_rows`.

    Raises:
        Fault: why the files cannot be read, or not like this.
    """
    with tempfile.TemporaryDirectory(prefix="tunesmith-check-") as folder:
        home = Path(folder)
        given = [(_link(home, file, place), file.name) for place, file in enumerate(files)]
        with looked_at(replace(settings, home=home), given, wish.get("encoding"), wish.get("options")) as found:
            source, choice = choice_of(found, wish)
            if choice.shape is None:
                return report(source, choice, None)
            choice.check()
            done = read_rows_of(source, choice, home / "rows", tell=tell, look_beside=True, most=most)
            return report(source, choice, done, whole=most is None or _count(done) < most)


def _link(home: Path, file: Path, place: int) -> Path:
    """The file under a name of ours: what is written beside it goes with the folder."""
    link = home / f"{place:04}.given"
    link.symlink_to(file.resolve())
    return link


def _count(done: Imported) -> int:
    stored = done.stored
    return done.rejected + (stored.train_rows + stored.val_rows + stored.test_rows if stored else 0)


def report(source: DetectedUpload, choice: ImportChoice, done: Imported | None, *, whole: bool = True) -> FilesRead:
    """All that is known of files that were read; `done` is None where no shape is known for their rows."""
    stored = done.stored if done else None
    splits: SplitCounts = {
        "train": stored.train_rows if stored else 0,
        "val": stored.val_rows if stored else 0,
        "test": stored.test_rows if stored else 0,
    }
    used = as_used(source, choice)
    parts = used["splits"].get("files") or {}
    found: dict[str, Any] = {
        "files": [
            {"name": one.name, "format": one.format, "encoding": one.encoding, "part": parts.get(one.name)}
            for one in source.files
        ],
        "format": source.format,
        "encoding": source.encoding,
        "columns": source.columns,
        "shape": choice.shape,
        "kind": shape_of(choice.shape).kind if choice.shape else None,
        "mapping": {key: column for key, column in choice.mapping.items() if column},
        "templates": dict(choice.templates or {}),
        "accepted": sum(cast(dict[str, int], splits).values()),
        "rejected": done.rejected if done else 0,
        "whole": whole,
        "splits": splits,
        "reasons": _reasons(done) if done else [],
        "rejections": [{**one, "raw": one["raw"]} for one in (done.kept if done else [])[:_SHOWN]],
        "tidy": done.tidy if done else [],
        "left_out": [asdict(one) for one in (done.left_out if done else [])],
        "duplicates": stored.duplicates if stored else 0,
        "leaked": stored.leaked if stored else 0,
        "stats": done.stats if done else {},
        "members": _members(done) if done else {},
        "choice": used,
        "notes": source.notes,
    }
    return cast(FilesRead, found)


def _members(done: Imported) -> dict[str, int]:
    """How many accepted rows have each member, and have it in any of their messages ("message.weight")."""
    found: Counter[str] = Counter()
    for row in read_rows(done.stored.path) if done.stored else ():
        inside = {f"message.{key}" for messages in message_lists(row) for message in messages for key in message}
        found.update((row.keys() | inside) - _PLAIN)
    return dict(found.most_common())


def _reasons(done: Imported) -> list[RejectedReason]:
    """How many rows each reason rejected, the most frequent first, with the first row of each."""
    first: dict[str, Mapping[str, Any]] = {}
    for one in done.kept:
        first.setdefault(one["code"], one)
    counts: Mapping[str, int] = done.stats.get("reasons", {})
    found = [
        {
            "code": code,
            "rows": rows,
            "params": first[code]["params"] if code in first else {},
            "first": {key: first[code][key] for key in ("file", "line", "row", "column")} if code in first else None,
        }
        for code, rows in counts.items()
    ]
    return cast(list[RejectedReason], found)
