"""The answers to a list of questions as a file to take away: CSV or Excel, with what they were made by."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.writers.excel import Sheet, write_xlsx
from engine.data.writers.files import write_csv
from engine.data.writers.survey import ColumnSurvey
from engine.services.chat.question_lists import find_list, list_folder, read_answers
from engine.shapes.chat import ListAnswer, ListRow, SideView
from storage.job_tables import Job
from storage.queries.jobs import get_job

FORMS = ("csv", "xlsx")
_HASH = 12  # characters of a weights' hash in a head; the whole one stands among the settings
Say = Callable[..., str]  # (key of a text, **params) -> the sentence


def answers_table(ctx: Context, job_id: int, form: str, say: Say) -> tuple[Path, str]:
    """Write what is answered so far: a row a question, a column a side. In Excel, a second sheet says how it was made.

    Returns:
        the file, and the name to save it under.

    Raises:
        NotFound: there is no such list, or no such form.
        Fault: "questions.no_answers".
    """
    with ctx.db.read() as s:
        job = find_list(get_job(s, job_id), job_id)
    if form not in FORMS:
        raise NotFound(form=form[:20])
    if next(read_answers(ctx.settings, job_id), None) is None:
        raise Fault("questions.no_answers")
    target = list_folder(ctx.settings, job_id) / f"answers.{form}"  # goes with the list
    draft = target.with_name(f"{uuid.uuid4().hex}.part")
    try:
        (_write_csv if form == "csv" else _write_excel)(draft, ctx, job, say)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    name = re.sub(r'[/\\:*?"<>|\x00-\x1f]+', "-", job.name).strip(". -") or "answers"
    return target, f"{name}.{form}"


def _columns(job: Job) -> list[str]:
    """The variables that rows filled."""
    return [str(name) for name in job.spec.get("columns", [])]


def _head(job: Job, say: Say) -> list[str]:
    """Names of the columns, each once, with the weights that answered."""
    heads = [*_columns(job), say("questions.file.question")]
    for side in job.spec["sides"]:
        weights = side["weights_hash"][:_HASH]
        head = say("questions.file.side", name=side["label"], kind=say(f"playground.{side['kind']}"), weights=weights)
        heads.append(head if head not in heads else f"{head} ({side['side']})")
    return _once([*heads, say("questions.file.notes")])


def _once(heads: Sequence[str]) -> list[str]:
    """The names, each once: a variable may be called as one of our columns."""
    found: list[str] = []
    for head in heads:
        names = chain([head], (f"{head} ({n})" for n in count(2)))
        found.append(next(name for name in names if name not in found))
    return found


def _rows(ctx: Context, job: Job, say: Say) -> Iterator[list[str]]:
    for row in read_answers(ctx.settings, job.id):
        texts = [_answer(row, side)["text"] for side in job.spec["sides"]]
        values = [row.get("values", {}).get(name, "") for name in _columns(job)]
        yield [*values, row["question"], *texts, _notes(row, job, say)]


def _answer(row: ListRow, side: SideView) -> ListAnswer:
    return row["answers"].get(side["side"]) or {"text": "", "reason": "stopped", "tokens": 0, "error": None}


def _notes(row: ListRow, job: Job, say: Say) -> str:
    """Which answers were cut or could not be given, and why."""
    found = []
    for side in job.spec["sides"]:
        answer = _answer(row, side)
        if answer["error"]:
            reason = say(f"error.{answer['error']['code']}", **answer["error"]["params"])
        elif answer["reason"] == "length":
            reason = say("playground.cut")
        else:
            continue
        found.append(f"{side['label']}: {reason}")
    return "\n".join(dict.fromkeys(found))


def _settings(job: Job, say: Say) -> list[list[str]]:
    """How the answers were made, a line each: name and value."""
    lines = [[say("questions.file.made"), time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(job.created_at))]]
    for side in job.spec["sides"]:
        lines.append([say("questions.file.weights", name=side["label"]), side["weights_hash"]])
    if template := job.spec.get("template"):
        lines.append([say("questions.file.template"), template])
    for key, value in job.spec["settings"].items():
        lines.append([say(f"questions.file.setting.{key}"), "" if value is None else str(value)])
    return lines


def _write_csv(path: Path, ctx: Context, job: Job, say: Say) -> None:
    """With a mark by which Excel knows UTF-8; no cell runs as a formula. The settings stand in the last column."""
    head = _once([*_head(job, say), say("questions.file.settings")])
    settings = "; ".join(f"{name}: {value}" for name, value in _settings(job, say))
    records = (dict(zip(head, [*row, settings], strict=True)) for row in _rows(ctx, job, say))
    write_csv(path, records, {name: ColumnSurvey({"text"}) for name in head}, bom=True, safe=True)


def _write_excel(path: Path, ctx: Context, job: Job, say: Say) -> None:
    answers = Sheet(say("questions.file.answers"), _head(job, say), _rows(ctx, job, say))
    names = [say("questions.file.setting"), say("questions.file.value")]
    write_xlsx(path, [answers, Sheet(say("questions.file.settings"), names, _settings(job, say))])
