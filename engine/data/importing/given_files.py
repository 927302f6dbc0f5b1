"""Files as they were given: archives and packed files are opened, papers about the data read and put aside, all of it understood."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.core.errors import Fault
from engine.core.settings import Settings
from engine.data.detection.detect_upload import DetectedUpload, detect_files
from engine.data.detection.doubtful import in_doubt
from engine.data.importing.archive import Unpacked
from engine.data.importing.names import display_name
from engine.data.importing.packed import files_inside
from engine.data.readers.documents import text_beside
from engine.data.readers.source_file import SourceFile
from engine.data.records.bounds import ReadingBudget
from engine.data.splits.cards import DataCard, read_card
from engine.data.splits.proposal import FilePlaces

_MB = 2**20
_CARD = re.compile(r"(^|/)readme\.md$", re.I)
_PAPER = re.compile(
    r"(^|/)((readme|licen[cs]e|changelog|notice|citation)(\.[a-z]+)?|(dataset_infos?|dataset_dict|state)\.json)$", re.I
)


@contextlib.contextmanager
def looked_at(
    settings: Settings,
    files: Sequence[tuple[Path, str]],
    encoding: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    cards: Sequence[DataCard] = (),
    budget: ReadingBudget | None = None,
    may_wait: bool = False,
) -> Iterator[DetectedUpload]:
    """Understand files, archives unpacked under the home, for as long as the context lasts. Raises as `add_files`.

    Args:
        may_wait: files that only their encoding keeps from being read are no fault, but wait for another one.
    """
    _check_size(settings, files)
    budget = budget or ReadingBudget()
    given = _unpacked(settings, files, budget)
    try:
        given_files = [SourceFile(path, shown, "") for path, shown in given.files]
        paths = {shown: given.places.get(path, shown) for path, shown in given.files}
        places = FilePlaces(paths, [*given.cards, *cards])
        try:
            found = detect_files(given_files, encoding, options, given.faults, budget, places)
        except Fault as fault:
            if not may_wait:
                raise
            found = in_doubt(given_files, fault)
        yield found
    finally:
        ours = {path for path, _name in given.files} - {path for path, _name in files}
        remove((*ours, *(text_beside(path) for path, _name in given.files)))


def remove(paths: Iterable[Path]) -> None:
    """Remove files that may be gone already."""
    for path in paths:
        path.unlink(missing_ok=True)


def _check_size(settings: Settings, files: Sequence[tuple[Path, str]]) -> None:
    size = sum(path.stat().st_size for path, _name in files)
    if size > settings.max_upload_mb * _MB:
        raise Fault("data.file.too_large", mb=round(size / _MB), limit=settings.max_upload_mb)


def _unpacked(settings: Settings, files: Sequence[tuple[Path, str]], budget: ReadingBudget) -> Unpacked:
    """The files themselves and those out of archives, each with a name of its own."""
    done, taken, folder = Unpacked(), 0, settings.folder("uploads")
    try:
        for path, filename in files:
            shown = display_name(filename)
            try:
                inside = files_inside(path, shown, folder, settings.max_upload_mb, taken, budget)
                done.faults += inside.faults
                done.files += inside.files
                taken += sum(file.stat().st_size for file, _name in inside.files if file != path)
                archive = f"{shown}/" if len(files) > 1 else ""
                done.places |= {
                    file: filename if file == path or name == shown else archive + name for file, name in inside.files
                }
            except Fault as fault:
                if len(files) == 1:
                    raise
                done.faults.append((shown, fault))
    except BaseException:
        remove({path for path, _name in done.files} - {path for path, _name in files})
        raise
    if not done.files:
        raise done.faults[0][1]
    return _without_papers(done)


def _without_papers(done: Unpacked) -> Unpacked:
    """Leave out what is about the data (a readme, a licence), and give files of one name a number each."""
    kept = [one for one in done.files if not _PAPER.search(one[1])] or done.files
    for path, name in done.files:
        if (path, name) not in kept:
            if _CARD.search(name):
                done.cards.append(read_card(path, done.places.get(path, name)))
            done.faults.append((name, Fault("data.file.about")))
            path.unlink(missing_ok=True)
    seen: Counter[str] = Counter()
    named: list[tuple[Path, str]] = []
    for path, name in kept:
        seen[name] += 1
        named.append((path, f"{name} ({seen[name]})" if seen[name] > 1 else name))
    return replace(done, files=named)
