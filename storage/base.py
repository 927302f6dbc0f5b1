"""What tables share: the base class with its names of constraints, times, owners."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from sqlalchemy import JSON, Float, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LOCAL_OWNER = "local"  # of all rows, as long as there are no accounts

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """Declarative base; names every constraint so that migrations can address it."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, list[Any]: JSON, float: Float}


class Created:
    """`created_at`: seconds since 1970-01-01 UTC."""

    created_at: Mapped[float] = mapped_column(default=time.time)


class Owned(Created):
    """A row that a user sees: it has an owner from the start, and is hidden rather than lost on delete."""

    owner: Mapped[str] = mapped_column(default=LOCAL_OWNER, index=True)  # LOCAL_OWNER as long as there are no accounts
    deleted_at: Mapped[float | None]  # seconds since 1970-01-01 UTC; None while it is shown
