"""Base models: the starter, those of a hub, and local folders."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.tables import LanguageModel, TunedModel


def get_model(s: Session, model_id: int) -> LanguageModel | None:
    """A base model that was not removed."""
    return s.scalar(select(LanguageModel).where(LanguageModel.id == model_id, LanguageModel.deleted_at.is_(None)))


def size_of(s: Session, model_id: object) -> int | None:
    """Parameters of the base model of that id; None where it is not there or they are not known."""
    model = get_model(s, model_id) if type(model_id) is int else None
    return model.parameters if model else None


def list_models(s: Session) -> list[LanguageModel]:
    """Every base model that was not removed: the starter first, then the newest."""
    shown = select(LanguageModel).where(LanguageModel.deleted_at.is_(None))
    return list(s.scalars(shown.order_by(LanguageModel.source != "starter", LanguageModel.id.desc())))


def find_model(s: Session, *, source: str, ref: str) -> LanguageModel | None:
    """The base model of that origin."""
    return _first(s, LanguageModel.source == source, LanguageModel.ref == ref)


def was_removed(s: Session, *, source: str, ref: str) -> bool:
    """Whether the newest base model of that origin was removed by the user."""
    of_origin = select(LanguageModel.deleted_at).where(LanguageModel.source == source, LanguageModel.ref == ref)
    newest = s.execute(of_origin.order_by(LanguageModel.id.desc()).limit(1)).first()
    return newest is not None and newest[0] is not None


def find_model_by_hash(s: Session, weights_hash: str) -> LanguageModel | None:
    """A ready base model with exactly those weights."""
    return _first(s, LanguageModel.weights_hash == weights_hash, LanguageModel.status == "ready")


def find_model_by_name(s: Session, name: str) -> LanguageModel | None:
    """A base model of that name."""
    return _first(s, LanguageModel.name == name)


def by_ids(s: Session, ids: Iterable[int]) -> dict[int, LanguageModel]:
    """Base models by id, removed ones too."""
    return {row.id: row for row in s.scalars(select(LanguageModel).where(LanguageModel.id.in_(list(ids))))}


def model_names(s: Session, ids: Iterable[int]) -> dict[int, str]:
    """Names by id, of removed ones too."""
    rows = s.execute(select(LanguageModel.id, LanguageModel.name).where(LanguageModel.id.in_(list(ids))))
    return {row[0]: row[1] for row in rows}


def taken_model_names(s: Session) -> set[str]:
    """What the base models that are there are called."""
    return set(s.scalars(select(LanguageModel.name).where(LanguageModel.deleted_at.is_(None))))


def models_there(s: Session, ids: Iterable[int]) -> set[int]:
    """Those of the ids whose model was not removed."""
    return set(
        s.scalars(select(LanguageModel.id).where(LanguageModel.id.in_(list(ids)), LanguageModel.deleted_at.is_(None)))
    )


def tuned_on(s: Session, model_id: int) -> int:
    """How many tuned models stand on a base model."""
    on_it = select(func.count()).where(TunedModel.base_model_id == model_id, TunedModel.deleted_at.is_(None))
    return s.scalar(on_it) or 0


def _first(s: Session, *conditions: object) -> LanguageModel | None:
    shown = select(LanguageModel).where(LanguageModel.deleted_at.is_(None), *conditions)  # type: ignore[arg-type]
    return s.scalar(shown.order_by(LanguageModel.id.desc()).limit(1))
