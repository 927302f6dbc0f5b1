"""Base models as the user handles them: the starter, models of the hub, and folders of their own."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import null
from sqlalchemy.orm import Session

from engine.core.context import Context
from engine.core.errors import Fault, NotFound
from engine.core.names import LONGEST_NAME, free_name
from engine.core.text import FALLBACK, Text
from engine.jobs.kinds.know_model import KNOW_MODEL
from engine.jobs.kinds.prepare_model import PREPARE_MODEL
from engine.jobs.queue import enqueue, fetch_weights, same_job
from engine.jobs.supervisor import Supervisor
from engine.models.base import hub, starter
from engine.models.base.integrity import (
    change_of,
    check_origin,
    forget_checks,
    intact_weights,
    may_have_changed,
    was_replaced,
)
from engine.models.base.paths import model_folder, token_rows_of
from engine.models.base.vocabulary import finding_of
from engine.models.hub_address import as_stored
from engine.models.presence import bare_fault, can_plan
from engine.services.jobs.follow import follow
from engine.services.models.base_views import last_job, view_of
from engine.services.models.hub_choice import hub_address
from engine.shapes.jobs import JobView
from engine.shapes.models import BaseModelView
from storage.job_tables import FINAL, JobStatus
from storage.model_status import KNOWN, READY
from storage.queries import base_models as queries
from storage.queries import jobs as job_queries
from storage.tables import LanguageModel

PLANNED = (KNOWN, READY)  # statuses of a view with which rows are counted and plans are made
_PATIENCE_S = 0.5  # of a page
_RESIZED = Text("services.models.base_models.resized")


def list_base_models(ctx: Context) -> list[BaseModelView]:
    """Every base model: the starter first, then the newest."""
    with ctx.db.read() as s:
        return [view_of(ctx.settings, s, model) for model in queries.list_models(s)]


def base_model_view(ctx: Context, model_id: int) -> BaseModelView:
    """One base model. Raises NotFound."""
    with ctx.db.read() as s:
        return view_of(ctx.settings, s, _model(s, model_id))


def _model(s: Session, model_id: int) -> LanguageModel:
    model = queries.get_model(s, model_id)
    if model is None:
        raise NotFound(model=model_id)
    return model


# ------------------------------------------------------------------ adding


def ensure_starter(ctx: Context, say: Callable[[JobView], None] | None = None) -> int:
    """The starter model's id; where it is not ready, a background job that prepares it is queued.

    Args:
        say: when given, wait until it is ready, run the queue meanwhile, and call it with the job's view at each change.

    Raises:
        Fault: only when waiting: why it could not be made ready.
    """
    model_id, job_id = _wanted(ctx, starter.NAME, "starter", starter.HUB_NAME)
    if job_id is not None and say is not None:
        _wait(ctx, job_id, say)
    return model_id


def _wanted(
    ctx: Context, name: str, source: str, ref: str, spec: Mapping[str, Any] | None = None
) -> tuple[int, int | None]:
    """The model of a source, and the job that prepares it; None where it is ready. A new one where there is none.

    Args:
        spec: where it is enough to know the model, what the job that looks at it reads beside its name.
    """
    with ctx.db.read() as s:
        seen = queries.find_model(s, source=source, ref=ref)
    other = seen is not None and _is_another(ctx, seen)  # what lies there now comes before what is kept of it
    if seen is not None and not other and _is_there(ctx, seen):
        return seen.id, None
    with ctx.db.write() as s:
        model = queries.find_model(s, source=source, ref=ref)
        if model is None or (other and seen is not None and model.id == seen.id):
            model = _insert(s, name, source, ref)
        elif model.status == READY and not (seen is not None and seen.id == model.id and seen.status == READY):
            return model.id, None  # made ready since
        elif model.status == KNOWN:
            return model.id, None
        return model.id, _queue(s, model, spec)


def offer_starter(ctx: Context) -> None:
    """Have the starter prepared, unless the user removed it: what a server does when it starts."""
    with ctx.db.read() as s:
        removed = queries.was_removed(s, source="starter", ref=starter.HUB_NAME)
    if not removed:
        ensure_starter(ctx)


def _is_there(ctx: Context, model: LanguageModel) -> bool:
    there = model.status == READY and bool(model.path) and ctx.settings.absolute(model.path or "").is_dir()
    return there and change_of(ctx.settings, model, quick=False) is None


def _is_another(ctx: Context, model: LanguageModel) -> bool:
    """Whether its source holds other weights now than it was made of: they are a model of their own."""
    came_other = bool(model.error) and (model.error or {})["code"] == "model.other_weights"
    return came_other or was_replaced(ctx.settings, model)


def add_hub_model(ctx: Context, name: str) -> int:
    """Register a model of the hub and get to know it in the background: its weights come when something starts.

    The same name again is the same model.

    Raises:
        Fault: "model.bad_name" or "model.offline".
    """
    name = check_hub_name(ctx, name)
    if name == starter.HUB_NAME:
        return ensure_starter(ctx)
    address = as_stored(hub_address(ctx))
    return _wanted(ctx, name.rpartition("/")[2], "hub", name, {"hub": address})[0]


def fetch_model(ctx: Context, model_id: int) -> int | None:
    """The job that fetches the weights of a known model, or its unfinished one; None where there is nothing to fetch.

    Raises:
        NotFound: there is no such model.
        Fault: "model.offline_weights".
    """
    with ctx.db.write() as s:
        model = _model(s, model_id)
        if fault := bare_fault(ctx.settings, model):
            raise fault
        return fetch_weights(s, model)


def check_hub_name(ctx: Context, name: str) -> str:
    """The name without blanks around it. Raises Fault("model.bad_name") or Fault("model.offline")."""
    name = hub.check_name(name)
    if ctx.settings.offline:
        raise Fault("model.offline", name=name)
    return name


def add_folder(ctx: Context, path: str, *, wait: bool = False, name: str = "") -> int:
    """Register a folder of this machine; it is used where it is. The same folder with the same weights is the same model.

    Args:
        wait: hash a folder whose files have another time now, to tell whether it is. A page does not wait for that: it
            goes on beside, and the model's view says what came of it.
        name: what lists call it; empty: as the folder.

    Raises:
        Fault: "model.folder_relative" or "model.folder_gone".
    """
    folder = Path(path.strip().strip("\"'")).expanduser()
    if not folder.is_absolute():
        raise Fault("model.folder_relative", folder=str(folder)[:300])
    folder = folder.resolve()
    if not folder.is_dir():
        raise Fault("model.folder_gone", folder=str(folder)[:300])
    _look_again(ctx, str(folder), wait=wait)
    return _add(ctx, name or folder.name or str(folder), "folder", str(folder))


def _look_again(ctx: Context, ref: str, *, wait: bool) -> None:
    with ctx.db.read() as s:
        model = queries.find_model(s, source="folder", ref=ref)
    if model is None or not may_have_changed(ctx.settings, model):
        return
    looking = threading.Thread(target=_hash, args=(ctx, model), name=f"weights-{model.id}", daemon=True)
    looking.start()
    looking.join(None if wait else _PATIENCE_S)


def _hash(ctx: Context, model: LanguageModel) -> None:
    """What changed is remembered."""
    with contextlib.suppress(Fault):
        check_origin(ctx.settings, model)
        intact_weights(ctx.settings, model)


def resize_model(ctx: Context, model_id: int, lang: str = FALLBACK) -> int:
    """Register a copy of a model that has a row for each token of its tokenizer, and make it in the background.

    The same wish again is the same copy. The model itself stays as it is, and so do the tuned models that stand on it.

    Args:
        lang: in which the copy is named.

    Raises:
        NotFound: there is no such model.
        Fault: "job.model_not_ready", "model.nothing_to_resize" or "model.not_resizable".
    """
    with ctx.db.read() as s:
        model = _model(s, model_id)
    rows = token_rows_of(ctx.settings, model)
    if model.status == KNOWN:
        fetch_model(ctx, model_id)  # first in the same lane as the job that makes the copy
    if finding_of(rows) is None:
        raise Fault("model.nothing_to_resize", name=model.name)
    if not rows.resizable:
        raise Fault("model.not_resizable", tensor="?")
    return _add(ctx, _RESIZED.filled(name=model.name).in_(lang), "resized", str(model.id))


def _add(ctx: Context, name: str, source: str, ref: str) -> int:
    return _wanted(ctx, name, source, ref)[0]


def _insert(s: Session, name: str, source: str, ref: str) -> LanguageModel:
    name = free_name(name[:LONGEST_NAME], queries.taken_model_names(s))
    model = LanguageModel(name=name, source=source, ref=ref, status="preparing", error=null())
    s.add(model)
    s.flush()
    return model


def _queue(s: Session, model: LanguageModel, looking: Mapping[str, Any] | None = None) -> int:
    """The unfinished job that prepares a model or looks at it, or a new one."""
    spec: dict[str, Any] = {"name": model.name, "base_model": model.id}
    for kind in (PREPARE_MODEL, KNOW_MODEL):
        if (known := same_job(s, kind, base_model_id=model.id)) is not None:
            return known
    model.status, model.error = "preparing", None
    if looking is not None and model.weights_hash is None:
        return enqueue(s, KNOW_MODEL, name=model.name, spec=spec | dict(looking), base_model_id=model.id)
    return enqueue(s, PREPARE_MODEL, name=model.name, spec=spec, base_model_id=model.id)


def wait_known(ctx: Context, model_id: int, say: Callable[[JobView], None]) -> None:
    """Run the queue until a model can be planned with; `say` hears the job's view at each change. Raises Fault: why it cannot."""
    with ctx.db.read() as s:
        model = _model(s, model_id)
        job = None if can_plan(model) else last_job(s, model)
    if job is not None and job.status not in FINAL:
        _wait(ctx, job.id, say)
    _expect(ctx, model_id, PLANNED)


def wait_ready(ctx: Context, model_id: int, say: Callable[[JobView], None]) -> None:
    """As `wait_known`, until its weights are here as well; they are fetched where they are not. Raises Fault: why it is not."""
    with ctx.db.read() as s:
        model = _model(s, model_id)
        job = None if model.status == READY else last_job(s, model)
    if job is not None and job.status not in FINAL:
        _wait(ctx, job.id, say)
    if (fetching := fetch_model(ctx, model_id)) is not None:
        _wait(ctx, fetching, say)
    _expect(ctx, model_id, (READY,))


def _expect(ctx: Context, model_id: int, statuses: Sequence[str]) -> None:
    view = base_model_view(ctx, model_id)
    if view["status"] not in statuses:
        error = view["error"] or {"code": "job.model_not_ready", "params": {"name": view["name"]}}
        raise Fault(error["code"], **error["params"])


def _wait(ctx: Context, job_id: int, say: Callable[[JobView], None]) -> None:
    job = follow(ctx, job_id, say, Supervisor(ctx))
    if job["status"] != JobStatus.SUCCEEDED:
        error = job["error"] or {"code": "model.cancelled", "params": {}}
        raise Fault(error["code"], **error["params"])


# ------------------------------------------------------------------ removing


def remove_base_model(ctx: Context, model_id: int) -> None:
    """Remove a base model and what we keep of it; a user's own folder stays.

    Raises:
        NotFound: there is no such model.
        Fault: "model.busy" while a job needs it, "model.in_use" while tuned models stand on it.
    """
    with ctx.db.write() as s:
        model = _model(s, model_id)
        if job_queries.uses_of_model(s, model_id):
            raise Fault("model.busy", name=model.name)
        if count := queries.tuned_on(s, model_id):
            raise Fault("model.in_use", name=model.name, count=count)
        model.deleted_at = time.time()
    forget_checks(ctx.settings, model_id)
    shutil.rmtree(model_folder(ctx.settings, model_id), ignore_errors=True)
    shutil.rmtree(ctx.settings.home / "cache" / "hub" / str(model_id), ignore_errors=True)
