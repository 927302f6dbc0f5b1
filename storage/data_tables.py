"""What hangs on a data set: its versions, what an audit found in them, and rows that wait for a person's eye.

Times are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Created, Owned


class DatasetVersion(Created, Base):
    """One state of a data set. Versions are never changed; the data set itself points at the one in use."""

    __tablename__ = "dataset_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"))
    number: Mapped[int]  # counted from 1
    parent: Mapped[int | None]  # number of the version that it was made from; None for an import
    operation: Mapped[str]  # "import" or the key of an operation
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)  # settings of the operation
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"dropped", "added", "changed", "moved"}
    rows_path: Mapped[str]  # relative to home
    content_hash: Mapped[str] = mapped_column(index=True)  # sha256 of the rows and their parts
    train_rows: Mapped[int]  # rows to train on
    val_rows: Mapped[int]  # rows held out for validation
    test_rows: Mapped[int] = mapped_column(default=0)  # rows held out for the final test
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)  # counts of the import or of the rows, as in `Dataset`

    __table_args__ = (UniqueConstraint("dataset_id", "number"),)


class Audit(Created, Base):
    """One search for faults in one content of a data set. It is whole when `finished_at` is set."""

    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    content_hash: Mapped[str]  # of the version that was searched
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"off": checks, "values": check -> its settings}
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)  # check -> {"rows", "groups"}
    finished_at: Mapped[float | None]


class Finding(Base):
    """All that one check found in one audit, packed: rows, groups and details as compressed JSON."""

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("audits.id", ondelete="CASCADE"))
    check: Mapped[str]  # its key
    rows: Mapped[int]  # how many it found
    payload: Mapped[bytes] = mapped_column(LargeBinary)  # as `engine.data.audits.packing` writes it

    __table_args__ = (UniqueConstraint("audit_id", "check"),)


class ReviewRow(Owned, Base):
    """A row of the annotation queue, from feedback or from a model, to be approved by a person before it counts."""

    __tablename__ = "review_rows"

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id"), index=True)  # where it is meant to go
    row: Mapped[dict[str, Any]]  # as rows are stored: {"messages"} or another kind, "extra"
    origin: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"code", ...}: "playground", "rewrite" ...
    status: Mapped[str] = mapped_column(default="waiting")  # "waiting", "approved", "rejected" or "added"
    updated_at: Mapped[float] = mapped_column(default=time.time, onupdate=time.time)
