"""versions of data sets, audits and rows to review

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DATASET_COLUMNS = (
    ("version", sa.Integer(), "1"),
    ("test_rows", sa.Integer(), "0"),
    ("templates", sa.JSON(), "{}"),
    ("sources", sa.JSON(), "[]"),
    ("options", sa.JSON(), "{}"),
)


def upgrade() -> None:
    for name, kind, default in _DATASET_COLUMNS:
        op.add_column("datasets", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("datasets", sa.Column("rejected_path", sa.String(), nullable=True))
    op.add_column("rejected_rows", sa.Column("file", sa.String(), nullable=True))
    op.add_column("rejected_rows", sa.Column("place", sa.Integer(), nullable=True))
    op.add_column("rejected_rows", sa.Column("repaired_at", sa.Float(), nullable=True))
    _versions()
    _audits()
    _review()
    op.execute(
        "INSERT INTO dataset_versions (dataset_id, number, operation, params, summary, rows_path, content_hash, train_rows,"
        " val_rows, test_rows, stats, created_at) SELECT id, 1, 'import', '{}', '{}', rows_path, content_hash, train_rows,"
        " val_rows, 0, stats, created_at FROM datasets WHERE rows_path IS NOT NULL"
    )


def _versions() -> None:
    op.create_table(
        "dataset_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("rows_path", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("train_rows", sa.Integer(), nullable=False),
        sa.Column("val_rows", sa.Integer(), nullable=False),
        sa.Column("test_rows", sa.Integer(), nullable=False),
        sa.Column("stats", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_dataset_versions_dataset_id_datasets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_versions")),
        sa.UniqueConstraint("dataset_id", "number", name=op.f("uq_dataset_versions_dataset_id_number")),
    )
    op.create_index(op.f("ix_dataset_versions_content_hash"), "dataset_versions", ["content_hash"])


def _audits() -> None:
    op.create_table(
        "audits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_audits_dataset_id_datasets"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_audits_job_id_jobs"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
    )
    op.create_index(op.f("ix_audits_dataset_id"), "audits", ["dataset_id"])
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("check", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["audits.id"], name=op.f("fk_findings_audit_id_audits"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("audit_id", "check", name=op.f("uq_findings_audit_id_check")),
    )


def _review() -> None:
    op.create_table(
        "review_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=True),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.Float(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["datasets.id"], name=op.f("fk_review_rows_dataset_id_datasets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_rows")),
    )
    for column in ("dataset_id", "owner"):
        op.create_index(op.f(f"ix_review_rows_{column}"), "review_rows", [column])


def downgrade() -> None:
    for table in ("review_rows", "findings", "audits", "dataset_versions"):
        op.drop_table(table)
    for name in ("file", "place", "repaired_at"):
        op.drop_column("rejected_rows", name)
    for name in (*(column for column, _, _ in _DATASET_COLUMNS), "rejected_path"):
        op.drop_column("datasets", name)
