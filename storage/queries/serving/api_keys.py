"""Keys of the API, and what each of them asked for in the last minute."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from storage.api_tables import ApiCall, ApiKey
from storage.base import LOCAL_OWNER

_SHOWN = ApiKey.deleted_at.is_(None)


def get_key(s: Session, key_id: int, owner: str = LOCAL_OWNER) -> ApiKey | None:
    """A key that was not deleted, revoked or not."""
    return s.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.owner == owner, _SHOWN))


def key_of_hash(s: Session, key_hash: str) -> ApiKey | None:
    """The key with this hash, whoever owns it, unless it was deleted."""
    return s.scalar(select(ApiKey).where(ApiKey.key_hash == key_hash, _SHOWN))


def list_keys(s: Session, owner: str = LOCAL_OWNER) -> list[ApiKey]:
    """Every key that was not deleted, the newest first."""
    return list(s.scalars(select(ApiKey).where(ApiKey.owner == owner, _SHOWN).order_by(ApiKey.id.desc())))


def taken_names(s: Session, beside: int | None = None, owner: str = LOCAL_OWNER) -> set[str]:
    """What the keys that are there are called, `beside` left out."""
    return set(s.scalars(select(ApiKey.name).where(ApiKey.owner == owner, _SHOWN, ApiKey.id != (beside or 0))))


def forget_calls(s: Session, key_id: int, since: float, until: float) -> None:
    """Take away the calls that no limit counts any more: those before `since`, and those of a clock that was set back."""
    s.execute(delete(ApiCall).where(ApiCall.key_id == key_id, (ApiCall.at <= since) | (ApiCall.at > until)))


def count_calls(s: Session, key_id: int) -> int:
    """How many calls of the key are kept."""
    return s.scalar(select(func.count()).select_from(ApiCall).where(ApiCall.key_id == key_id)) or 0


def nth_call(s: Session, key_id: int, place: int) -> float | None:
    """When the call at this place was let in, the oldest is 0."""
    own = select(ApiCall.at).where(ApiCall.key_id == key_id).order_by(ApiCall.at)
    return s.scalar(own.offset(place).limit(1))


def add_call(s: Session, key_id: int, at: float) -> None:
    """Let a call in: it counts for the limit and for the key."""
    s.add(ApiCall(key_id=key_id, at=at))
    s.execute(update(ApiKey).where(ApiKey.id == key_id).values(requests=ApiKey.requests + 1, used_at=at))


def add_tokens(s: Session, key_id: int, tokens: int) -> None:
    """Count what a call read and wrote."""
    s.execute(update(ApiKey).where(ApiKey.id == key_id).values(tokens=ApiKey.tokens + tokens))
