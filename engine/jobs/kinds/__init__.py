"""Every kind of job: one explicit tuple."""

from __future__ import annotations

from collections.abc import Callable

from engine.core.errors import Fault
from engine.core.text import Text, verbatim
from engine.jobs.kinds.audit import AUDIT
from engine.jobs.kinds.declaration import Endings, JobKind
from engine.jobs.kinds.draw_answers import DRAW_ANSWERS
from engine.jobs.kinds.dry_run import DRY_RUN
from engine.jobs.kinds.export import EXPORT
from engine.jobs.kinds.export_data import EXPORT_DATA
from engine.jobs.kinds.fetch_data import FETCH_DATA
from engine.jobs.kinds.import_data import IMPORT_DATA
from engine.jobs.kinds.know_model import KNOW_MODEL
from engine.jobs.kinds.make_rows import MAKE_ROWS, MAKE_ROWS_AFAR
from engine.jobs.kinds.new_version import NEW_VERSION
from engine.jobs.kinds.prepare_model import PREPARE_MODEL
from engine.jobs.kinds.probe import PROBE
from engine.jobs.kinds.question_list import QUESTION_LIST
from engine.jobs.kinds.read_documents import READ_DOCUMENTS
from engine.jobs.kinds.rewrite import REWRITE
from engine.jobs.kinds.take_in import TAKE_IN
from engine.jobs.kinds.train import TRAIN
from engine.jobs.kinds.tuned.merge_adapters import MERGE_ADAPTERS
from engine.jobs.kinds.tuned.push import PUSH

JOB_KINDS: tuple[JobKind, ...] = (
    TRAIN,
    PROBE,
    DRY_RUN,
    EXPORT,
    MERGE_ADAPTERS,
    PUSH,
    PREPARE_MODEL,
    KNOW_MODEL,
    FETCH_DATA,
    TAKE_IN,
    IMPORT_DATA,
    NEW_VERSION,
    AUDIT,
    REWRITE,
    READ_DOCUMENTS,
    MAKE_ROWS,
    MAKE_ROWS_AFAR,
    EXPORT_DATA,
    QUESTION_LIST,
    DRAW_ANSWERS,
)
_BY_KEY = {kind.key: kind for kind in JOB_KINDS}


def kind_of(key: str) -> JobKind:
    """The kind of job of that key. Raises Fault("job.unknown_kind")."""
    if key not in _BY_KEY:
        raise Fault("job.unknown_kind", kind=key)
    return _BY_KEY[key]


def known_kind(key: str) -> JobKind:
    """As `kind_of`, for what only shows or ends jobs: one of a later version is called by its key and does nothing."""
    stranger = JobKind(
        key, "", verbatim(key), "background", endings=Endings(Text("jobs.kinds.known_kind.stranger.endings.succeeded"))
    )
    return _BY_KEY.get(key, stranger)


def keys_of(fact: Callable[[JobKind], bool]) -> tuple[str, ...]:
    """The keys of the kinds of which something is true, for queries."""
    return tuple(kind.key for kind in JOB_KINDS if fact(kind))
