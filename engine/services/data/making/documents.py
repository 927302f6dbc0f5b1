"""Documents that were brought to make rows of: a folder each, with what was read of them, until the job is done."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, cast

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.settings import Settings
from engine.core.shapes import CodedMessage
from engine.data.importing.names import display_name
from engine.data.passages.reading import CHILD, ENDINGS, kind_of_document
from engine.data.passages.splitting import Passage, read_blocks, split
from engine.data.readers.documents import Documents
from engine.data.records.bounds import AT_ONCE_SECONDS, DOCUMENT_SECONDS, Later, ReadingBudget
from engine.jobs.kinds.read_documents import READ_DOCUMENTS
from engine.jobs.queue import enqueue
from engine.shapes.making import DocumentView, MakingTaken
from storage.queries import jobs as queries

_FOLDER, _FOUND = "makings", "documents.json"
_KEY = re.compile(r"[0-9a-f]{32}")
MOST_PASSAGES = 20_000
_MB = 2**20


@dataclass(frozen=True)
class Making:
    """The documents of one wish."""

    key: str  # names it, in addresses too
    folder: Path  # where its files are
    files: tuple[Mapping[str, Any], ...]  # {"name", "stored", "kind", "pages", "lost"} or {"name", "fault"}, once read

    @property
    def read(self) -> list[Mapping[str, Any]]:
        """Those that could be read."""
        return [one for one in self.files if "fault" not in one]

    @property
    def name(self) -> str:
        """What lists call it: the first document's name."""
        return display_name(str(self.read[0]["name"]))

    def passages(self, characters: int) -> tuple[Passage, ...]:
        """All of them, in order; at most `MOST_PASSAGES`."""
        return _passages(self.folder, tuple((one["stored"], one["name"]) for one in self.read), characters)


@lru_cache(maxsize=2)
def _passages(folder: Path, files: tuple[tuple[str, str], ...], characters: int) -> tuple[Passage, ...]:
    found: list[Passage] = []
    for stored, name in files:
        for passage in split(read_blocks(folder / stored), name, characters):
            if len(found) == MOST_PASSAGES:
                return tuple(found)
            found.append(passage)
    return tuple(found)


def document_endings() -> str:
    """The endings of documents' names, as the file field of a page takes them."""
    return ",".join(ENDINGS)


def take_documents(ctx: Context, files: Sequence[tuple[Path, str]]) -> MakingTaken:
    """Move documents in and read them: {"making": key}, with "job" where that takes longer than a request may.

    Raises:
        Fault: "data.file.too_large", or why the first one cannot be read where none can. Nothing is kept then.
    """
    size = sum(path.stat().st_size for path, _name in files)
    if size > ctx.settings.max_upload_mb * _MB:
        raise Fault("data.file.too_large", mb=round(size / _MB), limit=ctx.settings.max_upload_mb)
    key = uuid.uuid4().hex
    folder = ctx.settings.folder(_FOLDER, key)
    try:
        named: list[dict[str, str]] = []
        for place, (path, name) in enumerate(files):
            shutil.move(path, folder / f"{place:04}.part")
            taken = {one["name"] for one in named}
            named.append({"name": _own_name(name, taken), "stored": f"{place:04}.part"})
        (folder / "brought.json").write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")
        read_documents(ctx, key, ReadingBudget(AT_ONCE_SECONDS))
        return {"making": key}
    except Later:
        with ctx.db.write() as session:
            job = enqueue(session, READ_DOCUMENTS, name=display_name(files[0][1]), spec={"making": key})
        return {"making": key, "job": job}
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _own_name(name: str, taken: set[str]) -> str:
    """The name, with a number before its ending where another document of the same upload has it."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    tried = (f"{stem} {number}{dot}{ending}" for number in count(2))
    return name if name not in taken else next(one for one in tried if one not in taken)


def read_documents(ctx: Context, key: str, budget: ReadingBudget) -> None:
    """Read what was brought, each document once, and write down what was found.

    Raises:
        Later: it takes longer than `budget` says; what was read stays.
        Fault: the first document's, where none can be read.
    """
    folder = folder_of(ctx.settings, key)
    brought = json.loads((folder / "brought.json").read_text(encoding="utf-8"))
    with Documents(DOCUMENT_SECONDS, budget, child=CHILD) as documents:
        found = [_read(folder, one, documents) for one in brought]
    if all("fault" in one for one in found):
        fault = found[0]["fault"]
        raise Fault(fault["code"], **fault["params"])
    draft = folder / "documents.part"
    draft.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, folder / _FOUND)
    for one in brought:
        (folder / one["stored"]).unlink(missing_ok=True)


def _read(folder: Path, brought: Mapping[str, Any], documents: Documents) -> dict[str, Any]:
    """What is known of one document; its blocks lie beside it."""
    path, known = folder / brought["stored"], folder / f"{brought['stored']}.json"
    if known.is_file():
        return cast("dict[str, Any]", json.loads(known.read_text(encoding="utf-8")))
    found: dict[str, Any] = {"name": brought["name"]}
    try:
        kind = kind_of_document(path, brought["name"])
        blocks, told = documents.take(path, kind)
        found |= {"stored": blocks.name, "kind": kind, **told}
    except Fault as fault:
        found["fault"] = fault.as_dict()
    draft = known.with_suffix(".part")
    draft.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    os.replace(draft, known)
    return found


def folder_of(settings: Settings, key: str) -> Path:
    """Where the documents of that key are. Raises NotFound."""
    folder = settings.home / _FOLDER / key
    if not _KEY.fullmatch(key) or not folder.is_dir():
        raise NotFound(making=key[:40])
    return folder


def making_of(settings: Settings, key: str) -> Making:
    """The documents of that key, once they are read. Raises NotFound."""
    found = folder_of(settings, key) / _FOUND
    if not found.is_file():
        raise NotFound(making=key[:40])
    return Making(key, found.parent, tuple(json.loads(found.read_text(encoding="utf-8"))))


def reading_ended(ctx: Context, job_id: int) -> CodedMessage | bool:
    """Whether the job that reads documents is through, or why it ended without. Raises NotFound."""
    with ctx.db.read() as session:
        job = queries.get_job(session, job_id, READ_DOCUMENTS.key)
    if job is None:
        raise NotFound(job=job_id)
    if job.error:
        return cast(CodedMessage, job.error)
    return job.finished_at is not None


def document_views(making: Making, passages: Sequence[Passage]) -> list[DocumentView]:
    """Each document as the page shows it."""
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.file] = counts.get(passage.file, 0) + 1
    return [
        {
            "name": one["name"],
            "pages": one.get("pages", 0),
            "passages": counts.get(one["name"], 0) if "fault" not in one else 0,
            "lost": [{"code": code, "params": params} for _page, code, params in one.get("lost", ())],
            "fault": one.get("fault"),
        }
        for one in making.files
    ]


def forgettable(settings: Settings, needed: set[str]) -> list[Path]:
    """Folders of documents that no job needs any more."""
    return [path for path in settings.home.glob(f"{_FOLDER}/*") if path.name not in needed]
