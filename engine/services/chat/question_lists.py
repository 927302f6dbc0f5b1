"""Lists of questions that base and tuned models answer one after the other: asked for, followed, and kept beside the job."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import LONGEST_NAME
from engine.core.settings import Settings
from engine.core.shapes import RawSpec
from engine.jobs.kinds.question_list import QUESTION_LIST
from engine.jobs.lanes import lane_for
from engine.jobs.queue import enqueue
from engine.jobs.views import views
from engine.services.chat.choices import chosen
from engine.services.chat.settings import read_chat_settings
from engine.services.chat.sides import setup_from, side_of
from engine.services.chat.stored.rows import chosen_rows, placed_rows
from engine.serving.outside.servers import is_outside
from engine.serving.protocol import BASE
from engine.shapes.chat import ListBounds, ListRow, QuestionListView
from engine.shapes.playground.lists import ListQuestion, RowWish
from storage.job_tables import Job
from storage.queries import jobs
from storage.tables import LanguageModel

MOST_QUESTIONS = 1_000
LONGEST_QUESTION = 4_000  # characters
_SPEC_VERSION = 1


def start_list(
    ctx: Context,
    base_id: int,
    tuned_ids: Sequence[int],
    settings: RawSpec | None,
    questions: Sequence[str],
    *,
    name: str,
    key: str,
    sides: Sequence[str] | None = None,
) -> int:
    """Queue a job that asks all of them; the same `key` again gives the same job.

    Args:
        settings: of the chat; without a seed, one is drawn now, so that the list can be asked again just so.
        name: what lists call it.
        sides: names of all that answer, in order; without it, the base and its results `tuned_ids`.

    Raises:
        NotFound, SpecError: models or settings that are not there, or no numbers.
        Fault: "questions.none", "questions.too_many", "questions.too_long"; or when the models do not belong together.
    """
    asked: list[ListQuestion] = [{"question": one} for one in clean_questions(questions)]
    return queue_list(ctx, base_id, sides, settings, asked, name=name, key=key, tuned_ids=tuned_ids)


def queue_list(
    ctx: Context,
    base_id: int,
    sides: Sequence[str] | None,
    settings: RawSpec | None,
    asked: Sequence[ListQuestion],
    *,
    name: str,
    key: str,
    told: Mapping[str, Any] | None = None,
    tuned_ids: Sequence[int] = (),
) -> int:
    """Queue a job that asks what was made ready. Arguments as of `start_list`, raises as it.

    Args:
        told: what else the job's spec says of the list.
    """
    read = read_chat_settings(settings)
    if read["seed"] is None:
        read["seed"] = secrets.randbelow(2**31)
    lane = lane_for("auto")
    if any(map(is_outside, sides or ())):
        raise Fault("outside.not_in_lists")
    ids, named = chosen(ctx, base_id, tuned_ids, sides)
    names = named or [BASE, *map(side_of, ids)]
    with ctx.db.read() as s:
        base = s.get_one(LanguageModel, base_id)
        who = [asdict(side) for side in setup_from(s, base, names, read).sides]
    with _written(ctx.settings, asked) as folder, ctx.db.write() as s:
        spec = {"tuned": ids, "settings": read, "sides": who, "questions": len(asked)}
        spec |= told or {}
        job_id = enqueue(
            s,
            QUESTION_LIST,
            name=" ".join(name.split())[:LONGEST_NAME] or base.name,
            spec=spec,
            lane=lane,
            idempotency_key=key,
            spec_version=_SPEC_VERSION,
            base_model_id=base_id,
        )
        _put(folder, list_folder(ctx.settings, job_id))  # one step, so that no worker finds a job without its questions
        return job_id


def bounds() -> ListBounds:
    """For forms."""
    return {"most": MOST_QUESTIONS, "longest": LONGEST_QUESTION, "kind": QUESTION_LIST.key}


def clean_questions(questions: Iterable[str]) -> list[str]:
    """Those that say something, in order, as valid Unicode. Raises Fault as `start_list` does."""
    texts = (str(one).encode("utf-8", "replace").decode().strip() for one in questions)
    found = list(islice((text for text in texts if text), MOST_QUESTIONS + 1))
    if not found:
        raise Fault("questions.none")
    if len(found) > MOST_QUESTIONS:
        raise Fault("questions.too_many", most=MOST_QUESTIONS)
    for place, text in enumerate(found, 1):
        if len(text) > LONGEST_QUESTION:
            raise Fault("questions.too_long", place=place, characters=len(text), most=LONGEST_QUESTION)
    return found


# ------------------------------------------------------------------ beside the job


def list_folder(settings: Settings, job_id: int) -> Path:
    """Where the questions and answers of a job lie (not made here)."""
    return settings.home / "jobs" / str(job_id) / "list"


def questions_file(settings: Settings, job_id: int) -> Path:
    """The questions, one JSON text a line; a `ListQuestion` where a row's values filled it."""
    return list_folder(settings, job_id) / "questions.jsonl"


def answers_file(settings: Settings, job_id: int) -> Path:
    """The answers so far, one `ListRow` a line, in the order of the questions."""
    return list_folder(settings, job_id) / "answers.jsonl"


@contextmanager
def _written(settings: Settings, questions: Sequence[ListQuestion]) -> Iterator[Path]:
    """A folder with the questions, to be put where the job's folder is; gone at the end where it was not."""
    folder = settings.folder("jobs", f".list-{uuid.uuid4().hex}")
    try:
        plain = (one["question"] if set(one) == {"question"} else one for one in questions)
        lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in plain)
        (folder / "questions.jsonl").write_text("".join(lines), encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(folder: Path, target: Path) -> None:
    """Move the questions of a new job to their place; those of a job that was there already stay."""
    if not target.exists():
        os.makedirs(target.parent, exist_ok=True)
        os.rename(folder, target)


def read_questions(settings: Settings, job_id: int) -> list[str]:
    """All of them, with the values of their rows. Raises as `read_asked`."""
    return [one["question"] for one in read_asked(settings, job_id)]


def read_asked(settings: Settings, job_id: int) -> list[ListQuestion]:
    """All of them with what belongs to them. Raises Fault("questions.gone") where the file is not there any more."""
    try:
        lines = (
            questions_file(settings, job_id).read_text(encoding="utf-8").split("\n")
        )  # not every line end of Unicode
    except OSError as error:
        raise Fault("questions.gone") from error
    found = (json.loads(line) for line in lines if line)
    return [{"question": one} if isinstance(one, str) else one for one in found]


def read_answers(settings: Settings, job_id: int) -> Iterator[ListRow]:
    """What is answered so far; a line that is being written is left out."""
    path = answers_file(settings, job_id)
    if path.is_file():
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from (json.loads(line) for line in file if line.endswith("\n"))


# ------------------------------------------------------------------ what the page follows


def list_view(
    ctx: Context, job_id: int, after: int = 0, most: int = 50, wish: RowWish | None = None
) -> QuestionListView:
    """How far a list is, with at most `most` answered questions beyond the first `after`: as asked, or as wished for.

    Raises:
        NotFound: there is no such list.
    """
    with ctx.db.read() as s:
        job = find_list(jobs.get_job(s, job_id), job_id)
        view = views(s, [job])[0]
    rows = chosen_rows(read_answers(ctx.settings, job_id), wish) if wish else None
    plain = islice(read_answers(ctx.settings, job_id), after, after + most)
    return {
        "job": view,
        "total": view["spec"]["questions"],
        "matched": None if rows is None else len(rows),
        "rows": rows[after : after + most] if rows is not None else placed_rows(plain, after),
        "columns": view["spec"].get("columns", []),
        "sides": view["spec"]["sides"],
        "settings": view["spec"]["settings"],
    }


def find_list(job: Job | None, job_id: int) -> Job:
    """The job, sure to be a list of questions. Raises NotFound."""
    if job is None or job.kind != QUESTION_LIST.key:
        raise NotFound(job=job_id)
    return job
