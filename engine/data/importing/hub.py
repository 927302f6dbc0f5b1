"""A data set of the Hugging Face hub: which of its files are rows, and fetching them. Only data comes, never code.

The client runs in a child (`python -m engine.data.importing.hub`), which can be ended at any time and goes on where it was.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

from engine.core.errors import Fault
from engine.data.importing.packed import plain_name
from engine.data.splits.cards import DataCard
from engine.data.splits.files import named_part
from engine.data.splits.words import VAL, part_of_word, parts_in, words_of

ENVIRONMENT = {"HF_HUB_ETAG_TIMEOUT": "8", "HF_HUB_DOWNLOAD_TIMEOUT": "20"}
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"^(?:{_PART}/)?{_PART}$")
_ADDRESS = re.compile(r"^https?://[^/]+/datasets/([^/]+/[^/?#]+)")
_KINDS = (
    (".parquet",), (".jsonl", ".ndjson"), (".json",), (".csv", ".tsv"), (".arrow", ".feather"), (".txt", ".md"), (".zip",), (".xlsx",),
)  # fmt: skip
_ABOUT = re.compile(r"(^|/)(\.|readme|licen[cs]e|dataset_infos?\.json$|state\.json$|metadata)", re.I)
_SHARD = re.compile(r"^(.+?)[-_.]\d{3,6}([-_]of[-_]\d{3,6})?$")
WHOLE = "train"  # the part of a file that names none


def check_name(name: str) -> str:
    """A hub name out of what was typed or copied from the address line. Raises Fault("data.hub.name")."""
    plain = name.strip()
    if found := _ADDRESS.match(plain):
        plain = found.group(1)
    if not _NAME.match(plain) or ".." in plain or "--" in plain:
        raise Fault("data.hub.name", name=name.strip()[:100])
    return plain


def split_of(path: str) -> str:
    """Which part a file belongs to, by its name and folders: "train", "validation", "test", "eval", or a repository's own word."""
    place = PurePosixPath(plain_name(path))
    if found := _SHARD.match(place.stem):
        part = part_of_word(found.group(1).lower())
        return _hub_word(part) if part else found.group(1)
    named = named_part(path)
    return _hub_word(named.part) if named else WHOLE


def _hub_word(part: str) -> str:
    return "validation" if part == VAL else part


def _is_plain(path: str) -> bool:
    """Whether a path stays in its folder: a hub may be anybody's."""
    place = PurePosixPath(path)
    return not place.is_absolute() and ".." not in place.parts


def choose(
    name: str, sizes: dict[str, int], split: str, folder: str, card: DataCard | None = None
) -> tuple[dict[str, int], str, list[str]]:
    """Of a repository's files those of one part, or of all that belong together: ({path: bytes}, the parts, the other parts).

    Args:
        split: the part; empty: the training part with those that are held out of it ("train_sft" with "test_sft").
        card: what the repository's card says of its files.

    Raises:
        Fault: "data.hub.no_files", "data.hub.no_split".
    """
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    inside = {
        path: size
        for path, size in sizes.items()
        if _is_plain(path) and not _ABOUT.search(path) and path.startswith(folder)
    }
    kinds = ([path for path in inside if plain_name(path).lower().endswith(kind)] for kind in _KINDS)
    for path in next((found for found in kinds if found), []):
        said = card.part_of(path) if card else None
        parts[_hub_word(said) if said else split_of(path)][path] = inside[path]
    if not parts:
        raise Fault("data.hub.no_files", name=name)
    wanted = [split.strip()] if split.strip() else _together(sorted(parts))
    if wanted[0] not in parts:
        raise Fault("data.hub.no_split", name=name, split=wanted[0][:60], found=", ".join(sorted(parts))[:300])
    files = {path: size for part in wanted for path, size in parts[part].items()}
    return files, ", ".join(wanted), sorted(part for part in parts if part not in wanted)


def _together(parts: list[str]) -> list[str]:
    """The training part, and those whose names differ from its name in the part's word alone."""
    of = {part: [one for _place, one in parts_in(words_of(part))] for part in parts}
    first = next(
        (part for part in (WHOLE, *parts) if part in parts and (part == WHOLE or "train" in of[part])), parts[0]
    )
    rest = [word for word in words_of(first) if not parts_in([word])]
    same = [part for part in parts if of[part] and [word for word in words_of(part) if not parts_in([word])] == rest]
    return [first, *(part for part in same if part != first)]


# ------------------------------------------------------------------ in the child


def _list(name: str) -> None:
    from huggingface_hub import HfApi

    info = HfApi().dataset_info(name, files_metadata=True, timeout=8)
    files = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    said = info.card_data.to_dict() if info.card_data else {}
    head = {key: said.get(key) for key in ("configs", "tags")}
    print(json.dumps({"commit": info.sha, "files": files, "card": head}, default=str))


def _get(name: str, commit: str, target: Path, files: list[str]) -> None:
    from huggingface_hub import hf_hub_download

    for file in files:
        hf_hub_download(name, file, repo_type="dataset", revision=commit, local_dir=target, etag_timeout=8)


def _as_fault(error: Exception, name: str) -> Fault:
    """What the hub's client raised, as a fault of ours."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return Fault("data.hub.gated", name=name)
    if isinstance(error, (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError)):
        return Fault("data.hub.not_found", name=name)
    reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
    return Fault("data.hub.unreachable", name=name, reason=reason)


def main(arguments: list[str]) -> int:
    """`list NAME` or `get NAME COMMIT FOLDER FILE...`; a fault is the last line, as JSON."""
    action, name = arguments[:2]
    try:
        if action == "list":
            _list(name)
        else:
            _get(name, arguments[2], Path(arguments[3]), arguments[4:])
    except Exception as error:  # whatever it was, the parent needs it as a fault
        print(json.dumps(_as_fault(error, name).as_dict()))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
