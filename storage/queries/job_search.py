"""Finding jobs again: what a list is narrowed to, and what it can be narrowed by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from storage.dialect import entries_of
from storage.job_tables import Job
from storage.tables import Dataset, LanguageModel


@dataclass(frozen=True)
class JobSearch:
    """What jobs of a list have in common. What is empty or None narrows nothing.

    Attributes:
        text: words, each of which stands in the name, a tag, the note, or the name of the model or the data.
        statuses: one of them.
        kinds: keys, one of them.
        tag: one of the job's tags, whole.
        base_model, dataset: their ids.
        since: it ended, or was asked for, after this time, in seconds since 1970-01-01 UTC.
    """

    text: str = ""
    statuses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tag: str = ""
    base_model: int | None = None
    dataset: int | None = None
    since: float | None = None


def conditions(search: JobSearch) -> list[ColumnElement[bool]]:
    """What a job's row must meet."""
    met = [_has_word(word) for word in search.text.split()]
    equal = ((Job.base_model_id, search.base_model), (Job.dataset_id, search.dataset))
    met += [column == value for column, value in equal if value is not None]
    met += [Job.status.in_(search.statuses)] if search.statuses else []
    met += [Job.kind.in_(search.kinds)] if search.kinds else []
    met += [_any_tag(lambda tag: tag == search.tag)] if search.tag else []
    met += [ended_or_asked() >= search.since] if search.since is not None else []
    return met


def ended_or_asked() -> ColumnElement[float]:
    """The time by which lists order jobs."""
    return func.coalesce(Job.finished_at, Job.created_at)


def _any_tag(meets: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
    tags = entries_of(Job.tags)
    return select(literal(1)).select_from(tags).where(meets(tags.c.value)).correlate(Job).exists()


def _has_word(word: str) -> ColumnElement[bool]:
    models = select(LanguageModel.id).where(LanguageModel.name.icontains(word, autoescape=True))
    datasets = select(Dataset.id).where(Dataset.name.icontains(word, autoescape=True))
    return or_(
        Job.name.icontains(word, autoescape=True),
        Job.note.icontains(word, autoescape=True),
        _any_tag(lambda tag: tag.icontains(word, autoescape=True)),
        Job.base_model_id.in_(models),
        Job.dataset_id.in_(datasets),
    )


def used(s: Session, column: Any, hidden: Sequence[str]) -> list[Any]:
    """Each value that listed jobs have in a column, once."""
    listed = select(column).where(Job.deleted_at.is_(None), Job.kind.not_in(hidden), column.is_not(None))
    return list(s.scalars(listed.distinct()))


def tags_used(s: Session) -> list[str]:
    """Each tag once, in order."""
    tagged = select(Job.tags).where(Job.deleted_at.is_(None), cast(Job.tags, String) != "[]")
    return sorted({str(tag) for tags in s.scalars(tagged) for tag in tags}, key=str.casefold)
