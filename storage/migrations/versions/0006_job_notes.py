"""tags, notes and the whole progress of jobs

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("jobs", sa.Column("note", sa.String(), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("share", sa.Float(), nullable=True))


def downgrade() -> None:
    for name in ("share", "note", "tags"):
        op.drop_column("jobs", name)
