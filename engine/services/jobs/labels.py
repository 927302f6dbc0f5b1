"""Tags and a note: what people write on a job to find it again and to remember what it was for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from engine.core.context import Context
from engine.core.errors import NotFound, SpecError
from engine.core.shapes import CodedMessage
from storage.queries.jobs import get_job

MOST_TAGS = 12
LONGEST_TAG = 30  # characters
LONGEST_NOTE = 4_000  # characters


def label_job(ctx: Context, job_id: int, tags: Sequence[str], note: str) -> None:
    """Write its tags and its note anew.

    Raises:
        NotFound: there is no such job.
        SpecError: "tags" (too many, too long, with line breaks or commas) or "note" (too long), each with the limit.
    """
    clean = _clean(tags)
    faults = {field: fault for field, fault in (("tags", _fault(clean)), ("note", _note_fault(note))) if fault}
    if faults:
        raise SpecError(faults)
    with ctx.db.write() as s:
        job = get_job(s, job_id)
        if job is None:
            raise NotFound(job=job_id)
        job.tags, job.note = clean, note.encode("utf-8", "replace").decode().strip()


def _clean(tags: Sequence[str]) -> list[str]:
    """Each once, whatever its case, without the blanks around it; empty ones are left out."""
    found: dict[str, str] = {}
    for tag in tags:
        shown = " ".join(word for word in str(tag).encode("utf-8", "replace").decode().split(" ") if word)
        if shown:
            found.setdefault(shown.casefold(), shown)
    return list(found.values())


def _fault(tags: Sequence[str]) -> CodedMessage | None:
    if len(tags) > MOST_TAGS:
        return {"code": "job.too_many_tags", "params": {"count": len(tags), "most": MOST_TAGS}}
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            long = {"tag": tag[:LONGEST_TAG] + "…", "characters": len(tag), "most": LONGEST_TAG}
            return {"code": "job.tag_too_long", "params": long}
        if any(letter in ",，" or unicodedata.category(letter)[0] == "C" for letter in tag):
            return {"code": "job.tag_not_plain", "params": {"tag": tag}}
    return None


def _note_fault(note: str) -> CodedMessage | None:
    if len(note) <= LONGEST_NOTE:
        return None
    return {"code": "job.note_too_long", "params": {"characters": len(note), "most": LONGEST_NOTE}}
