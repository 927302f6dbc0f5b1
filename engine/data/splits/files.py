"""Which files belong to which part, by the names of files and folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.data.splits.words import NEUTRAL, TRAIN, furthest, parts_in, settled, words_of

_DOCUMENTS = (".pdf", ".docx", ".md", ".html", ".htm", ".epub", ".pptx")  # named by what they are about


@dataclass(frozen=True)
class NamedPart:
    """The part that a name says.

    Attributes:
        part: "train", "val", "test" or "eval".
        plain: whether nothing after the word makes another word of it ("test-00000-of-00002", but not "test_procedures").
    """

    part: str
    plain: bool


def parts_of_files(places: Mapping[str, str], declared: Mapping[str, str]) -> dict[str, str]:
    """Each file's part, by its name; empty where the names tell of no more than one part.

    A file that names none is for training. A name counts where nothing but numbers and words like "data", or words that the other
    files bear too, follow the part's word; as soon as one name does, the others are read with less care: what might be a test is no
    training.

    Args:
        places: file -> its path with folders (and archive), by which it is told.
        declared: file -> part, where a data card says it.
    """
    paths = _without_common_folders(places)
    common = _common_words(paths.values())
    named = {file: found for file, path in paths.items() if (found := named_part(path, common))}
    if not declared and not _tells(named, paths):
        return {}
    said = {file: one.part for file, one in named.items()} | dict(declared)
    settled_parts = {file: settled(part, set(said.values())) for file, part in said.items()}
    whole = {file: settled_parts.get(file, TRAIN) for file in places}
    return whole if len(set(whole.values())) > 1 or declared else {}


def _tells(named: Mapping[str, NamedPart], paths: Mapping[str, str]) -> bool:
    """Whether the names may be believed at all. Documents must name the training too: "testing.pdf" may be about testing."""
    plain = {file: one.part for file, one in named.items() if one.plain}
    data = [file for file in plain if not paths[file].lower().endswith(_DOCUMENTS)]
    return bool(data) or (TRAIN in plain.values() and len(set(plain.values())) > 1)


def named_part(path: str, common: frozenset[str] = frozenset()) -> NamedPart | None:
    """The part that the file's name says, else the nearest folder's. Of several in one name the one furthest from training."""
    place = PurePosixPath(path.replace("\\", "/"))
    for name in (place.name, *reversed(place.parts[:-1])):
        words = words_of(name)
        if found := parts_in(words):
            behind = words[max(at for at, _part in found) + 1 :]
            plain = all(word in NEUTRAL or word in common for word in behind)
            return NamedPart(furthest([part for _place, part in found]), plain)
    return None


def _without_common_folders(places: Mapping[str, str]) -> dict[str, str]:
    """A folder that holds all files says nothing of any of them."""
    split = {file: PurePosixPath(path.replace("\\", "/")).parts for file, path in places.items()}
    shared = 0
    while len({parts[shared] if shared < len(parts) - 1 else None for parts in split.values()}) == 1:
        if any(shared >= len(parts) - 1 for parts in split.values()):
            break
        shared += 1
    return {file: "/".join(parts[shared:]) for file, parts in split.items()}


def _common_words(paths: Iterable[str]) -> frozenset[str]:
    """Words that more than one file bears."""
    seen: dict[str, int] = {}
    for path in paths:
        for word in set(words_of(path)):
            seen[word] = seen.get(word, 0) + 1
    return frozenset(word for word, count in seen.items() if count > 1)
