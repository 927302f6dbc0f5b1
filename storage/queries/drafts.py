"""Unfinished forms, one for each owner, kind and browser."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from storage.base import LOCAL_OWNER
from storage.dialect import upsert
from storage.tables import Draft

NO_BROWSER = ""  # of drafts that were made before browsers had their own


def _of(kind: str, browser: str, owner: str) -> ColumnElement[bool]:
    return (Draft.owner == owner) & (Draft.kind == kind) & (Draft.browser == browser)


def get_draft(
    session: Session, kind: str, browser: str = NO_BROWSER, owner: str = LOCAL_OWNER
) -> dict[str, Any] | None:
    """What was last saved; None where there is no draft."""
    return session.scalar(select(Draft.data).where(_of(kind, browser, owner)))


def has_draft(session: Session, kind: str, browser: str = NO_BROWSER, owner: str = LOCAL_OWNER) -> bool:
    """Whether there is one, readable or not."""
    return session.scalar(select(Draft.id).where(_of(kind, browser, owner))) is not None


def set_aside(session: Session, kind: str, browser: str = NO_BROWSER, owner: str = LOCAL_OWNER) -> None:
    """Keep the draft under a kind that no page asks for, as it is; where there is one."""
    aside = f"{kind}/set-aside/{time.time_ns()}"
    session.execute(update(Draft).where(_of(kind, browser, owner)).values(kind=aside, updated_at=time.time()))


def put_draft(
    session: Session, kind: str, data: dict[str, Any], browser: str = NO_BROWSER, owner: str = LOCAL_OWNER
) -> None:
    """Save over whatever was there."""
    new = {"data": data, "updated_at": time.time()}
    place = {"owner": owner, "kind": kind, "browser": browser}
    session.execute(upsert(Draft, place, new).values(**place, **new))


def delete_draft(session: Session, kind: str, browser: str = NO_BROWSER, owner: str = LOCAL_OWNER) -> None:
    """Forget the draft, if there is one."""
    session.execute(delete(Draft).where(_of(kind, browser, owner)))


def adopt_draft(session: Session, kind: str, browser: str, owner: str = LOCAL_OWNER) -> None:
    """Make the draft of no browser this one's, unless it has its own."""
    if not has_draft(session, kind, browser, owner):
        taken = {"browser": browser, "updated_at": time.time()}
        session.execute(update(Draft).where(_of(kind, NO_BROWSER, owner)).values(**taken))


def delete_drafts_before(session: Session, moment: float) -> None:
    """Forget what no browser has touched since. Those of no browser wait for the first that asks."""
    session.execute(delete(Draft).where(Draft.browser != NO_BROWSER, Draft.updated_at < moment))
