"""The job that lets a model put rows in other words; what comes of it waits in the review queue."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.data.operations.shaping.phrasebook import phrases
from engine.data.operations.shaping.portions import shuffled
from engine.data.operations.shaping.row_table import is_synthetic
from engine.data.operations.shaping.synthetic import HeldOut, asked_in, user_places, with_user_turns
from engine.data.rows.index import SPLITS, RowIndex
from engine.data.rows.language import language_of
from engine.data.rows.row import Row
from engine.data.rows.stats import measure
from engine.data.templates.isolated.isolated_template import open_template
from engine.data.templates.template import ChatTemplate
from engine.data.templates.token_rows import BEYOND
from engine.jobs.reporter import Reporter
from engine.models.architecture.shape import shape_of
from engine.models.base.integrity import intact_weights
from engine.models.base.paths import tokenizer_folder
from engine.services.chat.memory import placed_alone, threads_beside
from engine.services.data.annotation import annotation_queue
from engine.services.data.versions.version_files import version_file
from engine.serving.process.admission import Wanted
from engine.serving.protocol import BASE, Ask, Request, ResidentModels, Weights
from engine.serving.runtime.generation import generate
from engine.serving.runtime.model_cache import ModelCache
from storage.job_tables import Job
from storage.queries.base_models import get_model
from storage.tables import LanguageModel

_TOP_P = 0.95
_FEWEST, _MOST = 48, 512  # tokens of a rewriting
_USUAL_CONTEXT = 4096
_MOST_ROWS = 2000
_LABEL = re.compile(
    r"^(?:sure[,!.]?\s*)?(?:here(?:'s| is)[^\n:]{0,80}|(?:the )?(?:rewritten|rephrased|new)[^\n:]{0,40}|question|answer|message)\s*:\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_QUOTES = (('"', '"'), ("\u201c", "\u201d"), ("'", "'"), ("\u300c", "\u300d"))


@dataclass
class _Task:
    """One job's work: what is asked of which model, and what came of it."""

    ctx: Context
    spec: Mapping[str, Any]
    dataset: int
    model: LanguageModel
    template: ChatTemplate
    plan: ResidentModels
    shelf: ModelCache
    known: HeldOut
    reporter: Reporter
    left_out: Counter[str] = field(default_factory=Counter)
    made: int = 0

    @property
    def context(self) -> int:
        return self.model.context_length or _USUAL_CONTEXT

    def heed(self) -> bool:
        """Raises Cancelled when the user asked to end the job; False otherwise, as no wording is cut short."""
        self.reporter.heed()
        return False


def run(ctx: Context, job: Job, reporter: Reporter) -> None:
    """Rewrite the rows one by one; the job's result says how many rows were tried, made and left out, and why.

    What was made before a cancel waits in the review queue all the same, and is counted.

    Raises:
        Fault: "chat.no_memory", "chat.no_memory_alone", "rewrite.no_rows", "job.model_not_ready".
    """
    reporter.phase("loading")
    version, path = version_file(ctx, int(job.dataset_id or 0), job.spec["version"])
    index = RowIndex.open(path)
    rows = _chosen(index, job.spec)
    if not rows:
        raise Fault("rewrite.no_rows")
    task = _task(ctx, job, index, version.dataset_id, reporter)
    task.shelf.hold(task.plan)
    reporter.phase("rewriting")
    began = time.monotonic()
    earlier = tried = min(_go_on(task, job.result or {}), len(rows))
    reporter.progress(tried, len(rows))
    for row in rows[earlier:]:
        reporter.heed()
        _rewrite(task, row)
        tried += 1
        left = (time.monotonic() - began) / (tried - earlier) * (len(rows) - tried)
        reporter.progress(tried, len(rows), left, result=_result(task, tried))
    reporter.heed()
    reporter.finish("succeeded", result=_result(task, tried))


def _go_on(task: _Task, before: Mapping[str, Any]) -> int:
    """How many rows an interrupted attempt has done; its counts go on."""
    task.made = int(before.get("made", 0))
    task.left_out.update(before.get("left_out", {}))
    return int(before.get("rows", 0))


def _result(task: _Task, tried: int) -> dict[str, Any]:
    return {"rows": tried, "made": task.made, "left_out": dict(task.left_out), "model": task.model.name}


def _chosen(index: RowIndex, spec: Mapping[str, Any]) -> list[Row]:
    """Training rows that a person wrote: those that were named, or some by the seed."""
    if spec.get("ids"):
        places = index.places_of(spec["ids"])
        places = places[places >= 0]
        places = places[index.split[places] == SPLITS.index("train")][:_MOST_ROWS]
        return [row for row in index.rows(places) if not is_synthetic(row)]
    train = index.places_in("train")
    rank = shuffled(index.id[train], spec["seed"])
    order = train[np.argsort(rank, kind="stable")]
    found: list[Row] = []
    for start in range(0, len(order), 200):
        found += [
            row for row in index.rows(order[start : start + 200]) if not is_synthetic(row) and _text(row, spec["what"])
        ]
        if len(found) >= spec["rows"]:
            break
    return found[: spec["rows"]]


def _text(row: Row, what: str) -> str:
    """What is to be said in other words; empty where there is nothing."""
    if what == "question":
        places = user_places(row)
        return str(asked_in(row)[places[-1]]["content"]) if places else ""
    said = [m["content"] for m in row.get("messages", ()) if m["role"] == "assistant" and m.get("content")]
    return str(said[-1]) if said else ""


def _task(ctx: Context, job: Job, index: RowIndex, dataset: int, reporter: Reporter) -> _Task:
    with ctx.db.read() as s:
        model = get_model(s, int(job.base_model_id or 0))
    if model is None:
        raise NotFound(model=job.base_model_id)
    tokenizer = tokenizer_folder(ctx.settings, model)
    template = open_template(tokenizer, model.name)
    context = model.context_length or _USUAL_CONTEXT
    tokens = min(context, 2 * _MOST) * job.spec["copies"]
    shape = shape_of(model.config, model.parameters)
    placed = placed_alone(ctx, job, Wanted(str(model.weights_hash), shape, (), None, tokens))
    base = Weights(BASE, "base", str(intact_weights(ctx.settings, model, on_bytes=lambda _count: reporter.heed())))
    threads, held = threads_beside(ctx, job), (placed.device, placed.dtype)
    plan = ResidentModels(str(model.weights_hash), base, (), str(tokenizer), *held, threads)
    held_out = index.fingerprint[index.split != SPLITS.index("train")]
    return _Task(ctx, job.spec, dataset, model, template, plan, ModelCache(), HeldOut(held_out), reporter)


def _rewrite(task: _Task, row: Row) -> None:
    """Ask for all wordings of one row at once, and keep those that say something new."""
    what = task.spec["what"]
    text = _text(row, what)
    try:
        ids = _prompt(task, text, what)
    except Fault as fault:
        if fault.code != BEYOND:
            raise
        task.left_out["no_embedding"] += task.spec["copies"]
        return
    most = min(_MOST, max(_FEWEST, 2 * task.template.token_counts([text], special=True)[0]))
    if len(ids) + _FEWEST > task.context:
        task.left_out["too_long"] += task.spec["copies"]
        return
    most = min(most, task.context - len(ids))
    seen = {_plain(text)}
    for outcome in _answers(task, row["id"], ids, most):
        said = cleaned(outcome["text"])
        reason = _fault_of(outcome, said, text, seen) or _keep(task, row, what, said)
        if reason:
            task.left_out[reason] += 1
        else:
            task.made += 1
            seen.add(_plain(said))


def _prompt(task: _Task, text: str, what: str) -> list[int]:
    """What the model is asked to do, in the language of the text; two examples show it to small models, if they fit."""
    form = phrases("rewrite")[what]["zh" if language_of(text) == "zh" else "en"]
    asked = [{"role": "user", "content": form["asked"].replace("{text}", text)}]
    shown: list[dict[str, str]] = []
    for before, after in form["examples"]:
        shown.append({"role": "user", "content": form["asked"].replace("{text}", before)})
        shown.append({"role": "assistant", "content": after})
    ids = task.template.encode_prompt([*shown, *asked])
    return ids if len(ids) <= task.context // 2 else task.template.encode_prompt(asked)


def _answers(task: _Task, row_id: int, ids: list[int], most: int) -> Iterator[dict[str, Any]]:
    said: list[dict[str, Any]] = []
    asks = tuple(
        Ask(str(copy), BASE, tuple(ids), (task.spec["seed"] + 1_000_003 * row_id + copy) % 2**31, most)
        for copy in range(task.spec["copies"])
    )
    request = Request(row_id, task.plan, asks, task.spec["temperature"], _TOP_P, tuple(task.template.eos_ids))
    voices = task.shelf.hold(task.plan)
    generate(request, voices, task.template, task.heed, said.append)
    return (event for event in sorted(said, key=lambda one: one["side"]) if event["event"] == "side")


def _fault_of(outcome: Mapping[str, Any], said: str, text: str, seen: set[str]) -> str:
    """Why an answer is not used; "" where it may be."""
    if outcome["reason"] == "failed":
        raise Fault(outcome["error"]["code"], **outcome["error"]["params"])
    if outcome["reason"] != "end":
        return "unfinished"
    if not _plain(said):
        return "empty"
    if sorted(_NUMBER.findall(said)) != sorted(_NUMBER.findall(text)):
        return "numbers"
    return "same" if _plain(said) in seen else ""


def _keep(task: _Task, row: Row, what: str, said: str) -> str:
    """Put the new row into the review queue; why not, where it cannot be."""
    made = {**row, **_with(row, what, said)}
    if measure(made).fingerprint in task.known:
        return "held_out"
    origin = {"code": "rewrite", "row": row["id"], "of": task.dataset, "model": task.model.name, "what": what}
    try:
        annotation_queue.collect(task.ctx, made, origin=origin, dataset=task.dataset)
    except Fault:
        return "unusable"
    return ""


def _with(row: Row, what: str, said: str) -> dict[str, Any]:
    if what == "question":
        return with_user_turns(row, {user_places(row)[-1]: said})
    messages = [dict(message) for message in row["messages"]]
    last = max(at for at, m in enumerate(messages) if m["role"] == "assistant" and m.get("content"))
    messages[last]["content"] = said
    return {"messages": messages}


def cleaned(text: str) -> str:
    """What was asked for, without a heading or quotation marks around it."""
    said = _LABEL.sub("", text.strip()).strip()
    for opening, closing in _QUOTES:
        if len(said) > 2 and said.startswith(opening) and said.endswith(closing):
            said = said[1:-1].strip()
    return said


def _plain(text: str) -> str:
    """Equal for texts that differ in case, blanks and marks alone."""
    return re.sub(r"[\W_]+", "", text).casefold()
