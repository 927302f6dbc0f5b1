"""Keys of programs that ask through the API. Times are seconds since 1970-01-01 UTC."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Owned


class ApiKey(Owned, Base):
    """A key: its hash alone, for it is shown once, when it is made."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # that the user gave it
    shown: Mapped[str]  # its beginning and end, to tell it from others
    key_hash: Mapped[str] = mapped_column(unique=True)  # sha256 of the whole key, hexadecimal
    per_minute: Mapped[int]  # requests that it may make in a minute
    used_at: Mapped[float | None]  # last request
    requests: Mapped[int] = mapped_column(default=0)  # so far
    tokens: Mapped[int] = mapped_column(default=0)  # read and written, so far
    revoked_at: Mapped[float | None]  # from then on it opens nothing


class ApiCall(Base):
    """A request that a key made within the last minute: what its limit counts, across threads, processes and restarts."""

    __tablename__ = "api_calls"
    __table_args__ = (Index(None, "key_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"))
    at: Mapped[float]  # when it was let in
