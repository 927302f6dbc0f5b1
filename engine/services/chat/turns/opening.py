"""A row of a table of answers as a conversation of the playground, to go on with."""

from __future__ import annotations

import json
import os
import uuid
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import NotFound
from engine.services.chat.question_lists import find_list, list_folder, read_answers
from engine.services.chat.stored.families import brief_text
from engine.shapes.chat import ListRow
from storage.job_tables import Job
from storage.queries import conversations
from storage.queries.jobs import get_job
from storage.tables import Conversation, Message

_STATUS = {"failed": "failed", "stopped": "stopped"}  # by the reason of an answer; others are complete


def open_row(ctx: Context, job_id: int, place: int) -> int:
    """The conversation of a row; it is made when the row is opened first. Raises NotFound."""
    with ctx.db.read() as s:
        job = find_list(get_job(s, job_id), job_id)
    row = next(islice(read_answers(ctx.settings, job_id), place, None), None) if place >= 0 else None
    if row is None:
        raise NotFound(place=place)
    note = list_folder(ctx.settings, job_id) / "opened.json"
    opened = _noted(note)
    with ctx.db.write() as s:
        known = opened.get(str(place))
        if known is not None and conversations.get_conversation(s, known) is not None:
            return known
        made = _conversation(s, job, row)
    _note(note, {**opened, str(place): made})
    return made


def _conversation(s: Session, job: Job, row: ListRow) -> int:
    """A conversation of one turn, with the answers as they were given."""
    template, values = job.spec.get("template"), row.get("values")
    conversation = Conversation(
        title=brief_text(row["question"]),
        base_model_id=int(job.base_model_id or 0),
        tuned_ids=job.spec["tuned"],
        sides=[one["side"] for one in job.spec["sides"]],
        settings=job.spec["settings"],
    )
    s.add(conversation)
    s.flush()
    kept = {"template": template, "values": values} if template and values else {}
    conversations.add_prompt(s, conversation.id, 1, row["question"], kept)
    for side in job.spec["sides"]:
        if (answer := row["answers"].get(side["side"])) is not None:
            s.add(Message(conversation_id=conversation.id, turn=1, role=conversations.ASSISTANT, side=side["side"],
                          content=answer["text"], status=_STATUS.get(answer["reason"], "complete"), weights_hash=side["weights_hash"],
                          stats=_stats(dict(answer), job.spec["settings"])))  # fmt: skip
    return conversation.id


def _stats(answer: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    told = {name: answer[name] for name in ("tokens", "reason", "error") if answer[name] is not None}
    return {**told, "seed": settings["seed"]}


def _noted(path: Path) -> dict[str, int]:
    """Which rows were opened, as which conversation; a note that cannot be read costs a second conversation."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _note(path: Path, opened: dict[str, int]) -> None:
    draft = path.with_name(f"{uuid.uuid4().hex}.part")
    draft.write_text(json.dumps(opened), encoding="utf-8")
    os.replace(draft, path)
